package adaboost

import (
	"context"
	"math"
	"strconv"

	"gonum.org/v1/gonum/mat"

	"github.com/gochimera/chimera/learner"
	"github.com/gochimera/chimera/learner/numeric"
	"github.com/gochimera/chimera/learner/tree"
	"github.com/gochimera/chimera/registry"
)

var traits = learner.Traits{AllowsMissing: true, KeepsScale: true, Ordinals: true}

func init() {
	registry.Register("adaboost-classifier", registry.Entry[ClassifierParams, *Classifier]{
		Task: learner.Classification, Summary: "Boosted small trees (AdaBoost): each looks at the rows that those before it get wrong, and they vote.",
		Reference: "Freund and Schapire 1997; Zhu, Zou, Rosset, Hastie 2009, Multi-class AdaBoost (SAMME)", Traits: traits, New: NewClassifier,
	})
}

// ClassifierParams are the parameters of adaboost-classifier, named as in scikit-learn.
type ClassifierParams struct {
	NEstimators  int     `json:"n_estimators" default:"50" validate:"gte=1" doc:"most trees; fewer if one makes no mistake, or does no better than chance"`
	LearningRate float64 `json:"learning_rate" default:"1" validate:"gt=0" doc:"what each tree's part in the vote is multiplied by"`
	MaxDepth     int     `json:"max_depth" default:"1" validate:"gte=0" doc:"maximum number of levels of a tree below its root; 0 is no limit"`
}

// Classifier is trees that vote.
type Classifier struct {
	params ClassifierParams
	env    learner.Env
	model  *votes // nil before Fit
}

// NewClassifier makes an unfitted classifier. The error is a *learner.ParamError.
func NewClassifier(p ClassifierParams, env learner.Env) (*Classifier, error) {
	if !(p.LearningRate > 0) || !numeric.IsFinite(p.LearningRate) {
		return nil, &learner.ParamError{Param: "learning_rate", Reason: "must be a number above 0"}
	}
	return &Classifier{params: p, env: env}, nil
}

// pollBudget is how many rows are looked at between two looks at the context.
const pollBudget = 1 << 14

