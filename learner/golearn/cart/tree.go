package cart

import (
	"context"

	"gonum.org/v1/gonum/mat"

	"github.com/gochimera/chimera/learner"
	"github.com/gochimera/chimera/learner/golearn/internal/instances"
	"github.com/gochimera/chimera/learner/golearn/internal/splittree"
)

// traits of both learners.
var traits = learner.Traits{NotCancellable: true, WholeWeights: true, KeepsScale: true, Ordinals: true}

// widthLimit bounds the width of a stored model, which is only a number to
// compare with.
const widthLimit = 1 << 30

// prepare checks the rows, and shows them to golearn behind the guard that
// package splittree asks for.
func prepare(ctx context.Context, train learner.Dataset, task learner.Task, maxRows int) (instances.Training, *instances.Grid, error) {
	t, err := instances.Prepare(train, task)
	if err != nil {
		return t, nil, err
	}
	if err := t.Limit(maxRows, "golearn's CART takes time that grows with their square; raise max_rows, or use tree-classifier or tree-regressor"); err != nil {
		return t, nil, err
	}
	if err := ctx.Err(); err != nil {
		return t, nil, err
	}
	columns := instances.Columns{
		Features: append(instances.Floats("guard", 1), instances.Floats("x", t.Width())...),
		Targets:  instances.Floats("y", 1),
	}
	grid, err := columns.Grid(len(t.Y))
	if err != nil {
		return t, nil, err
	}
	grid.SetColumn(0, splittree.Guard)
	grid.SetFeatures(1, t.X)
	for i, y := range t.Y {
		grid.SetTarget(i, 0, y)
	}
	return t, grid, nil
}

// depth is max_depth as golearn has it.
func depth(maxDepth int) int64 {
	if maxDepth == 0 {
		return -1
	}
	return int64(maxDepth)
}

// predict answers the value of each row's leaf.
func predict(ctx context.Context, tree *splittree.Tree, width int, x *mat.Dense) ([]float64, error) {
	if tree == nil {
		return nil, learner.ErrNotFitted
	}
	if err := learner.CheckPredict(x, width, traits); err != nil {
		return nil, err
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	rows, _ := x.Dims()
	answers := make([]float64, rows)
	for i := range answers {
		answers[i] = tree.Values(x.RawRowView(i))[0]
	}
	return answers, nil
}
