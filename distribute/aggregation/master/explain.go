package master

import (
	"context"
	"errors"
	"fmt"

	"gonum.org/v1/gonum/mat"

	"github.com/gochimera/chimera/api"
	"github.com/gochimera/chimera/distribute/aggregation"
	"github.com/gochimera/chimera/internal/rest"
	"github.com/gochimera/chimera/internal/wire"
	"github.com/gochimera/chimera/masters/cluster"
)

// explain asks every member that holds the model in service what its learner has learned; again, if another fit is committed meanwhile.
func (a *Master) explain(ctx context.Context) (*cluster.Explanation, error) {
	for {
		model := a.Model()
		if model.FitID == "" {
			return nil, a.NotFitted("ensemble")
		}
		e, err := a.explainWith(ctx, model)
		if err == nil || ctx.Err() != nil || a.Model().FitID == model.FitID {
			return e, err
		}
	}
}

func (a *Master) explainWith(ctx context.Context, model cluster.Model) (*cluster.Explanation, error) {
	type answer struct {
		told    cluster.Told
		failure *api.WorkerFailure
	}
	answers := cluster.Each(a.Members, func(m *cluster.Member) answer {
		if f := a.absent(ctx, m); f != nil {
			return answer{failure: f}
		}
		told, err := a.ask(ctx, m, &model)
		if err != nil {
			f := m.Failure(err)
			if (f.Code == api.CodeOutdated || f.Code == api.CodeNotFitted) && model.FitID == a.Model().FitID {
				a.Outdate(m, f.Reason)
			}
			return answer{failure: &f}
		}
		return answer{told: told}
	})
	if ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	e := &cluster.Explanation{Model: model}
	for i, one := range answers {
		if one.failure != nil && a.Members[i].IsBeside() { // the model does not lack it
			continue
		}
		if one.failure != nil {
			e.Failures = append(e.Failures, *one.failure)
		} else {
			e.Learners = append(e.Learners, one.told)
		}
	}
	if len(e.Learners) < a.quorum {
		return nil, a.tooFew(&cluster.Prediction{Model: model, Each: make([]cluster.Output, len(e.Learners)), Failures: e.Failures})
	}
	return e, nil
}

// ask lets one member's learner tell what it has learned. A worker of the Python package has no such path.
func (a *Master) ask(ctx context.Context, m *cluster.Member, model *cluster.Model) (cluster.Told, error) {
	t := cluster.Told{Member: m, Learner: a.Config().Workers[m.Index].Learner, Weight: 1}
	if a.combine.weighted {
		t.Weight = a.weights[m.Index]
	}
	if m.IsPython() {
		t.Silent = "it is a worker of the Python package, which does not tell what it has learned"
		return t, nil
	}
	message := cluster.NewMessage(aggregation.Explain)
	if err := message.Encode(aggregation.ExplainRequest{FitID: model.FitID}); err != nil {
		return t, err
	}
	r := cluster.Send(ctx, a.Cluster, m, message, nil)
	if r.Err != nil {
		return t, r.Err
	}
	return t, readTold(&t, r.Value, r.Arrays, model)
}

// readTold checks what a worker tells, and brings its features into the model's order: rows that are not prepared are in that of the
// worker's file.
func readTold(t *cluster.Told, head aggregation.ExplainAnswer, arrays []wire.Array, model *cluster.Model) error {
	if head.FitID != model.FitID {
		return fmt.Errorf("it told of the model of fit %q instead of %q", head.FitID, model.FitID)
	}
	places, err := rest.Places(model.Features, head.Features)
	if err != nil || len(head.Features) != len(model.Features) {
		return errors.New("its features are not those that were agreed on in the fit")
	}
	for _, array := range arrays {
		switch array.Name {
		case aggregation.ArrayImportances:
			if err := cluster.CheckImportances(array.Data, len(places)); err != nil {
				return err
			}
			t.Importances = make([]float64, len(places))
			for k, j := range places {
				t.Importances[k] = array.Data[j]
			}
		case aggregation.ArrayCoef:
			if len(array.Shape) != 2 || array.Shape[1] != len(places) || len(array.Data) == 0 {
				return fmt.Errorf("its coefficients have the shape %v; the model has %d features", array.Shape, len(places))
			}
			t.Coef = mat.NewDense(array.Shape[0], len(places), nil)
			for i := range array.Shape[0] {
				for k, j := range places {
					t.Coef.Set(i, k, array.Data[i*len(places)+j])
				}
			}
		case aggregation.ArrayIntercept:
			t.Intercept = array.Data
		default:
			return fmt.Errorf("it told of %q, which nobody asked for", array.Name)
		}
	}
	if t.Coef != nil || t.Intercept != nil {
		if err := cluster.CheckCoefficients(t.Coef, t.Intercept, model); err != nil {
			return err
		}
	}
	t.OutOfBag = head.OutOfBag
	return cluster.CheckOutOfBag(head.OutOfBag, model.Task, model.Rows)
}
