package metrics

import (
	"github.com/prometheus/client_golang/prometheus"

	"github.com/gochimera/chimera/workers/node"
)

func init() { node.RegisterInstrument(Instrument()) }

var (
	workerInfo  = declare(atWorker, "gauge", "worker_info", "Always 1; the labels say what the worker is.", "worker", "project", "role", "learner", "version")
	workerReady = declare(atWorker, "gauge", "worker_ready", "Whether the training rows have been read: 1 or 0.")
	workerRows  = declare(atWorker, "gauge", "worker_rows", "Training rows.")
	workerModel = declare(atWorker, "gauge", "worker_fitted", "Whether there is a model in service: 1 or 0.")
)

// Instrument gives a worker its metrics.
func Instrument() node.Instrument { return node.Instrument{Name: "metrics", Watch: watchWorker} }

func watchWorker(n *node.Node) (node.Watching, error) {
	r := newRegistry()
	q := newRequests(r, n.Route)
	r.MustRegister(newMemory(n.Memory), stateOfWorker(n))
	return node.Watching{Path: Path, Page: page(r), Wrap: q.wrap}, nil
}

// stateOfWorker shows what a worker says of itself.
func stateOfWorker(n *node.Node) prometheus.Collector {
	return collector{[]Metric{workerInfo, workerReady, workerRows, workerModel}, func(show func(Metric, float64, ...string)) {
		s, err := n.Status()
		if err != nil {
			return // the parameters in its main are none: it cannot fit either, and says so
		}
		show(workerInfo, 1, s.Worker, n.Spec.Project, s.Role, s.Learner.Name, s.Version)
		show(workerReady, truth(s.Ready))
		show(workerRows, float64(s.Rows))
		show(workerModel, truth(s.Fitted))
	}}
}
