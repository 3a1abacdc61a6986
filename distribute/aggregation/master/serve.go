package master

import (
	"context"
	"errors"
	"fmt"

	"github.com/gochimera/chimera/api"
	"github.com/gochimera/chimera/distribute/aggregation"
	"github.com/gochimera/chimera/masters/cluster"
	"github.com/gochimera/chimera/models"
)

// Adopt puts a stored model into service when the master starts: the members are given their parts as soon as they
// answer.
func (a *Master) Adopt(_ context.Context, stored *cluster.Stored) error {
	model := stored.ServedModel()
	if err := a.combine.accepts(model.Task); err != nil {
		return err
	}
	a.model.Store(&ensemble{model, stored})
	for _, m := range a.Members {
		a.Outdate(m, "it has not been given its part of the stored model yet")
	}
	return nil
}

// CatchUp gives a member its part of the model in service. If that is not stored, or is damaged, the member is fitted
// again: the same learner with the same seed on the same rows gives the same model as before, unless the learner is
// not deterministic.
func (a *Master) CatchUp(ctx context.Context, m *cluster.Member) error {
	return a.Cluster.CatchUp(ctx, m, func(ctx context.Context) error {
		e := a.model.Load()
		why, err := a.deliver(ctx, m, e)
		if err != nil {
			return err
		}
		if e.stored == nil || why != "" {
			if a.fitting.Load() {
				return cluster.ErrFitRuns
			}
			if err := a.fitAgain(ctx, m, e, why); err != nil {
				return err
			}
		}
		return a.commit(ctx, m, e.FitID)
	})
}

// deliver gives a member its part of a stored model, staged. If there is none, or none that can be used, it returns why:
// the member is to be fitted again.
func (a *Master) deliver(ctx context.Context, m *cluster.Member, e *ensemble) (why string, err error) {
	if e.stored == nil {
		return "", nil
	}
	_, err = cluster.Deliver(ctx, a.Cluster, m, e.stored, aggregation.Restore)
	var refit *cluster.RefitError
	var damaged *models.DamagedError
	switch {
	case errors.As(err, &refit):
		return refit.Reason, nil
	case errors.As(err, &damaged):
		return damaged.Error(), nil
	}
	switch cluster.CodeOf(err) {
	case api.CodeInvalidRequest, api.CodeNoSnapshot, api.CodeNotFound: // it arrived whole, and the worker cannot use it
		return err.Error(), nil
	default:
		return "", err
	}
}

// fitAgain fits a member for a model that has been fitted before, if it still has the rows of that fit, and stages it. why is the
// reason, if the model is stored.
func (a *Master) fitAgain(ctx context.Context, m *cluster.Member, e *ensemble, why string) error {
	if e.stored != nil {
		schema, err := a.Schema(ctx, m)
		if err != nil {
			return err
		}
		if was := e.stored.Workers[m.Index].RowsSum; schema != nil && was != "" && schema.RowsSum != "" && was != schema.RowsSum {
			return fmt.Errorf("it cannot be given its part of the stored model (%s), nor be fitted again for it, since its rows are others now; fit again", why)
		}
		a.Log.WarnContext(ctx, "a worker is fitted again for the stored model in service", "worker", m.Name, "model", e.FitID, "reason", why)
	}
	if _, err := a.fitMember(ctx, m, &e.Model, nil); err != nil {
		return err
	}
	m.Refitted(why)
	return nil
}

// Serve puts a stored model into service: the members stage their parts of it, while the model before goes on
// predicting, and commit them when enough have. A member that was not there, or cannot be given its part without
// being fitted again, is caught up later.
func (a *Master) Serve(ctx context.Context, f *cluster.Fit, stored *cluster.Stored) error {
	e := &ensemble{stored.ServedModel(), stored}
	if err := a.combine.accepts(e.Task); err != nil {
		return api.NewProblem(api.CodeInvalidRequest, cluster.Sentence(err))
	}
	if a.Model().FitID == e.FitID {
		return f.Keeping(ctx)
	}
	s := &serving{master: a, fit: f, ensemble: e, out: make([]error, len(a.Members))}
	s.all(func(m *cluster.Member) error { return s.stage(ctx, m) })
	err := context.Cause(ctx)
	if err == nil {
		err = s.enough()
	}
	if err == nil {
		err = f.Keeping(ctx)
	}
	if err == nil {
		s.all(func(m *cluster.Member) error { // from here on, it is too late to cancel
			if err := a.commit(cluster.Background(ctx), m, e.FitID); err != nil {
				return fmt.Errorf("it was given its part, but did not commit it: %w", err)
			}
			return nil
		})
		err = s.enough()
	}
	if err != nil {
		f.Unkeep(cluster.Background(ctx))
		a.forget(ctx, a.Members, e.FitID)
		return err
	}
	a.model.Store(e)
	a.Expect(stored)
	for i, m := range a.Members {
		if s.out[i] != nil {
			a.Outdate(m, s.out[i].Error())
			continue
		}
		a.Current(m, e.FitID)
	}
	return nil
}

// serving puts a stored model into service.
type serving struct {
	*ensemble
	master *Master
	fit    *cluster.Fit
	out    []error // in member order: why a member does not hold the model; nil if it does
}

// all asks all members for something, concurrently, that have done what they were asked for before.
func (s *serving) all(ask func(m *cluster.Member) error) {
	cluster.Each(s.master.Members, func(m *cluster.Member) struct{} {
		if s.out[m.Index] == nil {
			s.out[m.Index] = ask(m)
		}
		return struct{}{}
	})
}

// stage gives a member its part.
func (s *serving) stage(ctx context.Context, m *cluster.Member) error {
	if err := m.Reachable(); err != nil {
		return err
	}
	schema, err := s.master.Schema(ctx, m)
	if err == nil {
		err = s.stored.Suits(s.master.Cluster, m, schema)
	}
	if err != nil {
		return err
	}
	why, err := s.master.deliver(ctx, m, s.ensemble)
	switch {
	case err != nil || why == "":
		return err
	case m.IsPython(): // it has no place for a second model
		return errors.New("it is fitted again for the model: " + why)
	default:
		return s.master.fitAgain(ctx, m, s.ensemble, why)
	}
}

// enough returns a problem if fewer members than the quorum hold the model.
func (s *serving) enough() error {
	var failures []api.WorkerFailure
	for i, err := range s.out {
		if err != nil {
			failures = append(failures, s.master.Members[i].Failure(err))
		}
	}
	if in := len(s.out) - len(failures); in < s.master.quorum {
		return s.fit.Problem(fmt.Sprintf("Only %d of %d workers could take the stored model %s; the quorum is %d.",
			in, len(s.out), s.FitID, s.master.quorum), failures)
	}
	return nil
}
