// Package master is the aggregation master: every worker fits its own learner on its own rows, and
// their predictions are combined. Package aggregation describes the kind.
package master

import (
	"fmt"
	"sync/atomic"
	"time"

	"github.com/gochimera/chimera/api"
	"github.com/gochimera/chimera/distribute/aggregation"
	"github.com/gochimera/chimera/masters/cluster"
)

// Master is the master of hybrid parallelism: bagging (Breiman 1996) of any
// learner.
type Master struct {
	*cluster.Cluster
	combine  combiner
	weights  []float64 // one per worker, for combine: weighted
	quorum   int
	patience cluster.Patience         // with lost workers, in a fit
	model    atomic.Pointer[ensemble] // the model in service; nil before the first fit
	fitting  atomic.Bool              // a fit runs
}

// ensemble is a model, whose parts the workers hold; it is immutable.
type ensemble struct {
	cluster.Model
	stored *cluster.Stored // nil if it is not stored
}

// New makes the master. The aggregation section of chimera.yaml says how it combines predictions and
// how many workers it needs.
func New() *Master { return &Master{} }

// Kind is "aggregation".
func (*Master) Kind() string { return aggregation.Name }

// Mount prepares the master.
func (a *Master) Mount(c *cluster.Cluster) error {
	if a.Cluster != nil {
		return fmt.Errorf("a master can be used only once; make another with NewAggregation")
	}
	settings := cluster.SettingsOf[aggregation.Settings](c)
	combine, err := newCombiner(settings.Combine)
	if err != nil {
		return err
	}
	a.Cluster, a.combine, a.quorum = c, combine, settings.Quorum
	a.patience = cluster.Patience{
		Need: len(c.Members), Quorum: a.quorum, AtMost: time.Duration(settings.RecoveryTimeout), Most: settings.MaxRecoveries, Setting: aggregation.Name,
	}
	for _, w := range c.Config().Workers {
		a.weights = append(a.weights, w.Weight)
	}
	if a.quorum > len(c.Members) {
		return fmt.Errorf("the quorum is %d, but there are only %d workers", a.quorum, len(c.Members))
	}
	c.HandleModel(cluster.Operations{
		Predict: "Every worker predicts, and the master combines their predictions. For a regressor, y_pred_rows is the value; for a classifier, " +
			"it is the probability of the second class if there are two, or else the label.",
		Score: "the ensemble, and each worker's own model",
		Codes: []api.Code{api.CodeWorkersFailed, api.CodeWorkersTimeout},
		Do:    a.predict, Explain: a.explain,
	})
	return nil
}

// Quorum is aggregation.quorum.
func (a *Master) Quorum() int { return a.quorum }

// Elasticity implements [cluster.Elastic]: the model in service has a part of each worker that it was fitted by.
func (a *Master) Elasticity() cluster.Elasticity {
	return cluster.Elasticity{Least: a.quorum, Why: fmt.Sprintf("aggregation.quorum: %d", a.quorum), When: api.ScaleNextFit}
}

// Model describes the model in service.
func (a *Master) Model() cluster.Model {
	if m := a.model.Load(); m != nil {
		return m.Model
	}
	return cluster.Model{}
}

// Close has nothing to release.
func (*Master) Close() {}

var _ cluster.Lasting = (*Master)(nil)
