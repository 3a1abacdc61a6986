package cluster

import (
	"context"
	"fmt"

	"github.com/gochimera/chimera/api"
)

// adopt puts the stored model that was in service into service again. A master that is to fit too can do without.
func (s *Server) adopt(ctx context.Context) error {
	store := s.setup.Models
	if store == nil {
		return nil
	}
	id, err := store.Serving(ctx)
	if err != nil || id == "" {
		return err
	}
	lasting, ok := s.master.(Lasting)
	if !ok {
		return nil
	}
	stored, err := s.stored(ctx, id)
	if err == nil {
		err = s.suits(stored)
	}
	if err == nil {
		err = lasting.Adopt(ctx, stored)
	}
	if err != nil {
		return fmt.Errorf("the stored model %s: %w", id, err)
	}
	s.Expect(stored)
	s.service.Store(&service{id: id, created: stored.Created, restored: true})
	s.Log.InfoContext(ctx, "a stored model is in service again", "model", id, "created", stored.Created)
	return nil
}

// Expect records what took part in the fit of a stored model that is put into
// service, so that a worker that is something else is not given its part.
func (c *Cluster) Expect(s *Stored) {
	for i, m := range c.Members {
		m.expect(s.Workers[i])
	}
}

// Suits refuses a member that is not what took part in the fit, by what it says
// of itself; nil if it does not.
func (s *Stored) Suits(c *Cluster, m *Member, is *api.WorkerSchema) error {
	w := s.Workers[m.Index]
	if is == nil || (identity{w.Learner, w.ConfigHash}).suits(identityOf(is)) {
		return nil
	}
	return c.anotherError(is)
}

// suits refuses a model that was fitted by another kind of master or other workers.
func (c *Cluster) suits(s *Stored) error {
	if s.Kind != c.master.Kind() {
		return fmt.Errorf("it is the model of a master of the kind %s, and this one is %s", s.Kind, c.master.Kind())
	}
	for i, w := range c.Config().Workers {
		if i >= len(s.Workers) || s.Workers[i].Name != w.Name {
			return fmt.Errorf("it was fitted by other workers than those of this project (%s is not number %d of them)", w.Name, i+1)
		}
	}
	if len(s.Workers) != len(c.Members) {
		return fmt.Errorf("it was fitted by %d workers, and this project has %d", len(s.Workers), len(c.Members))
	}
	return nil
}
