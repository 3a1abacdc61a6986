package cluster

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"

	"github.com/danielgtaylor/huma/v2"

	"github.com/gochimera/chimera/api"
	"github.com/gochimera/chimera/internal/rest"
)

// Elastic is a kind of master whose workers may leave while it runs, and join again.
type Elastic interface {
	Master

	// Elasticity says with how few workers it can do, and when a change takes effect.
	Elasticity() Elasticity
}

// Elasticity is how a kind of master does with other workers than it has.
type Elasticity struct {
	Least int    // workers that it needs
	Why   string // the setting that says so, with its value
	When  api.ScaleWhen
}

// Scaler starts and ends single workers; a launcher's fleet is one.
type Scaler interface {
	// End ends a worker, and leaves it alone. It returns when nothing of it is left.
	End(ctx context.Context, worker string) error
	// Start starts a worker again that End has ended, where it was. It returns when the worker is ready.
	Start(ctx context.Context, worker string) error
}

// scaling is the changes of who takes part: one at a time, each in member order.
type scaling struct {
	changing sync.Mutex // held while it is decided who joins and who leaves
	ctx      context.Context
	cancel   context.CancelFunc
	owner    sync.WaitGroup
	turns    []turn // one a member
}

// turn is held while a member's worker is started or ended.
type turn struct {
	sync.Mutex
	ended bool // the worker, by End
}

func (s *scaling) start(ctx context.Context, members int) {
	s.ctx, s.cancel = context.WithCancel(ctx)
	s.turns = make([]turn, members)
}

func (s *scaling) close() {
	if s.cancel != nil {
		s.cancel()
	}
	s.owner.Wait()
}

// mountScale registers the path at which workers are asked to leave and to join.
func (s *Server) mountScale() {
	rest.Register(s.API, rest.Fails(huma.Operation{
		Method: http.MethodPut, Path: api.PathWorkers, Summary: "Let workers leave or join", Tags: []string{"node"}, DefaultStatus: http.StatusAccepted,
		Description: "Of the workers in chimera.yaml, those that are asked for take part from now on, and the others leave. A parameter server that is " +
			"training goes on with those that are there; with the aggregation master, the model in service stays that of its workers until the next fit has " +
			"ended. Workers are started and ended after the answer.",
	}, api.CodeInvalidRequest, api.CodeCannotScale, api.CodeStarting), func(_ context.Context, in *scaleInput) (*rest.Output[api.ScaleResponse], error) {
		changed, err := s.Scale(in.Body)
		if err != nil {
			return nil, err
		}
		return &rest.Output[api.ScaleResponse]{Body: *changed}, nil
	})
	s.showRequestOf(http.MethodPut, api.PathWorkers, api.ScaleRequest{Workers: 1})
	s.show(http.MethodPut, api.PathWorkers, http.StatusAccepted, api.ScaleResponse{
		Joining: []string{}, Leaving: exampleMembers()[1:], When: api.ScaleNow, Workers: 1,
	}, nil)
}

type scaleInput struct{ Body api.ScaleRequest }

// Scale lets workers leave and join. What it returns is decided; it happens afterwards.
func (s *Server) Scale(wanted api.ScaleRequest) (*api.ScaleResponse, error) {
	stay, err := s.wanted(wanted)
	if err != nil {
		return nil, err
	}
	how, err := s.elasticity(len(stay))
	if err != nil {
		return nil, err
	}
	if s.jobs == nil {
		return nil, errNotStarted
	}
	s.scaling.changing.Lock()
	defer s.scaling.changing.Unlock()
	answer := &api.ScaleResponse{Joining: []string{}, Leaving: []string{}, When: how.When, Workers: len(stay)}
	for _, m := range s.Members {
		switch stays := slices.Contains(stay, m.Name); {
		case stays && s.comeBack(m, how.When):
			answer.Joining = append(answer.Joining, m.Name)
		case !stays && s.letGo(m, how.When):
			answer.Leaving = append(answer.Leaving, m.Name)
		}
	}
	if len(answer.Joining)+len(answer.Leaving) > 0 {
		s.Log.Info("the project's workers change", "joining", answer.Joining, "leaving", answer.Leaving, "when", answer.When)
	}
	return answer, nil
}

// wanted are the names of the workers that are asked for.
func (s *Server) wanted(r api.ScaleRequest) ([]string, error) {
	names := s.Names()
	switch {
	case (r.Workers == 0) == (len(r.Names) == 0):
		return nil, api.NewProblem(api.CodeInvalidRequest, "Say how many workers are to take part (workers), or which (names), and not both.")
	case r.Workers > len(names):
		return nil, api.Problemf(api.CodeInvalidRequest, "There are %d workers in chimera.yaml, and %d are asked for. Add workers there, with their rows, "+
			"generate, and start the program again.", len(names), r.Workers)
	case r.Workers < 0:
		return nil, api.Problemf(api.CodeInvalidRequest, "%d workers cannot take part.", r.Workers)
	case r.Workers > 0:
		return names[:r.Workers], nil
	}
	for i, name := range r.Names {
		if !slices.Contains(names, name) {
			return nil, api.Problemf(api.CodeInvalidRequest, "There is no worker %s in chimera.yaml; there are %s.", rest.Shorten(name), strings.Join(names, ", "))
		}
		if slices.Contains(r.Names[:i], name) {
			return nil, api.Problemf(api.CodeInvalidRequest, "The worker %s is named twice.", name)
		}
	}
	return r.Names, nil
}

