package bench_test

import (
	"slices"
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

// turns is compare for what a disk or another program makes unsteady: medians of the turns instead of means.
type turns struct {
	peer   string
	before func(ours bool) error // a turn of one of the two, and not timed; nil for nothing
	extra  bool                  // what ours takes beyond the peer is reported instead of the ratio
}

// compare times ours against the peer. best is the ratio, or the difference, of the quickest turns, which others on the machine have
// disturbed least.
func (t turns) compare(b *testing.B, ours, theirs func() error) {
	b.Helper()
	var all [2][]float64
	for b.Loop() {
		for i, do := range []func() error{ours, theirs} {
			if t.before != nil {
				if err := t.before(i == 0); err != nil {
					b.Fatal(err)
				}
			}
			start := time.Now()
			if err := do(); err != nil {
				b.Fatal(err)
			}
			all[i] = append(all[i], float64(time.Since(start).Microseconds())/1000)
		}
	}
	for _, times := range all {
		slices.Sort(times)
	}
	our, their := all[0][len(all[0])/2], all[1][len(all[1])/2]
	b.ReportMetric(our, "ours-ms")
	b.ReportMetric(their, t.peer+"-ms")
	if t.extra {
		b.ReportMetric(our-their, "extra-ms")
		b.ReportMetric(all[0][0]-all[1][0], "best-extra-ms")
	} else {
		b.ReportMetric(our/their, "ratio")
		b.ReportMetric(all[0][0]/all[1][0], "best-ratio")
	}
	b.ReportMetric(0, "ns/op") // the sum of both says nothing
}
