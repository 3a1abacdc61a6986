package cluster

import (
	"context"
	"errors"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/gochimera/chimera/api"
	"github.com/gochimera/chimera/internal/rest"
	"github.com/gochimera/chimera/models"
)

// recordWithin bounds the time for recording a fit, which delays its answer.
const recordWithin = 30 * time.Second

// record keeps the record of a fit that has ended, and removes the models that are too old then. Without that the fit is no worse.
func (s *Server) record(c *job) {
	if !s.records(c) {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), recordWithin)
	defer cancel()
	r := models.Run{
		ID: c.fitID, Kind: s.master.Kind(), State: api.FitSucceeded, Started: c.started.UTC(), Seconds: c.ended.Sub(c.started).Seconds(),
		Seed: s.Config().Seed, Workers: c.workers, Report: c.result,
	}
	switch {
	case errors.Is(c.err, errCancelled):
		r.State, r.Error = api.FitCancelled, c.err.Error()
	case c.err != nil:
		r.State, r.Error = api.FitFailed, c.err.Error()
	}
	r.Settings = s.Config().SettingsJSON()
	if err := s.setup.Models.Record(ctx, r); err != nil {
		s.Log.Warn("the record of a fit could not be kept", "run", c.fitID, "error", err)
	}
	if c.err != nil {
		return
	}
	keep := s.Config().Models.Keep
	if err := s.setup.Models.Prune(ctx, models.Keep{Newest: keep.Newest(), Age: keep.Age()}, s.master.Model().FitID); err != nil {
		s.Log.Warn("old models could not be removed (models.keep)", "error", err)
	}
}

// records says whether the record of a fit that has ended is kept. One that the end of the program interrupts is gone on with after a
// restart.
func (s *Server) records(c *job) bool {
	return s.setup.Models != nil && s.setup.Unkept == "" && (c.err == nil || !s.jobs.stopping())
}

// runInput names a recorded fit.
type runInput struct {
	ID string `path:"id" doc:"Its ID, the beginning of its ID and of no other, latest, or serving for that of the model in service." example:"latest"`
}

// mountRuns registers the operations on recorded fits.
func (s *Server) mountRuns() {
	operation := func(path, summary, description string, example any) huma.Operation {
		return rest.Fails(huma.Operation{
			Method: http.MethodGet, Path: path, Summary: summary, Description: description, Tags: []string{"models"},
			Responses: answered(http.StatusOK, example),
		}, storedCodes...)
	}
	rest.Register(s.API, operation(api.PathRuns, "The fits so far",
		"Also those that failed or were cancelled, and those whose models were removed. The last one first.", exampleHistory()),
		func(ctx context.Context, _ *rest.None) (*rest.Output[models.History], error) {
			store, err := s.kept()
			if err != nil {
				return nil, err
			}
			h, err := store.History(ctx)
			if err != nil {
				return nil, storeProblem(err)
			}
			return &rest.Output[models.History]{Body: *h}, nil
		})
	rest.Register(s.API, operation(api.PathRuns+"/{id}", "A fit", "Its whole record: parameters, settings, losses, who took part, and the scores of its model.",
		exampleRun()),
		func(ctx context.Context, in *runInput) (*rest.Output[models.Run], error) {
			store, err := s.kept()
			if err != nil {
				return nil, err
			}
			id, err := store.FindRun(ctx, in.ID)
			if err != nil {
				return nil, storeProblem(err)
			}
			r, err := store.Run(ctx, id)
			if err != nil {
				return nil, storeProblem(err)
			}
			return &rest.Output[models.Run]{Body: *r}, nil
		})
	s.mountRunEvents()
	s.documentSeeds()
}
