package bench_test

import (
	"testing"
	"time"
)

// compare times ours against a peer that does the same work, in turns so that
// a noisy machine hurts both alike, and reports ours in milliseconds and the
// ratio of the two: 0.1 is ten times as fast. It returns the time of one run
// of ours.
func compare(b *testing.B, peer string, ours, theirs func() error) time.Duration {
	b.Helper()
	var ourTime, theirTime time.Duration
	for b.Loop() {
		start := time.Now()
		if err := ours(); err != nil {
			b.Fatal(err)
		}
		middle := time.Now()
		if err := theirs(); err != nil {
			b.Fatal(err)
		}
		ourTime += middle.Sub(start)
		theirTime += time.Since(middle)
	}
	b.ReportMetric(float64(ourTime.Microseconds())/1000/float64(b.N), "ours-ms")
	b.ReportMetric(float64(theirTime.Microseconds())/1000/float64(b.N), peer+"-ms")
	b.ReportMetric(float64(ourTime)/float64(theirTime), "ratio")
	b.ReportMetric(0, "ns/op") // the sum of both says nothing
	return ourTime / time.Duration(b.N)
}
