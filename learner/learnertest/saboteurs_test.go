package learnertest

import (
	"context"

	"gonum.org/v1/gonum/mat"

	"github.com/gochimera/chimera/learner"
	"github.com/gochimera/chimera/registry"
)

// saboteur is the honest classifier with some of its methods replaced. A hook
// is given the honest model to fall back on.
type saboteur struct {
	honestClassifier
	hooks
}

type hooks struct {
	fit           func(m *honestClassifier, ctx context.Context, d learner.Dataset) error
	predict       func(m *honestClassifier, x *mat.Dense) ([]float64, error)
	proba         func(m *honestClassifier, x *mat.Dense) (*mat.Dense, error)
	init          func(m *honestClassifier, s learner.Schema) ([]learner.Block, error)
	parameters    func(m *honestClassifier) []float64
	setParameters func(m *honestClassifier, p []float64) error
	gradient      func(m *honestClassifier, ctx context.Context, d learner.Dataset, into []float64) (float64, float64, error)
	layers        func(m *honestClassifier, s learner.Schema) ([]learner.LayerSpec, error)
	build         func(m *honestClassifier, s learner.Schema, from, to int) (learner.Stage, error)
	loss          func(m *honestClassifier, out *mat.Dense, y, weights []float64, dOut *mat.Dense) (float64, float64, error)
	answers       func(m *honestClassifier, out *mat.Dense) ([]float64, *mat.Dense, error)
	network       func(m *honestClassifier) (*learner.Network, error)
	marshal       func(m *honestClassifier) ([]byte, error)
	unmarshal     func(m *honestClassifier, data []byte) error
}

func (s *saboteur) Fit(ctx context.Context, d learner.Dataset) error {
	if s.fit != nil {
		return s.fit(&s.honestClassifier, ctx, d)
	}
	return s.honestClassifier.Fit(ctx, d)
}

func (s *saboteur) Predict(ctx context.Context, x *mat.Dense) ([]float64, error) {
	if s.predict != nil {
		return s.predict(&s.honestClassifier, x)
	}
	return s.honestClassifier.Predict(ctx, x)
}

func (s *saboteur) PredictProba(ctx context.Context, x *mat.Dense) (*mat.Dense, error) {
	if s.proba != nil {
		return s.proba(&s.honestClassifier, x)
	}
	return s.honestClassifier.PredictProba(ctx, x)
}

func (s *saboteur) Init(schema learner.Schema) ([]learner.Block, error) {
	if s.init != nil {
		return s.init(&s.honestClassifier, schema)
	}
	return s.honestClassifier.Init(schema)
}

func (s *saboteur) Parameters() []float64 {
	if s.parameters != nil {
		return s.parameters(&s.honestClassifier)
	}
	return s.honestClassifier.Parameters()
}

func (s *saboteur) SetParameters(p []float64) error {
	if s.setParameters != nil {
		return s.setParameters(&s.honestClassifier, p)
	}
	return s.honestClassifier.SetParameters(p)
}

func (s *saboteur) Gradient(ctx context.Context, at learner.Step, d learner.Dataset, into []float64) (float64, float64, error) {
	if s.gradient != nil {
		return s.gradient(&s.honestClassifier, ctx, d, into)
	}
	return s.honestClassifier.Gradient(ctx, at, d, into)
}

func (s *saboteur) Layers(schema learner.Schema) ([]learner.LayerSpec, error) {
	if s.layers != nil {
		return s.layers(&s.honestClassifier, schema)
	}
	return s.honestClassifier.Layers(schema)
}

func (s *saboteur) Build(schema learner.Schema, from, to int) (learner.Stage, error) {
	if s.build != nil {
		return s.build(&s.honestClassifier, schema, from, to)
	}
	return s.honestClassifier.Build(schema, from, to)
}

func (s *saboteur) OutputLoss(out *mat.Dense, y, weights []float64, dOut *mat.Dense) (lossSum, weight float64, err error) {
	if s.loss != nil {
		return s.loss(&s.honestClassifier, out, y, weights, dOut)
	}
	return s.honestClassifier.OutputLoss(out, y, weights, dOut)
}

func (s *saboteur) OutputAnswers(out *mat.Dense) (predicted []float64, proba *mat.Dense, err error) {
	if s.answers != nil {
		return s.answers(&s.honestClassifier, out)
	}
	return s.honestClassifier.OutputAnswers(out)
}

func (s *saboteur) Network() (*learner.Network, error) {
	if s.network != nil {
		return s.network(&s.honestClassifier)
	}
	return s.honestClassifier.Network()
}

func (s *saboteur) MarshalBinary() ([]byte, error) {
	if s.marshal != nil {
		return s.marshal(&s.honestClassifier)
	}
	return s.honestClassifier.MarshalBinary()
}

func (s *saboteur) UnmarshalBinary(data []byte) error {
	if s.unmarshal != nil {
		return s.unmarshal(&s.honestClassifier, data)
	}
	return s.honestClassifier.UnmarshalBinary(data)
}

var (
	_ learner.Classifier  = (*saboteur)(nil)
	_ learner.Layered     = (*saboteur)(nil)
	_ learner.Objective   = (*saboteur)(nil)
	_ learner.Snapshotter = (*saboteur)(nil)
)

// saboteurRegistry has one saboteur, whose hooks every model gets anew, so
// that they may hold a state.
func saboteurRegistry(traits learner.Traits, of func(env learner.Env) hooks) *registry.Registry {
	r := &registry.Registry{}
	registry.RegisterIn(r, "saboteur", registry.Entry[none, *saboteur]{
		Task: learner.Classification, Summary: "Breaks a rule.", Traits: traits,
		New: func(_ none, env learner.Env) (*saboteur, error) {
			return &saboteur{honestClassifier{honest{env: env, task: learner.Classification}}, of(env)}, nil
		},
	})
	return r
}

// brokenReport is reporting with false reports.
type brokenReport struct {
	reporting
	falsify func(m *reporting) (coef *mat.Dense, intercept, importances []float64)
}

func (b *brokenReport) Coefficients() (*mat.Dense, []float64) {
	coef, intercept, _ := b.falsify(&b.reporting)
	return coef, intercept
}

func (b *brokenReport) FeatureImportances() []float64 {
	_, _, importances := b.falsify(&b.reporting)
	return importances
}

// brokenEnd is reporting that says falsely how its Fit ended.
type brokenEnd struct {
	reporting
	falsify func(m *reporting) *learner.Convergence
}

func (b *brokenEnd) Convergence() *learner.Convergence { return b.falsify(&b.reporting) }

func brokenEndRegistry(falsify func(m *reporting) *learner.Convergence) *registry.Registry {
	r := &registry.Registry{}
	registry.RegisterIn(r, "saboteur", registry.Entry[none, *brokenEnd]{
		Task: learner.Regression, Summary: "Says falsely how its fit ended.",
		New: func(none, learner.Env) (*brokenEnd, error) { return &brokenEnd{falsify: falsify}, nil },
	})
	return r
}

func brokenReportRegistry(falsify func(m *reporting) (*mat.Dense, []float64, []float64)) *registry.Registry {
	r := &registry.Registry{}
	registry.RegisterIn(r, "saboteur", registry.Entry[none, *brokenReport]{
		Task: learner.Regression, Summary: "Reports falsely.",
		New: func(none, learner.Env) (*brokenReport, error) { return &brokenReport{falsify: falsify}, nil },
	})
	return r
}
