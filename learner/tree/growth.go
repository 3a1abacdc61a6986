package tree

import (
	"context"
	"fmt"
	"slices"

	"github.com/gochimera/chimera/learner"
	"github.com/gochimera/chimera/learner/numeric"
)

// Growth says how one tree grows. The zero value of a field is its default.
type Growth struct {
	Criterion           Criterion // Gini or SquaredError by default, after the table's task
	MaxDepth            int       // levels below the root; 0: no limit
	MinSamplesSplit     int       // rows that a node must have to be split: the sum of their weights; up to 2: no limit
	MinSamplesLeaf      int       // rows that each side of a split must have, likewise; up to 1: no limit
	MaxLeafNodes        int       // leaves, the best split first; 0: no limit
	MaxFeatures         int       // features drawn at each node; 0 or more than there are: all
	MinImpurityDecrease float64   // share of all rows x decrease of the impurity, below which a node is not split
	CCPAlpha            float64   // cost of a leaf in cost-complexity pruning; 0: no pruning
	RandomThresholds    bool      // one random threshold per feature, as in extremely randomised trees
	Weights             []float64 // one per row of the table, such as how often a bootstrap drew it; nil: the data set's own
	Seed                uint64    // of everything drawn
	Procs               int       // threads; the tree is the same whatever their number
}

// Grow grows one tree. It may be called from several goroutines for one table.
// The tree depends on the table and g alone, not on g.Procs. The error is
// ctx's, or says which field of g cannot be used.
func (t *Table) Grow(ctx context.Context, g Growth) (*Tree, error) {
	g, err := t.normal(g)
	if err != nil {
		return nil, err
	}
	weights := g.Weights
	if weights == nil {
		weights = t.weights
	}
	rows := t.weighing(weights)
	if len(rows) == 0 {
		return nil, &learner.DataError{Row: -1, Column: -1, Name: "weight", Reason: "all row weights are 0"}
	}
	if g.Criterion == Poisson {
		for _, r := range rows {
			if t.y[r] < 0 {
				return nil, &learner.DataError{Row: int(r), Column: -1, Name: "y",
					Reason: fmt.Sprintf("criterion poisson takes targets from 0 on, such as counts, not %v: use squared_error", t.y[r])}
			}
		}
	}
	w := fixWeights(rows, weights)
	e := newEvidence(t, rows, w, g.Criterion)
	p := newPlan(t, g, e, w)
	b := newBuilder[uint32](ctx, p, len(rows), g.Procs)
	b.evidence, b.rows = e, rows
	if err = b.load(); err != nil {
		return nil, err
	}
	root := pending{hi: len(rows), seed: learner.Mix(g.Seed)}
	_, _, open := b.add(0, len(rows), 0)
	switch {
	case !open:
	case g.MaxLeafNodes > 0:
		err = b.growBestFirst(root)
	default:
		err = b.grow(ctx, root)
	}
	if err != nil {
		return nil, err
	}
	if g.CCPAlpha > 0 {
		prune(b.nodes, p.leaf)
	}
	return newTree(t, b.nodes, b.values), nil
}

// weighing lists the rows that weigh anything; without weights, all.
func (t *Table) weighing(weights []float64) []uint32 {
	rows := make([]uint32, 0, t.rows)
	for i := range t.rows {
		if weights == nil || weights[i] > 0 {
			rows = append(rows, uint32(i))
		}
	}
	return rows
}

// normal checks g and fills in what is not set.
func (t *Table) normal(g Growth) (Growth, error) {
	if g.Criterion == "" {
		g.Criterion = Gini
		if t.task == learner.Regression {
			g.Criterion = SquaredError
		}
	}
	if g.Criterion == LogLoss {
		g.Criterion = Entropy
	}
	if known := criteria(t.task); !slices.Contains(known, g.Criterion) {
		return g, &learner.ParamError{Param: "criterion", Reason: fmt.Sprintf("%q is not one of %v, which are for %s", g.Criterion, known, t.task)}
	}
	for _, c := range []struct {
		param string
		value float64
	}{
		{"max_depth", float64(g.MaxDepth)}, {"min_samples_split", float64(g.MinSamplesSplit)}, {"min_samples_leaf", float64(g.MinSamplesLeaf)},
		{"max_leaf_nodes", float64(g.MaxLeafNodes)}, {"max_features", float64(g.MaxFeatures)},
		{"min_impurity_decrease", g.MinImpurityDecrease}, {"ccp_alpha", g.CCPAlpha},
	} {
		if !(c.value >= 0) {
			return g, &learner.ParamError{Param: c.param, Reason: fmt.Sprintf("must be >= 0, not %v", c.value)}
		}
	}
	if g.Weights != nil && len(g.Weights) != t.rows {
		return g, &learner.DataError{Row: -1, Column: -1, Name: "weight", Reason: fmt.Sprintf("there are %d weights for %d rows", len(g.Weights), t.rows)}
	}
	for i, w := range g.Weights {
		if !(w >= 0 && numeric.IsFinite(w)) {
			return g, &learner.DataError{Row: i, Column: -1, Name: "weight", Reason: fmt.Sprintf("a weight must be finite and >= 0, not %v", w)}
		}
	}
	if !g.RandomThresholds && !t.prepared {
		return g, ErrUnprepared
	}
	if g.MaxFeatures == 0 || g.MaxFeatures > len(t.columns) {
		g.MaxFeatures = len(t.columns)
	}
	g.Procs = max(g.Procs, 1)
	return g, nil
}

func criteria(task learner.Task) []Criterion {
	if task == learner.Regression {
		return []Criterion{SquaredError, AbsoluteError, Poisson}
	}
	return []Criterion{Gini, Entropy}
}
