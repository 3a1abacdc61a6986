package traces

import (
	"go.opentelemetry.io/otel/attribute"

	"github.com/gochimera/chimera/workers/node"
)

func init() { node.RegisterInstrument(Instrument()) }

// Instrument has a worker trace the requests that are part of a trace.
func Instrument() node.Instrument { return node.Instrument{Name: "traces", Watch: watchWorker} }

func watchWorker(n *node.Node) (node.Watching, error) {
	p, err := open(identity{service: "chimera-worker", project: n.Spec.Project, instance: n.Spec.Name, version: node.Version()}, n.Log)
	if err != nil || p == nil {
		return node.Watching{}, err
	}
	q := requests{p, n.Route, isPart, []attribute.KeyValue{attribute.String(workerKey, n.Spec.Name)}}
	return node.Watching{Wrap: q.wrap, Close: func() error { return end(p, n.Log) }}, nil
}
