package cluster

import (
	"context"
	"fmt"
	"sync/atomic"

	"gonum.org/v1/gonum/mat"

	"github.com/gochimera/chimera/api"
	"github.com/gochimera/chimera/learner"
	"github.com/gochimera/chimera/learner/moments"
)

// MasterModel is a trained model that a master itself has, as a kind of master knows it. It does not change.
type MasterModel[T any] interface {
	*T
	// Served is what is known of it, the fitted learner, and the scaling of the features before it sees them; nil if it sees them as
	// they are.
	Served() (*Model, learner.Estimator, *moments.Scaling)
}

// OnMaster is the model in service of a master that has it itself, and predicts without its workers: they keep none, so all of them are
// up to date. Its methods are those of a kind's master that need no more than the model.
type OnMaster[T any, M MasterModel[T]] struct {
	cluster *Cluster
	learner *OneLearner
	part    string
	decode  func(text []byte, known Model) (*T, error)
	model   atomic.Pointer[T]
}

// Mount prepares it. Models are stored as one part of that name, of whose text, and of what is known of the model besides, decode makes
// one again.
func (o *OnMaster[T, M]) Mount(c *Cluster, l *OneLearner, part string, decode func(text []byte, known Model) (*T, error)) {
	o.cluster, o.learner, o.part, o.decode = c, l, part, decode
}

// Load is the model in service; nil before the first fit.
func (o *OnMaster[T, M]) Load() *T { return o.model.Load() }

// Model describes the model in service.
func (o *OnMaster[T, M]) Model() Model {
	if served := o.model.Load(); served != nil {
		m, _, _ := M(served).Served()
		return *m
	}
	return Model{}
}

// Serving is the model in service, or a problem before the first fit.
func (o *OnMaster[T, M]) Serving() (*T, error) {
	if m := o.model.Load(); m != nil {
		return m, nil
	}
	return nil, o.cluster.NotFitted(o.learner.Info.Name)
}

// Store puts a model into service, and says nothing of members.
func (o *OnMaster[T, M]) Store(model *T) { o.model.Store(model) }

// Put puts a model into service of which all members are up to date.
func (o *OnMaster[T, M]) Put(model *T) {
	o.Store(model)
	for _, m := range o.cluster.Members {
		o.cluster.Current(m, o.Model().FitID)
	}
}

// Adopt implements Lasting. It needs no worker.
func (o *OnMaster[T, M]) Adopt(ctx context.Context, stored *Stored) error {
	model, err := o.read(ctx, stored)
	if err == nil {
		o.Put(model)
	}
	return err
}

// Serve implements Lasting.
func (o *OnMaster[T, M]) Serve(ctx context.Context, f *Fit, stored *Stored) error {
	model, err := o.read(ctx, stored)
	if err != nil {
		return err
	}
	if err := f.Keeping(ctx); err != nil {
		return err
	}
	o.Put(model)
	return nil
}

// read reads a stored model, and refuses what this master cannot serve.
func (o *OnMaster[T, M]) read(ctx context.Context, stored *Stored) (*T, error) {
	text, err := stored.Read(ctx, o.part)
	if err != nil {
		return nil, err
	}
	model, err := o.decode(text, stored.ServedModel())
	if err != nil {
		return nil, fmt.Errorf("the model %s cannot be served: %w", stored.ID, err)
	}
	return model, nil
}

// Predict predicts on the master; see Operations.
func (o *OnMaster[T, M]) Predict(ctx context.Context, rows Rows) (*Prediction, error) {
	served, err := o.Serving()
	if err != nil {
		return nil, err
	}
	m, l, scaling := M(served).Served()
	x, err := rows.Into(ctx, m)
	if err != nil {
		return nil, err
	}
	out, err := m.predict(ctx, l, scaling, x)
	if err == nil {
		return out, nil
	}
	if bad := learner.CheckPredict(x, len(m.Features), o.learner.Info.Traits); bad != nil { // only now: see Model.predict
		return nil, rows.Refused(bad, m)
	}
	unusable := api.NewProblem(api.CodeUnusableData, Sentence(err))
	unusable.Errors = rows.Places(err, m)
	return nil, unusable
}

// Explain asks the learner what it has learned; see Operations.
func (o *OnMaster[T, M]) Explain(context.Context) (*Explanation, error) {
	served, err := o.Serving()
	if err != nil {
		return nil, err
	}
	m, of, scaling := M(served).Served()
	t := Told{Learner: o.learner.Info.Name, Weight: 1, Scaling: scaling}
	if !m.Task.Supervised() {
		t.Found = of
	}
	if l, ok := of.(learner.Importancer); ok {
		t.Importances = l.FeatureImportances()
	}
	if l, ok := of.(learner.Coefficienter); ok {
		t.Coef, t.Intercept = l.Coefficients()
	}
	return &Explanation{Model: *m, Learners: []Told{t}}, nil
}

// predict predicts by the model's learner for rows whose columns are in the model's order. Rows are brought to the scale of the training
// once, and checked once: by the learner, whose contract that is. Whose fault an error is, is asked when there is one.
func (m *Model) predict(ctx context.Context, l learner.Estimator, scaling *moments.Scaling, x *mat.Dense) (out *Prediction, err error) {
	if scaling != nil {
		if x, err = scaling.Standardize(x); err != nil {
			return nil, err
		}
	}
	out = &Prediction{Model: *m}
	if !m.Task.Supervised() {
		out.Features, out.By = x, l
	}
	switch m.Task {
	case learner.Regression:
		out.Combined.Values, err = l.Predict(ctx, x)
		if err == nil {
			err = CheckValues(out.Combined.Values, len(out.Combined.Values), 1)
		}
	case learner.Decomposition:
		err = m.transform(ctx, l, x, &out.Combined)
	default:
		out.Combined.Proba, err = learner.Probabilities(ctx, l, x, len(m.Classes))
	}
	return out, err
}

// transform fills in the components of rows.
func (m *Model) transform(ctx context.Context, l learner.Estimator, x *mat.Dense, out *Output) error {
	t, ok := l.(learner.Transformer)
	if !ok {
		return fmt.Errorf("the learner is for %s, and is no Transformer", m.Task)
	}
	made, err := t.Transform(ctx, x)
	if err != nil {
		return err
	}
	rows, _ := x.Dims()
	answered, components := made.Dims()
	if answered != rows || components == 0 {
		return fmt.Errorf("the learner answered with %d rows of %d components for %d rows", answered, components, rows)
	}
	if made.RawMatrix().Stride != components {
		made = mat.DenseCopyOf(made)
	}
	out.Components, out.Values = made, mat.Col(nil, 0, made)
	return CheckValues(made.RawMatrix().Data, rows, components)
}
