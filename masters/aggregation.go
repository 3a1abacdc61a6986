package masters

import (
	"context"
	"encoding/json"
	"fmt"
	"sync/atomic"

	"github.com/gochimera/chimera/api"
	"github.com/gochimera/chimera/config"
)

// Aggregation is the master of hybrid parallelism: every worker fits its own
// learner on its own rows, often a bootstrap of them, and a prediction is the
// combination of theirs: bagging (Breiman 1996). Any Estimator will do.
type Aggregation struct {
	server  *Server
	model   atomic.Pointer[Model] // what serves; nil before the first fit
	combine combiner
	weights []float64 // one a worker, for combine: weighted
	need    int       // the quorum

	turn gate // fits and catch-ups
}

// NewAggregation makes the master of hybrid parallelism. How it combines and
// how many workers it needs come from chimera.yaml (aggregation.combine,
// aggregation.quorum).
func NewAggregation() *Aggregation { return &Aggregation{} }

// Kind is "aggregation".
func (*Aggregation) Kind() config.Master { return config.AggregationMaster }

func (a *Aggregation) mount(s *Server) error {
	if a.server != nil {
		return fmt.Errorf("a master is used once; make another with NewAggregation")
	}
	combine, err := newCombiner(s.setup.Config.Aggregation.Combine)
	if err != nil {
		return err
	}
	a.server, a.combine, a.need = s, combine, s.setup.Config.Aggregation.Quorum
	for _, w := range s.setup.Config.Workers {
		a.weights = append(a.weights, w.Weight)
	}
	if a.need > len(s.pool.members) {
		return fmt.Errorf("the quorum is %d, but there are only %d workers", a.need, len(s.pool.members))
	}
	s.mountFit(api.PathsOf("aggregation").Fit, "Fit every worker's learner on its rows",
		"Answers when at least as many workers as the quorum have fitted; the rest are named with their reasons. The body is ignored.")
	a.mountPredict()
	a.mountScore()
	return nil
}

func (a *Aggregation) quorum() int { return a.need }

func (a *Aggregation) state() Model {
	if m := a.model.Load(); m != nil {
		return *m
	}
	return Model{}
}

// marshalBody encodes a body of ours, which cannot fail.
func marshalBody(v any) []byte {
	b, err := json.Marshal(v)
	if err != nil {
		panic(fmt.Sprintf("masters: %T cannot be encoded: %v", v, err))
	}
	return b
}

var _ Master = (*Aggregation)(nil)

// background is for what must be tidied up although the fit's own context has
// ended; the pool's deadline bounds every call.
func background(ctx context.Context) context.Context { return context.WithoutCancel(ctx) }
