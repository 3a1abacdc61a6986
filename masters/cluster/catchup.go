package cluster

import (
	"context"
	"errors"
	"fmt"

	"github.com/gochimera/chimera/api"
	"github.com/gochimera/chimera/internal/watch"
)

// CatchUp brings a member that is up again, or holds another model, to the model in service, by
// calling bring if that is needed. A member that came back with another learner, configuration or
// columns is refused. No fit runs meanwhile, except one that allows it (Fit.CatchUpBeside), and a new
// fit cancels ctx.
func (c *Cluster) CatchUp(ctx context.Context, m *Member, bring func(ctx context.Context) error) error {
	ctx, done, err := c.gate.catchUp(ctx)
	if err != nil {
		return err
	}
	defer done()
	model := c.master.Model()
	if model.FitID == "" {
		return nil
	}
	if m.IsBeside() {
		return errNextFit
	}
	holds, err := c.holds(ctx, m, model)
	if err != nil {
		return err
	}
	if !holds {
		m.Refitted("")
		bringing, brought := c.work(ctx, watch.CatchUp)
		err := bring(bringing)
		if brought(err); err != nil {
			return err
		}
		c.Log.InfoContext(ctx, "a worker holds the current model again", "worker", m.Name, "model", model.FitID)
		c.Publish(api.WorkerCaughtUpEvent{Worker: m.Name, FitID: model.FitID, Refitted: m.whyRefitted()})
	}
	c.Current(m, model.FitID)
	return nil
}

// holds reports whether a member already holds a model. It returns an error if the member must not be
// given it.
func (c *Cluster) holds(ctx context.Context, m *Member, model Model) (bool, error) {
	schema, err := c.Schema(ctx, m)
	if err != nil || schema == nil { // a Python worker has no schema
		return false, err
	}
	if !m.Same(schema) {
		return false, c.anotherError(schema)
	}
	status, err := c.Status(ctx, m)
	if err != nil {
		return false, err
	}
	if status.Fitted && status.FitID == model.FitID {
		return true, nil
	}
	if columns := model.RawColumns(); columns != nil {
		reference := &api.WorkerSchema{Worker: "the model", Task: model.Task, Features: columns}
		if reason := differs(reference, schema); reason != "" {
			return false, errors.New(reason)
		}
	}
	return false, nil
}

// anotherError reports that a member is not what took part in a fit.
func (c *Cluster) anotherError(is *api.WorkerSchema) error {
	remedy := "fit again to use it"
	if c.setup.Models != nil {
		remedy = "fit again, or serve the stored model without workers with `chimera serve`"
	}
	return fmt.Errorf("it came back as %s, generated from configuration %q, which is not what took part in the fit; %s",
		is.Learner, is.ConfigHash, remedy)
}

// CheckSame refuses members that came back in the middle of a fit as something other than what took
// part before. A member that does not answer is left to its next call.
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
		p := api.Problemf(api.CodeUnusableData,
			"Worker %s came back as %s, generated from configuration %q, which is not what took part in the fit; fit again to use it.",
			f.Members[i].Name, s.Learner, s.ConfigHash)
		p.FitID = f.ID
		return p
	}
	return nil
}