// elasticity refuses what the kind of master cannot do with so many workers.
func (s *Server) elasticity(workers int) (Elasticity, error) {
	elastic, is := s.master.(Elastic)
	switch {
	case s.setup.ServesOnly:
		return Elasticity{}, api.NewProblem(api.CodeCannotScale, "This program serves a stored model: its workers are the parts of that.")
	case !is:
		return Elasticity{}, api.Problemf(api.CodeCannotScale, "Workers cannot leave or join a %s master: each of them is a part of the model. "+
			"Change the workers in chimera.yaml, generate, and start the program again.", s.master.Kind())
	case s.setup.Scale == nil:
		return Elasticity{}, api.Problemf(api.CodeCannotScale, "The launcher %s cannot start and end single workers.", s.setup.Config.Launcher)
	}
	how := elastic.Elasticity()
	if workers < how.Least {
		return how, api.Problemf(api.CodeCannotScale, "%d workers would take part, and at least %d must (%s).", workers, how.Least, how.Why)
	}
	return how, nil
}

// letGo lets a member leave: now, or with the next fit. It reports whether that is news.
func (s *Server) letGo(m *Member, when api.ScaleWhen) bool {
	m.mu.Lock()
	part := when == api.ScaleNextFit && m.state != api.MemberAway && (!m.newcomer || m.fitting) && s.master.Model().FitID != ""
	known := m.leaving || m.state == api.MemberAway && !m.starting
	if part && !known {
		m.leaving = true
	}
	m.mu.Unlock()
	if !known && !part {
		s.end(m)
	}
	return !known
}

// end sends a member away, and ends its worker.
func (s *Server) end(m *Member) {
	s.sendAway(m)
	s.startOrEnd(m)
}

// comeBack lets a member join that has left or is about to. It reports whether that is news.
func (s *Server) comeBack(m *Member, when api.ScaleWhen) bool {
	m.mu.Lock()
	leaving := m.leaving
	m.leaving = false
	away := m.state == api.MemberAway && !m.starting
	m.mu.Unlock()
	if !away {
		return leaving
	}
	m.joins(when == api.ScaleNextFit && s.master.Model().FitID != "")
	s.startOrEnd(m)
	return true
}

// startOrEnd starts or ends a member's worker, if it is not as it is wanted by then. A wish that was changed again meanwhile does nothing, in whatever
// order the changes come to their turn.
func (s *Server) startOrEnd(m *Member) {
	s.scaling.owner.Go(func() {
		t := &s.scaling.turns[m.Index]
		t.Lock()
		defer t.Unlock()
		switch ctx := s.scaling.ctx; {
		case ctx.Err() != nil: // all workers are ended
		case m.isStarting():
			s.startWorker(ctx, m, t)
		case m.IsAway() && !t.ended:
			s.endWorker(ctx, m, t)
		case m.IsAway(): // and has ended, by a change of before
			m.hasEnded()
		}
	})
}

func (s *Server) startWorker(ctx context.Context, m *Member, t *turn) {
	if t.ended {
		if err := s.setup.Scale.Start(ctx, m.Name); err != nil {
			m.failsToJoin(err.Error())
			if ctx.Err() == nil {
				s.Log.WarnContext(ctx, "a worker cannot join", "worker", m.Name, "error", err)
			}
			return
		}
		t.ended = false
	}
	if m.isStarting() { // still: it may have been asked to leave again
		s.welcome(m)
	}
}

func (s *Server) endWorker(ctx context.Context, m *Member, t *turn) {
	err := s.setup.Scale.End(ctx, m.Name)
	if err != nil && ctx.Err() == nil {
		s.Log.WarnContext(ctx, "a worker that leaves had to be ended, or could not be", "worker", m.Name, "error", err)
	}
	t.ended = true
	m.hasEnded()
	if s.run.Load() == nil { // a fit tells it itself
		s.Publish(api.WorkerLeftEvent{Worker: m.Name})
	}
}

// seat says who is a part of the model that a fit has put into service, after it has ended well. A worker that leaves with the fit is ended;
// one that was to leave and was asked to stay meanwhile, or joined too late, takes part in the next. One that was asked to leave while the fit ran
// has a part of its model, and leaves with the next.
func (s *Server) seat(f *Fit) {
	s.scaling.changing.Lock()
	defer s.scaling.changing.Unlock()
	elastic, is := s.master.(Elastic)
	parts := is && elastic.Elasticity().When == api.ScaleNextFit // workers hold the model
	for _, m := range s.Members {
		m.mu.Lock()
		leaves := m.leaving
		m.mu.Unlock()
		switch {
		case !f.IsAbsent(m):
			m.settles()
		case leaves:
			s.end(m)
		case parts:
			m.misses()
		}
	}
}

// scaled is the note of a fit's answer on the workers that take no part, because they have left.
func (f *Fit) scaled() []string {
	var names []string
	for i, is := range f.absent {
		if is {
			names = append(names, f.Members[i].Name)
		}
	}
	if names == nil {
		return nil
	}
	return []string{fmt.Sprintf("Workers that have left took no part at the end: %s. Their rows are missing.", strings.Join(names, ", "))}
}
