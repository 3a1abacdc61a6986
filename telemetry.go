package chimera

import (
	"net/http"

	"github.com/gochimera/chimera/config"
	"github.com/gochimera/chimera/masters"
	"github.com/gochimera/chimera/telemetry/metrics"
	"github.com/gochimera/chimera/workers"
)

// observers are what watches a master, as its configuration says.
type observers struct {
	metrics *metrics.Master // nil without metrics
}

func newObservers(cfg *config.Config) *observers {
	o := &observers{}
	if cfg.Telemetry.Metrics {
		names := make([]string, len(cfg.Workers))
		for i, w := range cfg.Workers {
			names[i] = w.Name
		}
		o.metrics = metrics.NewMaster(names)
	}
	return o
}

// join has the observers watch the master that is set up.
func (o *observers) join(setup *masters.Setup) {
	if o.metrics != nil {
		setup.Watch, setup.Metrics = append(setup.Watch, o.metrics.Watch()), o.metrics.Page()
	}
}

// handler answers a running master's requests, and observes them.
func (o *observers) handler(s *masters.Server) http.Handler {
	if o.metrics == nil {
		return s
	}
	return o.metrics.Measure(s)
}

// instruments are what watches the workers in this process.
func instruments(cfg *config.Config) (list []workers.Instrument) {
	if cfg.Telemetry.Metrics {
		list = append(list, metrics.Instrument())
	}
	return list
}