// Fit grows one tree after the other.
func (m *Classifier) Fit(ctx context.Context, train learner.Dataset) error {
	if err := learner.CheckFit(train, learner.Classification, traits); err != nil {
		return err
	}
	table, err := tree.Prepare(ctx, train, tree.Float32, m.env.Procs)
	if err != nil {
		return err
	}
	b := boosting{ctx: ctx, train: train, table: table, places: make([]int, train.Len()), wrong: make([]bool, train.Len())}
	if err := b.begin(); err != nil {
		return err
	}
	for i := range m.params.NEstimators {
		more, err := b.step(m.params, tree.Growth{
			MaxDepth: m.params.MaxDepth, Weights: b.weights, Seed: learner.Seed(m.env.Seed, "adaboost", strconv.Itoa(i)), Procs: m.env.Procs,
		})
		if err != nil {
			return err
		}
		if !more {
			break
		}
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	m.model = &b.votes
	m.model.settle()
	return nil
}

// boosting is a Fit.
type boosting struct {
	ctx     context.Context
	train   learner.Dataset
	table   *tree.Table
	weights []float64 // of the rows, for the next tree
	total   float64   // of the rows' own weights, which the weights keep
	places  []int     // of the rows in the newest tree
	wrong   []bool    // which rows that tree gets wrong
	classes int       // that have rows
	votes   votes
}

// begin gives the rows the weights that they come with.
func (b *boosting) begin() error {
	b.weights = make([]float64, b.train.Len())
	b.votes.seen = make([]bool, len(b.train.Classes))
	poll := learner.NewPoll(b.ctx, pollBudget)
	for i, y := range b.train.Y {
		if err := poll.Work(1); err != nil {
			return err
		}
		w := b.train.Weight(i)
		b.weights[i] = w
		b.total += w
		if w > 0 && !b.votes.seen[int(y)] {
			b.votes.seen[int(y)] = true
			b.classes++
		}
	}
	if !(b.total > 0 && b.total <= math.MaxFloat64) {
		return &learner.DataError{Row: -1, Column: -1, Name: "weight", Reason: "the row weights add up to " + strconv.FormatFloat(b.total, 'g', -1, 64) +
			": they must be a positive number together"}
	}
	return nil
}

// step grows one tree. It reports whether another one is to follow.
func (b *boosting) step(p ClassifierParams, g tree.Growth) (more bool, err error) {
	grown, err := b.table.Grow(b.ctx, g)
	if err != nil {
		return false, err
	}
	share, err := b.mistakes(grown)
	if err != nil {
		return false, err
	}
	chance := 1 - 1/float64(b.classes)
	switch {
	case share <= 0: // it is right in every row, and would be again
		b.votes.add(grown, 1)
		return false, nil
	case share >= chance:
		if len(b.votes.trees) == 0 { // the rows cannot be told apart: what is most frequent is all there is to learn
			b.votes.add(grown, 1)
		}
		return false, nil
	}
	part := p.LearningRate * (math.Log((1-share)/share) + math.Log(float64(b.classes-1)))
	if !(part > 0 && part <= math.MaxFloat64) {
		return false, nil
	}
	b.votes.add(grown, part)
	return true, b.reweigh(part)
}

// mistakes finds the rows that a tree gets wrong, and their share of the weights.
func (b *boosting) mistakes(t *tree.Tree) (share float64, err error) {
	if err := t.FindAll(b.ctx, b.train.X, b.places); err != nil {
		return 0, err
	}
	sum, all := 0.0, 0.0
	for i, at := range b.places {
		b.wrong[i] = numeric.ArgMax(t.Values(at)) != int(b.train.Y[i])
		all += b.weights[i]
		if b.wrong[i] {
			sum += b.weights[i]
		}
	}
	return sum / all, nil
}

// reweigh gives the rows that were wrong exp(part) times the weight of the others, and all the total that they had. Weights of
// the right ones are lowered instead of the others raised, so that nothing overflows.
func (b *boosting) reweigh(part float64) error {
	lower := math.Exp(-part)
	sum := 0.0
	poll := learner.NewPoll(b.ctx, pollBudget)
	for i := range b.weights {
		if err := poll.Work(1); err != nil {
			return err
		}
		if !b.wrong[i] {
			b.weights[i] *= lower
		}
		sum += b.weights[i]
	}
	for i := range b.weights {
		b.weights[i] = b.weights[i] / sum * b.total
	}
	return nil
}

// Predict answers the class with the most votes for each row of x; of equal ones the first.
func (m *Classifier) Predict(ctx context.Context, x *mat.Dense) ([]float64, error) {
	if err := m.check(x); err != nil {
		return nil, err
	}
	rows, _ := x.Dims()
	y := make([]float64, rows)
	err := m.model.each(ctx, x, func(i int, scores []float64) { y[i] = float64(numeric.ArgMax(scores)) })
	if err != nil {
		return nil, err
	}
	return y, nil
}

// PredictProba answers rows x classes of the schema: as in scikit-learn, the softmax of the classes' shares of the vote, divided by
// the number of classes less one. They are in the order of the votes, and far from 0 and 1: a vote says little of how sure it is.
func (m *Classifier) PredictProba(ctx context.Context, x *mat.Dense) (*mat.Dense, error) {
	if err := m.check(x); err != nil {
		return nil, err
	}
	rows, _ := x.Dims()
	p := mat.NewDense(rows, len(m.model.seen), nil)
	err := m.model.each(ctx, x, func(i int, scores []float64) {
		copy(p.RawRowView(i), scores)
		numeric.Softmax(p.RawRowView(i))
	})
	if err != nil {
		return nil, err
	}
	return p, nil
}

// check says why rows cannot be predicted.
func (m *Classifier) check(x *mat.Dense) error {
	if m.model == nil {
		return learner.ErrNotFitted
	}
	return learner.CheckPredict(x, m.model.trees[0].Features(), traits)
}

// each visits the scores of all rows of x.
func (v *votes) each(ctx context.Context, x *mat.Dense, visit func(i int, scores []float64)) error {
	rows, _ := x.Dims()
	scores := make([]float64, len(v.seen))
	poll := learner.NewPoll(ctx, pollBudget)
	for i := range rows {
		if err := poll.Work(len(v.trees)); err != nil {
			return err
		}
		v.scores(x.RawRowView(i), scores)
		visit(i, scores)
	}
	return nil
}

// FeatureImportances is the mean of the trees', by their parts in the vote; nil before Fit.
func (m *Classifier) FeatureImportances() []float64 {
	if m.model == nil {
		return nil
	}
	return m.model.importances()
}

var (
	_ learner.Classifier  = (*Classifier)(nil)
	_ learner.Importancer = (*Classifier)(nil)
	_ learner.Snapshotter = (*Classifier)(nil)
	_ learner.Forester    = (*Classifier)(nil)
)
