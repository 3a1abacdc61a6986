package cluster

import (
	"context"
	"errors"
	"fmt"

	"github.com/gochimera/chimera/api"
)

// CatchUp brings a member that is up again, or holds another model, to the one
// that serves: bring does that, if it is needed. A member that came back with
// another learner, configuration or columns is refused. No fit runs meanwhile;
// one that begins ends ctx.
func (c *Cluster) CatchUp(ctx context.Context, m *Member, bring func(ctx context.Context) error) error {
	ctx, done, err := c.turn.catchUp(ctx)
	if err != nil {
		return err
	}
	defer done()
	model := c.master.Model()
	if model.FitID == "" {
		return nil
	}
	holds, err := c.holds(ctx, m, model)
	if err != nil {
		return err
	}
	if !holds {
		if err := bring(ctx); err != nil {
			return err
		}
		c.Log.Info("a worker was caught up", "worker", m.Name, "fit_id", model.FitID)
		c.Publish(api.WorkerCaughtUpEvent{Worker: m.Name, FitID: model.FitID})
	}
	c.Current(m, model.FitID)
	return nil
}

// holds reports whether a member holds a model already. It is an error if it
// must not be brought up to it.
func (c *Cluster) holds(ctx context.Context, m *Member, model Model) (bool, error) {
	schema, err := c.Schema(ctx, m)
	if err != nil || schema == nil { // a Python worker cannot tell
		return false, err
	}
	if !m.Same(schema) {
		return false, fmt.Errorf("it came back as %s, generated from configuration %q, and is not what took part in the fit; fit again to use it", schema.Learner, schema.ConfigHash)
	}
	status, err := c.Status(ctx, m)
	if err != nil {
		return false, err
	}
	if status.Fitted && status.FitID == model.FitID {
		return true, nil
	}
	if model.Features != nil {
		reference := &api.WorkerSchema{Worker: "the model", Task: model.Task, Features: model.Features}
		if reason := differs(reference, schema); reason != "" {
			return false, errors.New(reason)
		}
	}
	return false, nil
}

// CheckSame refuses members that came back, in the middle of a fit, as something
// else than what took part before. One that does not answer is left to its next
// call.
func (f *Fit) CheckSame(ctx context.Context) error {
	schemas := Each(f.Members, func(m *Member) *api.WorkerSchema {
		schema, err := f.Schema(ctx, m)
		if err != nil {
			return nil
		}
		return schema
	})
	for i, s := range schemas {
		if s == nil || f.Schemas[i] == nil || identityOf(s) == identityOf(f.Schemas[i]) {
			continue
		}
		p := api.Problemf(api.CodeUnusableData, "Worker %s came back as %s, generated from configuration %q, and is not what took part in the fit; fit again to use it.",
			f.Members[i].Name, s.Learner, s.ConfigHash)
		p.FitID = f.ID
		return p
	}
	return nil
}
