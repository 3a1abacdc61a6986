package cluster

import (
	"context"
	"fmt"
	"time"

	"github.com/gochimera/chimera/api"
	"github.com/gochimera/chimera/masters/checkpoint"
)

// interrupted is the fit that a program had begun that was killed or stopped; nil if none is to be gone on with. If
// that program had stored the whole model, there is nothing left of the fit but to put that into service.
func (s *Server) interrupted(ctx context.Context) *checkpoint.Fit {
	fit := s.saved.Interrupted(ctx, s.master.Kind(), s.Config().FitHash())
	switch {
	case fit == nil:
		return nil
	case s.isStored(ctx, fit.ID):
		s.Log.InfoContext(ctx, "a fit that was interrupted had stored its model", "run", fit.ID)
		if err := s.setup.Models.SetServing(ctx, fit.ID); err != nil {
			s.Log.WarnContext(ctx, "the model of an interrupted fit is not put into service", "run", fit.ID, "error", err)
		}
	case s.setup.Anew:
		s.Log.InfoContext(ctx, "an interrupted fit is not gone on with, as asked", "run", fit.ID)
		s.forget(ctx, fit.ID)
	default:
		return fit
	}
	s.saved.End(ctx, fit.ID)
	return nil
}

// isStored reports whether a fit's model is stored by this program, whole.
func (s *Server) isStored(ctx context.Context, id string) bool {
	if s.setup.Models == nil || s.setup.Unkept != "" {
		return false
	}
	_, err := s.setup.Models.Get(ctx, id)
	return err == nil
}

// forget removes the parts that an interrupted fit has stored.
func (s *Server) forget(ctx context.Context, id string) {
	if s.setup.Models == nil || s.setup.Unkept != "" {
		return
	}
	if err := s.setup.Models.Remove(ctx, id); err != nil {
		s.Log.WarnContext(ctx, "parts of a model could not be removed", "run", id, "error", err)
	}
}

// sweep removes the parts that earlier programs had stored of models that they did not come to commit, but for those of
// the fit that is gone on with. In a bucket they stay, since a program on another machine may be storing there.
func (s *Server) sweep(ctx context.Context, fit *checkpoint.Fit) {
	if s.setup.Models == nil || s.setup.Unkept != "" || !s.setup.Models.Exclusive() {
		return
	}
	var except []string
	if fit != nil {
		except = []string{fit.ID}
	}
	if err := s.setup.Models.Sweep(ctx, except...); err != nil {
		s.Log.WarnContext(ctx, "parts of models whose fits were interrupted could not be removed", "error", err)
	}
}

// resume goes on with an interrupted fit.
func (s *Server) resume(ctx context.Context, fit *checkpoint.Fit) {
	if fit != nil {
		s.Log.InfoContext(ctx, "going on with a fit that was interrupted", "run", fit.ID, "started", fit.Started)
		s.jobs.resume(fit.ID)
	}
}

// awaitMembers waits until all members are ready, for at most endpoints.start_timeout: nobody has asked for a
// resumed fit, so its workers may be starting as well. Who is not there then is left to the fit.
func (f *Fit) awaitMembers(ctx context.Context) {
	limited, cancel := context.WithTimeout(ctx, time.Duration(f.Config().Endpoints.StartTimeout))
	defer cancel()
	Each(f.Members, func(m *Member) struct{} {
		if f.awaitStart(limited, m) {
			f.Revive(m)
		} else if ctx.Err() == nil {
			f.Log.WarnContext(ctx, "a worker is not ready; the interrupted fit goes on without waiting for it", "worker", m.Name)
		}
		return struct{}{}
	})
}

// awaitStart waits until a member is ready. It ends early if its launcher has left it alone.
func (f *Fit) awaitStart(ctx context.Context, m *Member) bool {
	for pause := firstLook; ctx.Err() == nil; pause = min(2*pause, probeEvery) {
		if f.Probe(ctx, m) == nil {
			return true
		}
		if m.pause(ctx, pause) != nil {
			return false
		}
	}
	return false
}

// programEnded is why a fit was interrupted.
const programEnded = "the program that had begun the fit was ended"

// GoOn tells that a resumed fit goes on from a step, counted from 1. What it returns belongs to the fit's report,
// and to its next checkpoints.
func (f *Fit) GoOn(step int) api.Resumption {
	f.Log.Info("an interrupted fit goes on", "from_step", step)
	f.Publish(api.FitResumedEvent{FitID: f.ID, Recovery: api.Recovery{Reason: programEnded, Step: step, From: step}})
	return api.Resumption{At: time.Now().UTC(), From: step}
}

// BeginAnew tells why a resumed fit begins anew, in the log and in a note of the fit's answer.
func (f *Fit) BeginAnew(reason string) {
	f.Log.Warn("an interrupted fit begins anew", "reason", reason)
	f.notes = append(f.notes, fmt.Sprintf("The fit was interrupted, and began anew: %s.", reason))
}

// Interrupted reports whether the fit ends because the program does, so that the next one is to go on with it.
func (f *Fit) Interrupted() bool { return f.interrupted != nil && f.interrupted() }

// Recovered counts the recoveries of the fit before it was interrupted.
func (f *Fit) Recovered(before []api.Recovery) {
	f.recoveries = append(append([]api.Recovery(nil), before...), f.recoveries...)
}
