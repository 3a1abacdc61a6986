// Package telemetry has masters and workers watched, as telemetry of chimera.yaml says: by [metrics] for Prometheus, and by [traces]
// for OpenTelemetry. It is for programs with a master; a generated main of a worker imports what watches it. It imports config,
// masters, workers and the packages of what watches.
package telemetry

import (
	"log/slog"
	"net/http"

	"github.com/gochimera/chimera/config"
	"github.com/gochimera/chimera/masters"
	"github.com/gochimera/chimera/telemetry/metrics"
	"github.com/gochimera/chimera/telemetry/traces"
	"github.com/gochimera/chimera/workers"
)

// Observers are what watches a master. The zero value is nobody.
type Observers struct {
	metrics *metrics.Master // nil without metrics
	traces  *traces.Master  // nil without traces
}

// Observe makes what watches a master of this configuration. It is an error if OpenTelemetry's variables want what there is not.
func Observe(cfg *config.Config, log *slog.Logger) (*Observers, error) {
	o := &Observers{}
	if cfg.Telemetry.Metrics {
		names := make([]string, len(cfg.Workers))
		for i, w := range cfg.Workers {
			names[i] = w.Name
		}
		o.metrics = metrics.NewMaster(names)
	}
	if cfg.Telemetry.Traces {
		var err error
		if o.traces, err = traces.NewMaster(cfg.Project, workers.Version(), log); err != nil {
			return o, err
		}
	}
	return o, nil
}

// Join has the observers watch the master that is set up.
func (o *Observers) Join(setup *masters.Setup) {
	if o.metrics != nil {
		setup.Watch, setup.Metrics = append(setup.Watch, o.metrics.Watch()), o.metrics.Page()
	}
	if o.traces != nil {
		setup.Watch = append(setup.Watch, o.traces.Watch())
	}
}

// Handler answers a running master's requests, and observes them. It is called once.
func (o *Observers) Handler(s *masters.Server) http.Handler {
	var h http.Handler = s
	if o.metrics != nil {
		h = o.metrics.Measure(s)
	}
	if o.traces != nil {
		h = o.traces.Trace(s, h)
	}
	return h
}

// Close ends what watches the master, after its last request.
func (o *Observers) Close() error {
	if o.traces == nil {
		return nil
	}
	return o.traces.Close()
}

// Instruments are what watches workers in a master's program.
func Instruments(cfg *config.Config) (list []workers.Instrument) {
	if cfg.Telemetry.Metrics {
		list = append(list, metrics.Instrument())
	}
	if cfg.Telemetry.Traces {
		list = append(list, traces.Instrument())
	}
	return list
}
