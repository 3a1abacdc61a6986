package cluster

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/gochimera/chimera/api"
)

// StartServing starts a master that serves the model that its store has in service, and fits nothing (Setup.ServesOnly).
// It returns when the members that hold parts of the model have them. The error says why the model cannot be served;
// the master must be closed then too.
func (s *Server) StartServing(ctx context.Context) error {
	s.jobs = s.newJobs(ctx)
	if err := s.adopt(ctx); err != nil {
		return err
	}
	if s.master.Model().FitID == "" {
		return fmt.Errorf("models of masters of the kind %s cannot be served from a store", s.master.Kind())
	}
	errs := Each(s.Members, func(m *Member) error {
		if _, gone := m.Unavailable(); gone {
			return nil
		}
		if err := s.master.CatchUp(ctx, m); err != nil {
			return fmt.Errorf("worker %s: %w", m.Name, err)
		}
		return nil
	})
	if err := s.ready(); err != nil {
		return errors.Join(append(slices.Clip(errs), err)...)
	}
	for _, err := range errs {
		if err != nil {
			s.Log.WarnContext(ctx, "the model is served without a worker, which the quorum allows", "error", err)
		}
	}
	s.tender.start(ctx)
	return nil
}

// refuseFit is the problem of a request to fit, where there are no rows to fit to.
func (s *Server) refuseFit() error {
	if !s.setup.ServesOnly {
		return nil
	}
	p := api.Problemf(api.CodeServingOnly, "This program serves the stored model %s of project %s. It has no training rows, and cannot fit: "+
		"fit in the project, and serve the new model.", s.master.Model().FitID, strings.TrimSpace(s.setup.Config.Project))
	p.FitID = s.master.Model().FitID
	return p
}
