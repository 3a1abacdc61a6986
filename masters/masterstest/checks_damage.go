package masterstest

import (
	"testing"

	"github.com/gochimera/chimera/api"
)

// checkDamage changes a byte of what a worker and the master say to each other, where each can be asked again. Nobody's rows are to
// blame for it, and no worker is left out.
func checkDamage(t *testing.T, f *fixture) {
	s := f.start(t)
	predict := "/predict" // of the workers of most kinds; a master that predicts by itself asks nobody
	for _, c := range []struct {
		name, path string
		back       bool
	}{
		{"the answer about a worker's columns", api.PathSchema, true},
		{"rows on their way to a worker", predict, false},
		{"a worker's prediction", predict, true},
	} {
		s.workers[0].damage.next(c.path, c.back)
		if c.path == api.PathSchema {
			if r := s.Fit(); len(r.Failures) > 0 || len(r.Workers) != len(s.workers) || s.workers[0].damage.done.Load() != 1 {
				t.Errorf("%s: the fit has %d workers and the failures %v", c.name, len(r.Workers), r.Failures)
			}
		}
		_, want := s.predict(f.request())
		if p, got := s.predict(f.request()); len(p.Failures) > 0 || got != want {
			t.Errorf("%s: %v, %s instead of %s", c.name, p.Failures, got, want)
		}
	}
}
