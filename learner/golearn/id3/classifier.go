package id3

import (
	"context"

	"github.com/sjwhitworth/golearn/trees"

	"github.com/gochimera/chimera/learner"
	"github.com/gochimera/chimera/learner/golearn/internal/instances"
	"github.com/gochimera/chimera/learner/golearn/internal/splittree"
	"github.com/gochimera/chimera/registry"
)

func init() {
	registry.Register("golearn-id3-classifier", registry.Entry[Params, *Classifier]{
		Task: learner.Classification, Summary: "golearn's ID3 decision tree.", Reference: "Quinlan (1986), Induction of decision trees",
		Traits: learner.Traits{NonDeterministic: true, WholeWeights: true, KeepsScale: true, Ordinals: true}, New: New,
	})
}

// Params are the parameters of golearn-id3-classifier: none. golearn's only
// one, pruning, compares numbers as text and does not work for them.
type Params struct{}

// Classifier is golearn's ID3 tree. Its probabilities are the classes' shares
// of the training rows in a leaf.
type Classifier struct{ splittree.Ensemble }

// New makes an unfitted classifier.
func New(Params, learner.Env) (*Classifier, error) {
	return &Classifier{splittree.Unfitted("golearn.id3")}, nil
}

// Fit grows the tree. Row weights must be whole numbers; rows are repeated.
func (m *Classifier) Fit(ctx context.Context, train learner.Dataset) error {
	t, err := instances.Prepare(train, learner.Classification)
	if err != nil {
		return err
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	tree, err := grow(ctx, t)
	if err != nil {
		return err
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	splittree.Replace(&m.Ensemble, t.Width(), t.Classes, []*splittree.Tree{tree})
	return nil
}

func grow(ctx context.Context, t instances.Training) (*splittree.Tree, error) {
	target, err := instances.Category(t.Classes.Len())
	if err != nil {
		return nil, err
	}
	features := instances.Floats("x", t.Width())
	// golearn stops when one feature is left to split on. A constant one beside
	// the others never splits, and makes that the last.
	grid, err := instances.Columns{Features: append(instances.Floats("constant", 1), features...), Targets: target}.Grid(len(t.Y))
	if err != nil {
		return nil, err
	}
	grid.SetFeatures(1, t.X)
	grid.SetClasses(t.Y)
	var tree *splittree.Tree
	err = instances.Call("ID3", func() error {
		id3 := trees.NewID3DecisionTree(0) // 0: no pruning
		if err := id3.Fit(grid.Until(ctx)); err != nil {
			return err
		}
		tree, err = splittree.FromID3(id3.Root, features, t.Classes.Len(), splittree.Shares)
		return err
	})
	return tree, err
}

var (
	_ learner.Classifier  = (*Classifier)(nil)
	_ learner.Snapshotter = (*Classifier)(nil)
)
