package master

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/url"
	"slices"

	"github.com/gochimera/chimera/api"
	"github.com/gochimera/chimera/distribute/aggregation"
	"github.com/gochimera/chimera/internal/transport"
	"github.com/gochimera/chimera/masters/cluster"
)

// fitAll lets all members fit, and stores what they have learned; the error is that of too few, or that the model
// cannot be stored, which ends the fit at once.
func (t *training) fitAll(ctx context.Context, model *cluster.Model) error {
	whole, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	err := t.master.phase(whole, t.Fit, func(m *cluster.Member) error {
		err := t.fit(whole, m, model)
		var p *api.Problem
		if errors.As(err, &p) && p.Code == api.CodeNotStored {
			stop(p)
		}
		return err
	})
	if err != nil {
		return err
	}
	return t.enough()
}

// store stores the model that a member has staged. What has come damaged is fetched once more.
func (t *training) store(ctx context.Context, m *cluster.Member, model *cluster.Model) error {
	switch {
	case !t.Keeps():
		return nil
	case m.IsPython():
		t.Refit(m.Name, "a worker of the Python package cannot hand out its model")
		return nil
	}
	err := t.storeOnce(ctx, m, model)
	if transport.Damaged(err) && ctx.Err() == nil {
		err = t.storeOnce(ctx, m, model)
	}
	switch cluster.CodeOf(err) {
	case api.CodeNoSnapshot:
		t.Refit(m.Name, "its learner has no snapshots")
	case api.CodeNotFound:
		t.Refit(m.Name, "its program is older than this one, and cannot hand out its model")
	default:
		return err
	}
	return nil
}

// storeOnce copies a member's model to the store as it comes. The error is the member's, or a problem of the store.
func (t *training) storeOnce(ctx context.Context, m *cluster.Member, model *cluster.Model) error {
	var fetched error
	err := t.StorePart(ctx, m.Name, func(w io.Writer) error {
		head, err := cluster.FetchFrame[aggregation.ModelFrame](ctx, t.Cluster, m, aggregation.PathSnapshot+"?fit_id="+url.QueryEscape(t.ID), w)
		var disk *cluster.WriteError
		if errors.As(err, &disk) {
			fetched = nil
			return err
		}
		if err == nil {
			err = t.wants(m, model, &head)
		}
		fetched = err
		return err
	})
	if fetched != nil {
		return fetched
	}
	return err
}

// wants refuses the stored model of a member that is not the one of this fit: of these rows, and of what the members have
// agreed on.
func (t *training) wants(m *cluster.Member, model *cluster.Model, head *aggregation.ModelFrame) error {
	if err := head.Check(); err != nil {
		return fmt.Errorf("its stored model cannot be used: %w", err)
	}
	request := requestTo(m, model)
	agreed, err := request.Sum()
	if err != nil {
		return err
	}
	s := t.Schemas[m.Index]
	switch {
	case head.FitID != t.ID || head.Worker != m.Name:
		return fmt.Errorf("it is the model of worker %q for fit %q", head.Worker, head.FitID)
	case head.Agreed != agreed || !slices.Equal(head.Classes, model.Classes):
		return errors.New("the classes, or the preparation of the rows, that the workers have agreed on are others than those that it was fitted with")
	case s == nil:
		return nil
	case head.Learner != s.Learner || head.ConfigHash != s.ConfigHash:
		return fmt.Errorf("it was fitted by %s, generated from configuration %q; the worker is %s, from %q", head.Learner, head.ConfigHash, s.Learner, s.ConfigHash)
	case head.Rows != s.Rows || head.RowsSum != s.RowsSum:
		return fmt.Errorf("the worker's rows have changed: it was fitted to %d rows with the checksum %s, and they are %d with %s",
			head.Rows, head.RowsSum, s.Rows, s.RowsSum)
	}
	return checkFit(fitOf(head), s, model.Task)
}

// fitOf is what the worker answered when it was fitted.
func fitOf(head *aggregation.ModelFrame) aggregation.FitResponse {
	return aggregation.FitResponse{
		Fit: "ok", FitID: head.FitID, Worker: head.Worker, Rows: head.Rows, Seconds: head.Seconds, OutOfBag: head.OutOfBag, Convergence: head.Convergence,
	}
}

// goOn gives a member back what it had learned when a program was killed that had begun this fit; nil if it is to be
// fitted.
func (t *training) goOn(ctx context.Context, m *cluster.Member, model *cluster.Model) (*api.WorkerFit, error) {
	if !t.Resumed || m.IsPython() {
		return nil, nil
	}
	head, err := cluster.Redeliver(ctx, t.Fit, m, aggregation.Restore, func(head aggregation.ModelFrame) error { return t.wants(m, model, &head) })
	var stale *cluster.StalePartError
	if errors.As(err, &stale) {
		t.Log.WarnContext(ctx, "a worker is fitted anew in an interrupted fit", "worker", m.Name, "reason", stale)
		t.anew[m.Index] = stale.Err.Error()
		return nil, nil
	}
	if err != nil || head == nil {
		return nil, err
	}
	t.Log.InfoContext(ctx, "a worker had been fitted before the program was killed, and was given its model back", "worker", m.Name)
	return &api.WorkerFit{
		Worker: m.Name, Rows: head.Rows, Seconds: head.Seconds, OutOfBag: head.OutOfBag, Convergence: head.Convergence,
	}, nil
}

// begunAnew are notes on the members that were fitted anew, although something was stored of them.
func (t *training) begunAnew() (notes []string) {
	for i, why := range t.anew {
		if why != "" {
			notes = append(notes, fmt.Sprintf("worker %s was fitted anew after the program was killed: %s", t.Members[i].Name, why))
		}
	}
	return notes
}
