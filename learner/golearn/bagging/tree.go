package bagging

import (
	"context"
	"sync/atomic"

	"github.com/sjwhitworth/golearn/base"
	"github.com/sjwhitworth/golearn/trees"

	"github.com/gochimera/chimera/learner/golearn/internal/instances"
	"github.com/gochimera/chimera/learner/golearn/internal/splittree"
)

// run is what the trees of one Fit share.
type run struct {
	ctx     context.Context
	columns instances.Columns
	classes int
	turn    chan struct{} // holds as many trees as may grow at a time
	stopped atomic.Bool   // a tree failed, so the others need not grow
}

// member is one tree of the bag. golearn calls its Fit in a goroutine and
// ignores the answer, so the outcome is kept: a tree, an error, or neither if
// another member failed before.
type member struct {
	*trees.ID3DecisionTree
	run   *run
	grown *splittree.Tree
	err   error
}

// Fit grows the tree on a copy of the view that golearn drew.
func (m *member) Fit(view base.FixedDataGrid) error {
	m.run.turn <- struct{}{}
	defer func() { <-m.run.turn }()
	if m.run.stopped.Load() {
		return nil
	}
	m.err = instances.Call("bagged ID3", func() error {
		// With a constant feature beside them the others are all used: golearn
		// stops when one is left.
		grid, err := m.run.columns.Copy(view, instances.Floats("constant", 1))
		if err != nil {
			return err
		}
		if err := m.ID3DecisionTree.Fit(grid.Until(m.run.ctx)); err != nil {
			return err
		}
		m.grown, err = splittree.FromID3(m.Root, m.run.columns.Features, m.run.classes, splittree.Vote)
		return err
	})
	if m.err != nil {
		m.run.stopped.Store(true)
	}
	return m.err
}

var _ base.Classifier = (*member)(nil)
