package times_test

import (
	"io"
	"math"
	"strings"
	"testing"

	"github.com/gochimera/chimera/cmd/chimera/internal/times"
)

// Whatever a time log holds, it is summed up, row by row in its order, or the error says why not.
func FuzzRead(f *testing.F) {
	f.Add("http://w1/predict worker endpoint latency = 0.5 s\nhttp://w1/predict worker endpoint latency = 1e-3 s\n")
	f.Add("http://localhost:8080/v1 master endpoint latency = 1 s\nhttp://localh")
	f.Add("%zz master endpoint latency = 1 s\n")
	f.Add("u worker endpoint latency = 1e999 s\nu worker endpoint latency = -1 s\nu worker endpoint latency = . s")
	f.Add(`{"node":"worker","worker":"w1","path":"/fit","run":"r1","seconds":0.5}` + "\n" + `{"node":"master","path":"/fit","run":"r2","seconds":1e300}`)
	f.Fuzz(func(t *testing.T, text string) {
		log, err := times.Read(strings.NewReader(text))
		if err != nil {
			if log != nil || err.Error() == "" {
				t.Errorf("%v, %v", log, err)
			}
			return
		}
		rows := log.Rows()
		calls := 0
		for _, r := range rows {
			calls += r.Calls
			if r.Calls < 1 || !(r.Median <= r.P95 && r.P95 <= r.Max) || math.IsNaN(r.Mean) || math.IsInf(r.Max, 0) || r.Median < 0 {
				t.Errorf("%+v", r)
			}
		}
		if len(rows) == 0 || calls > strings.Count(text, "\n")+1 {
			t.Errorf("%d calls in %d rows of %q", calls, len(rows), text)
		}
		if err := times.Write(io.Discard, rows); err != nil {
			t.Error(err)
		}
		for _, run := range log.Runs() {
			if of := log.Of(run).Rows(); len(of) == 0 || len(log.Compare(run, run).Rows) != len(of) {
				t.Errorf("run %q has %d rows", run, len(of))
			}
		}
	})
}
