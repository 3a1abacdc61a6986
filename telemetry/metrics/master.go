package metrics

import (
	"net/http"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/gochimera/chimera/api"
	"github.com/gochimera/chimera/internal/rest"
	"github.com/gochimera/chimera/internal/watch"
)

var (
	masterInfo  = declare(atMaster, "gauge", "master_info", "Always 1; the labels say what the master is.", "project", "kind", "version")
	workerState = declare(atMaster, "gauge", "worker_state", "1 for the state that a worker is in, as its master sees it, and 0 for the others: `up`, `down`, "+
		"`outdated` (it holds another model than the one in service) or `away` (it has left, as it was asked to).", "worker", "state")
	modelReady = declare(atMaster, "gauge", "model_in_service", "Whether there is a model in service: 1 or 0.")
	fitRunning = declare(atMaster, "gauge", "fit_running", "Whether a fit is running: 1 or 0.")
	fitElapsed = declare(atMaster, "gauge", "fit_running_seconds", "How long the running fit has been; 0 if none is.")
	listening  = declare(atMaster, "gauge", "event_listeners", "Clients that listen to the events of fits.")
)

// Master measures a master.
type Master struct {
	registry *prometheus.Registry
	calls    *calls
	fits     *fits
}

// NewMaster makes the metrics of a master with these workers.
func NewMaster(workers []string) *Master {
	r := newRegistry()
	return &Master{registry: r, calls: newCalls(r, workers), fits: newFits(r, workers)}
}

// Watch is what the master is to tell (masters.Setup.Watch).
func (m *Master) Watch() *watch.Master {
	return &watch.Master{Call: m.calls.call, Retry: m.calls.retry, Event: m.fits.event, Step: m.fits.step}
}

// Page shows the metrics (masters.Setup.Metrics).
func (m *Master) Page() http.Handler { return page(m.registry) }

// Measured is a running master, as a masters.Server is one.
type Measured interface {
	http.Handler
	Route(r *http.Request) string
	Memory() []rest.MemoryLoad
	Status() api.MasterStatus
	Listeners() int
}

// Measure begins to measure a master that has been started, and returns what answers its requests. It is called once.
func (m *Master) Measure(s Measured) http.Handler {
	m.registry.MustRegister(newMemory(s.Memory), stateOfMaster(s))
	return newRequests(m.registry, s.Route).wrap(s)
}

// stateOfMaster shows what a master says of itself and of its workers.
func stateOfMaster(m Measured) prometheus.Collector {
	all := []Metric{masterInfo, workerState, modelReady, fitRunning, fitElapsed, listening}
	return collector{all, func(show func(Metric, float64, ...string)) {
		s := m.Status()
		show(masterInfo, 1, s.Project, s.Master, s.Version)
		for _, w := range s.Workers {
			for _, state := range []api.MemberState{api.MemberUp, api.MemberDown, api.MemberOutdated, api.MemberAway} {
				show(workerState, truth(w.State == state), w.Worker, string(state))
			}
		}
		show(modelReady, truth(s.Fitted))
		running := s.Fit != nil && s.Fit.State == api.FitRunning
		show(fitRunning, truth(running))
		elapsed := 0.0
		if running {
			elapsed = s.Fit.Seconds
		}
		show(fitElapsed, elapsed)
		show(listening, float64(m.Listeners()))
	}}
}
