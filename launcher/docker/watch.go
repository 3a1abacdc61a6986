package docker

import (
	"context"
	"strconv"
	"syscall"
	"time"

	"github.com/docker/docker/api/types/events"

	"github.com/gochimera/chimera/launcher"
	"github.com/gochimera/chimera/launcher/internal/enginelog"
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
				if m.worker.Name != e.Actor.Attributes[LabelWorker] {
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
	log := enginelog.NewReader(m.worker.Name, m.log, func(err error) { f.heard(m, err) })
	var follow *enginelog.Following // nil while the container does not run
	memory, ended, id := false, false, ""
	for {
		var e events.Message
		select {
		case <-ctx.Done():
			follow.End()
			return
		case <-m.again:
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
				f.Observe(launcher.Event{Kind: launcher.Again, Worker: m.worker.Name, URL: m.url})
			}
			follow.End()
			id = e.Actor.ID
			follow = f.follow(ctx, m, id, log)
		case events.ActionOOM:
			memory = true
		case events.ActionHealthStatusUnhealthy:
			f.Log.WarnContext(ctx, "the engine's health check of a worker fails", "worker", m.worker.Name)
		case events.ActionDie:
			f.drain(ctx, m, e.Actor.ID, log, follow)
			follow = nil
			exit := exitOf(m, e, memory)
			f.died(m, exit)
			if !f.Restart.Wants(exit) {
				f.leave(m, exit)
			}
			memory, ended = false, true
		default:
		}
	}
}

// exitOf reads how a container ended.
func exitOf(m *member, e events.Message, memory bool) launcher.Exit {
	exit := launcher.Exit{Worker: m.worker.Name, Code: -1, LastWords: m.log.LastWords()}
	if code, err := strconv.Atoi(e.Actor.Attributes["exitCode"]); err == nil {
		exit.Code = code
		if code > 128 && code < 128+65 { // as shells and engines write a signal
			exit.Signal = syscall.Signal(code - 128).String()
		}
	}
	if memory {
		exit.Signal = "killed: it needed more memory than it may have"
	}
	return exit
}
