package docker

import (
	"context"
	"strconv"
	"time"

	"github.com/docker/docker/api/types/events"

	"github.com/gochimera/chimera/internal/lines"
	"github.com/gochimera/chimera/launcher"
	"github.com/gochimera/chimera/launcher/internal/enginelog"
	"github.com/gochimera/chimera/launcher/internal/following"
	"github.com/gochimera/chimera/launcher/internal/probe"
)

// reconnectPause is between two tries to follow the engine's events.
const reconnectPause = time.Second

// watch hands the engine's events about this launch's containers to their
// members, until ctx ends. When the connection breaks it goes on where it was.
func (f *fleet) watch(ctx context.Context) {
	filter := having(LabelRun + "=" + f.run)
	filter.Add("type", string(events.ContainerEventType))
	// The engine repeats recent events, so those of before we listened come too.
	last, broken := int64(1), false
	for ctx.Err() == nil {
		connection, cancel := context.WithCancel(ctx)
		messages, failed := f.engine.api.Events(connection, events.ListOptions{Since: enginelog.Stamp(last), Filters: filter})
		err := f.dispatch(connection, messages, failed, &last)
		cancel()
		if ctx.Err() != nil {
			return
		}
		if !broken {
			broken = true
			f.Log.WarnContext(ctx, "the Docker engine's events stopped; trying to follow them again", "error", err)
		}
		_ = probe.Sleep(ctx, reconnectPause) // the loop looks at ctx
	}
}

// dispatch returns why the events stopped.
func (f *fleet) dispatch(ctx context.Context, messages <-chan events.Message, failed <-chan error, last *int64) error {
	for {
		select {
		case err := <-failed:
			return err
		case e := <-messages:
			if e.TimeNano <= *last {
				continue // repeated after a new connection
			}
			*last = e.TimeNano
			for _, m := range f.members {
				if m.Worker.Name != e.Actor.Attributes[LabelWorker] {
					continue
				}
				select {
				case m.inbox <- e:
				case <-ctx.Done():
				}
			}
		}
	}
}

// tend lives as long as a member's container may run: it follows its log, and
// reports when it ends and when it runs again.
func (f *fleet) tend(ctx context.Context, m *member) {
	log := enginelog.NewReader(f.Output(m.Member), lines.New(m.Log.Err))
	var follow *following.Following // nil while the container does not run
	memory, ended, id := false, false, ""
	for {
		var e events.Message
		select {
		case <-ctx.Done():
			follow.End()
			return
		case <-m.Announcement.Again():
			if follow != nil {
				follow.End()
				follow = f.follow(ctx, m, id, log)
			}
			continue
		case e = <-m.inbox:
		}
		switch e.Action {
		case events.ActionStart:
			if ended {
				f.Again(m.Member)
			}
			follow.End()
			id = e.Actor.ID
			follow = f.follow(ctx, m, id, log)
		case events.ActionOOM:
			memory = true
		case events.ActionHealthStatusUnhealthy:
			f.Log.WarnContext(ctx, "the engine's health check of a worker fails", "worker", m.Worker.Name)
		case events.ActionDie:
			f.drain(ctx, m, e.Actor.ID, log, follow)
			follow = nil
			exit, away := exitOf(m, e, memory), m.IsAway()
			f.died(m, exit)
			if !away && !f.Restart.Wants(exit) {
				f.Left(m.Member, exit)
			}
			memory, ended = false, true
		default:
		}
	}
}

// died reports a container's end.
func (f *fleet) died(m *member, e launcher.Exit) {
	if f.Stopping().Err() != nil {
		m.once.Do(func() { close(m.quiet) })
		return
	}
	f.Ended(m.Member, e, nil)
}

// exitOf reads how a container ended.
func exitOf(m *member, e events.Message, memory bool) launcher.Exit {
	code, err := strconv.Atoi(e.Actor.Attributes["exitCode"])
	if err != nil {
		code = -1
	}
	exit := m.Ended(code)
	if memory {
		exit.Signal = "killed: it needed more memory than it may have"
	}
	return exit
}
