package bagging

import (
	"context"
	"fmt"

	"github.com/sjwhitworth/golearn/meta"
	"github.com/sjwhitworth/golearn/trees"

	"github.com/gochimera/chimera/learner"
	"github.com/gochimera/chimera/learner/golearn/internal/instances"
	"github.com/gochimera/chimera/learner/golearn/internal/splittree"
	"github.com/gochimera/chimera/registry"
)

func init() {
	registry.Register("golearn-bagged-id3-classifier", registry.Entry[Params, *Classifier]{
		Task: learner.Classification, Summary: "golearn's bagging of ID3 decision trees.", Reference: "Breiman (1996), Bagging predictors",
		Traits: learner.Traits{NonDeterministic: true, SamplesRows: true, WholeWeights: true, KeepsScale: true, Ordinals: true}, New: New,
	})
}

// Params are the parameters of golearn-bagged-id3-classifier.
type Params struct {
	NEstimators int `json:"n_estimators" default:"10" validate:"gte=1,lte=1000" doc:"number of trees"`
	MaxFeatures int `json:"max_features" default:"0" validate:"gte=0" doc:"features drawn for each tree; 0 is all of them"`
}

// Classifier is a bag of golearn's ID3 trees that vote.
type Classifier struct {
	splittree.Ensemble
	params Params
	procs  int
}

// New makes an unfitted classifier.
func New(p Params, env learner.Env) (*Classifier, error) {
	return &Classifier{Ensemble: splittree.Unfitted("golearn.bagging"), params: p, procs: max(env.Procs, 1)}, nil
}

// Fit grows the trees, at most as many at a time as the learner may use
// threads. Row weights must be whole numbers; rows are repeated.
func (m *Classifier) Fit(ctx context.Context, train learner.Dataset) error {
	t, err := instances.Prepare(train, learner.Classification)
	if err != nil {
		return err
	}
	if m.params.MaxFeatures > t.Width() { // golearn would draw for ever
		return &learner.DataError{Row: -1, Column: -1, Reason: fmt.Sprintf("max_features is %d, the data has %d features", m.params.MaxFeatures, t.Width())}
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	grown, err := m.grow(ctx, t)
	if err != nil {
		return err
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	splittree.Replace(&m.Ensemble, t.Width(), t.Classes, grown)
	return nil
}

func (m *Classifier) grow(ctx context.Context, t instances.Training) ([]*splittree.Tree, error) {
	target, err := instances.Category(t.Classes.Len())
	if err != nil {
		return nil, err
	}
	columns := instances.Columns{Features: instances.Floats("x", t.Width()), Targets: target}
	grid, err := columns.Grid(len(t.Y))
	if err != nil {
		return nil, err
	}
	grid.SetFeatures(0, t.X)
	grid.SetClasses(t.Y)

	bag := &meta.BaggedModel{RandomFeatures: m.params.MaxFeatures}
	members := make([]*member, m.params.NEstimators)
	shared := &run{ctx: ctx, columns: columns, classes: t.Classes.Len(), turn: make(chan struct{}, m.procs)}
	for i := range members {
		members[i] = &member{ID3DecisionTree: trees.NewID3DecisionTree(0), run: shared}
		bag.AddModel(members[i])
	}
	err = instances.Call("bagging", func() error {
		bag.Fit(grid.DenseInstances) // waits for its goroutines
		return nil
	})
	if err != nil {
		return nil, err
	}
	var grown []*splittree.Tree
	for _, member := range members {
		if member.err != nil {
			return nil, member.err
		}
		grown = append(grown, member.grown)
	}
	return grown, nil
}

var (
	_ learner.Classifier  = (*Classifier)(nil)
	_ learner.Snapshotter = (*Classifier)(nil)
)
