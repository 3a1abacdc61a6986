package master

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/gochimera/chimera/api"
	"github.com/gochimera/chimera/distribute/pipeline"
	"github.com/gochimera/chimera/masters/cluster"
	"github.com/gochimera/chimera/models"
)

// state is what the manifest of a stored network has beside what all models have.
type state struct {
	Cuts   []int           `json:"cuts"` // stage i has the layers [cuts[i], cuts[i+1])
	Stages []api.StageInfo `json:"stages"`
}

// store stores the parts of the network that all stages have finished. If models are not stored, it stores
// a copy for stages that are lost, if it can. The error is a *stageLostError if a stage was lost meanwhile.
func (t *training) store(ctx context.Context) error {
	if !t.Keeps() {
		if t.set.CheckpointEvery.Never() {
			return nil
		}
		t.KeepCopy()
	}
	for _, m := range t.Members {
		err := t.storePart(ctx, m)
		if err == nil {
			continue
		}
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		if _, err := t.finishAll(ctx); err != nil { // was it the disk, or has a stage lost its part?
			return err
		}
		if t.Keeps() {
			return err
		}
		t.cannotCopy(err)
		break
	}
	return nil
}

// storePart stores the part of a member. What has come damaged is fetched once more.
func (t *training) storePart(ctx context.Context, m *cluster.Member) error {
	err := t.storeOnce(ctx, m)
	if err != nil && ctx.Err() == nil {
		err = t.storeOnce(ctx, m)
	}
	return err
}

func (t *training) storeOnce(ctx context.Context, m *cluster.Member) error {
	return t.StorePart(ctx, m.Name, func(w io.Writer) error {
		return fetchPart(ctx, t.Cluster, m, t.ID, w)
	})
}

// fetchPart copies a stage's part of a model to w.
func fetchPart(ctx context.Context, from *cluster.Cluster, m *cluster.Member, fitID string, w io.Writer) error {
	head, err := capture(ctx, from, m, fitID, w)
	if err == nil && (head.Training || head.Begin.FitID != fitID || head.Begin.Stage != m.Index) {
		err = fmt.Errorf("it is not stage %d of the model of fit %q", m.Index+1, fitID)
	}
	return err
}

// cannotCopy says that there is no copy of a model, which is not stored either.
func (t *training) cannotCopy(err error) {
	t.Log.Warn("the network could not be copied: the layers of a lost worker cannot be restored", "error", err)
	t.uncopied = "If a worker is lost, its layers cannot be restored, and a fit is needed: " + err.Error()
}

// keep makes a model of the stored parts, which is the last that can fail. It returns the fit's answer.
func (t *training) keep(ctx context.Context, model *network) (*api.FitResponse, error) {
	result := t.result(model)
	if t.uncopied != "" {
		return result, nil
	}
	err := t.Keep(ctx, &model.Model, state{Cuts: t.cuts, Stages: model.stages}, result)
	switch {
	case err == nil:
		model.stored = t.Stored()
	case t.Keeps() || ctx.Err() != nil:
		t.Unkeep(cluster.Background(ctx))
		return nil, err
	default:
		t.cannotCopy(err)
		result = t.result(model)
	}
	return result, nil
}

// errUnstored is why a worker that has lost its layers cannot be given them again.
var errUnstored = errors.New("it has lost its layers, and they were not stored (pipeline.checkpoint_every is 0, or storing failed); fit again")

// deliver gives a member its part of a network.
func (p *Master) deliver(ctx context.Context, m *cluster.Member, model *network) error {
	if model.stored == nil {
		return errUnstored
	}
	_, err := cluster.Deliver(ctx, p.Cluster, m, model.stored, pipeline.Restore)
	var damaged *models.DamagedError
	switch {
	case errors.As(err, &damaged):
		return fmt.Errorf("it has lost its layers, and %w; fit again", err)
	case cluster.CodeOf(err) == api.CodeInvalidRequest: // it arrived whole, and cannot be what the stage needs
		return fmt.Errorf("it has lost its layers, and cannot use those that were stored: %w; fit again", err)
	default:
		return err
	}
}

// mend fetches the parts again whose files have been damaged or removed since, from the workers that
// hold the network.
func (p *Master) mend(ctx context.Context, model *network) {
	if model.stored == nil {
		return
	}
	p.mending.Lock()
	defer p.mending.Unlock()
	for _, m := range p.Members {
		_, down := m.Unavailable()
		if _, outdated := m.Outdated(); down || outdated {
			continue
		}
		var damaged *models.DamagedError
		if !errors.As(model.stored.Check(ctx, m.Name), &damaged) || ctx.Err() != nil {
			continue
		}
		err := model.stored.Repair(ctx, m.Name, func(w io.Writer) error { return fetchPart(ctx, p.Cluster, m, model.FitID, w) })
		if err != nil {
			p.Log.WarnContext(ctx, "a stored part is damaged, and its worker could not give it again: if the worker is lost, a fit is needed",
				"worker", m.Name, "damage", damaged, "error", err)
			continue
		}
		p.Log.InfoContext(ctx, "a stored part was damaged, and has been stored again", "worker", m.Name, "damage", damaged)
	}
}
