package mastertest

import (
	"context"
	"fmt"
	"net/http"
	"slices"

	"github.com/gochimera/chimera/api"
)

// scaler starts and ends the workers of a cluster, as a launcher does.
type scaler struct{ *Cluster }

// OnScale has f called before a worker is started or ended.
func (c *Cluster) OnScale(f func(start bool, worker string)) { c.scaled.Store(&f) }

func (s scaler) told(start bool, worker string) {
	if f := s.scaled.Load(); f != nil {
		(*f)(start, worker)
	}
}

// End implements cluster.Scaler.
func (s scaler) End(_ context.Context, worker string) error {
	s.told(false, worker)
	s.worker(worker).Kill()
	return nil
}

// Start implements cluster.Scaler.
func (s scaler) Start(_ context.Context, worker string) error {
	s.told(true, worker)
	s.worker(worker).Start(s.T)
	return nil
}

func (c *Cluster) worker(name string) *Worker {
	i := slices.IndexFunc(c.Workers, func(w *Worker) bool { return w.Name == name })
	return c.Workers[i] // the master knows no others
}

// Scale lets the workers with these names take part, and the others leave. It returns what the master has answered.
func (c *Cluster) Scale(names ...string) api.ScaleResponse {
	c.T.Helper()
	body := `{"names":[`
	for i, name := range names {
		if i > 0 {
			body += ","
		}
		body += fmt.Sprintf("%q", name)
	}
	status, answer := c.Send(http.MethodPut, api.PathWorkers, "application/json", body+"]}")
	if status != http.StatusAccepted {
		c.T.Fatalf("scale: status %d: %s", status, answer)
	}
	return Decode[api.ScaleResponse](c.T, answer)
}
