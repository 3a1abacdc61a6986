//go:build cgo

package forest

import (
	"context"
	"fmt"

	"github.com/sjwhitworth/golearn/ensemble"
	"github.com/sjwhitworth/golearn/trees"

	"github.com/gochimera/chimera/learner"
	"github.com/gochimera/chimera/learner/golearn/internal/instances"
	"github.com/gochimera/chimera/learner/golearn/internal/splittree"
	"github.com/gochimera/chimera/registry"
)

func init() {
	registry.Register("golearn-forest-classifier", registry.Entry[Params, *Classifier]{
		Task: learner.Classification, Summary: "golearn's random forest of ID3 trees.",
		Reference: "Ho (1998), The random subspace method for constructing decision forests",
		Traits:    learner.Traits{NonDeterministic: true, NotCancellable: true, SamplesRows: true, WholeWeights: true, KeepsScale: true, Ordinals: true},
		Cgo:       true, New: New,
	})
}

// Params are the parameters of golearn-forest-classifier.
type Params struct {
	NEstimators int `json:"n_estimators" default:"100" validate:"gte=1,lte=1000" doc:"number of trees"`
	MaxFeatures int `json:"max_features" default:"0" validate:"gte=0" doc:"features drawn for each tree, two of which are not used; 0 is all of them"`
}

// Classifier is golearn's random forest.
type Classifier struct {
	splittree.Ensemble
	params Params
}

// New makes an unfitted classifier.
func New(p Params, _ learner.Env) (*Classifier, error) {
	return &Classifier{Ensemble: splittree.Unfitted("golearn.forest"), params: p}, nil
}

// Fit grows the trees. Row weights must be whole numbers; rows are repeated.
func (m *Classifier) Fit(ctx context.Context, train learner.Dataset) error {
	t, err := instances.Prepare(train, learner.Classification)
	if err != nil {
		return err
	}
	if m.params.MaxFeatures > t.Width() {
		return &learner.DataError{Row: -1, Column: -1, Reason: fmt.Sprintf("max_features is %d, the data has %d features", m.params.MaxFeatures, t.Width())}
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	grown, err := m.grow(t)
	if err != nil {
		return err
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	splittree.Replace(&m.Ensemble, t.Width(), t.Classes, grown)
	return nil
}

func (m *Classifier) grow(t instances.Training) ([]*splittree.Tree, error) {
	target, err := instances.Category(t.Classes.Len())
	if err != nil {
		return nil, err
	}
	features := instances.Floats("x", t.Width())
	columns := instances.Columns{Features: features, Targets: target}
	drawn, extra := m.params.MaxFeatures, 0
	if drawn == 0 || drawn == t.Width() {
		// All are drawn. A constant one among them makes golearn use the others
		// all: it stops when one is left.
		extra = 1
		drawn = t.Width() + extra
		columns.Features = append(instances.Floats("constant", extra), features...)
	}
	grid, err := columns.Grid(len(t.Y))
	if err != nil {
		return nil, err
	}
	grid.SetFeatures(extra, t.X)
	grid.SetClasses(t.Y)

	var grown []*splittree.Tree
	err = instances.Call("random forest", func() error {
		forest := ensemble.NewRandomForest(m.params.NEstimators, drawn)
		if err := forest.Fit(grid.DenseInstances); err != nil {
			return err
		}
		for _, model := range forest.Model.Models {
			id3, ok := model.(*trees.ID3DecisionTree)
			if !ok {
				return fmt.Errorf("a %T is no ID3 tree", model)
			}
			tree, err := splittree.FromID3(id3.Root, features, t.Classes.Len(), splittree.Vote)
			if err != nil {
				return err
			}
			grown = append(grown, tree)
		}
		return nil
	})
	return grown, err
}

var (
	_ learner.Classifier  = (*Classifier)(nil)
	_ learner.Snapshotter = (*Classifier)(nil)
)
