package cluster

import (
	"context"
	"log/slog"
	"sync/atomic"
	"time"

	"golang.org/x/sync/semaphore"

	"github.com/gochimera/chimera/api"
	"github.com/gochimera/chimera/config"
	"github.com/gochimera/chimera/internal/access"
	"github.com/gochimera/chimera/internal/cell"
	"github.com/gochimera/chimera/internal/certificate"
	"github.com/gochimera/chimera/internal/rest"
	"github.com/gochimera/chimera/internal/transport"
	"github.com/gochimera/chimera/masters/checkpoint"
)

// Cluster is what a master works with: its members, its HTTP interface, its events and its log.
// NewServer makes it and passes it to Master.Mount.
type Cluster struct {
	*rest.API

	// Members are the workers in the order of the configuration, which is the order
	// of every reduction.
	Members []*Member
	// Log is never nil.
	Log *slog.Logger

	setup   Setup
	master  Master
	client  *transport.Client
	broker  *broker
	missing *cell.Missing // cells of requests that stand for a missing value
	gate    gate          // between fits and catch-ups
	tender  *tender
	saved   *checkpoint.Folder     // of running fits
	run     atomic.Pointer[string] // the fit that runs, if one does
	service serving                // the stored model in service
	shown   []shown                // answers that the document has live examples of
	turn    *semaphore.Weighted    // bytes of parts of stored models that are in memory
}

func newCluster(master Master, setup Setup) *Cluster {
	c := &Cluster{
		API: rest.New(rest.Options{
			Title:       "Chimera " + master.Kind() + " master",
			Description: "Trains one model on many workers and serves it. Project: " + setup.Config.Project + ".",
			Version:     setup.Version, Limits: setup.limits(), Hosts: setup.hosts(), Log: setup.Log, Admit: setup.admit(master.Kind()),
		}),
		Log: setup.Log, setup: setup, master: master, broker: newBroker(), saved: checkpoint.New(setup.Config.Dir, setup.Log),
		missing: cell.NewMissing(setup.Config.Data.Missing),
		turn:    semaphore.NewWeighted(partsMemory),
		client:  transport.New(setup.Config.Limits.MaxFrame()),
	}
	c.client.Secure(setup.Identity)
	c.tender = newTender(c, len(setup.Workers))
	for i, e := range setup.Workers {
		m := newMember(i, e)
		c.Members = append(c.Members, m)
		if e.Down != nil && e.Gone {
			m.state, m.reason, m.left, m.tended = api.MemberDown, e.Down.Error(), e.Down.Error(), true
		} else if e.Down != nil {
			c.Down(context.Background(), m, e.Down.Error())
		}
	}
	return c
}

// Config is the project's configuration; do not modify it.
func (c *Cluster) Config() *config.Config { return c.setup.Config }

// Guard is what lets clients in; nil lets everybody in.
func (c *Cluster) Guard() *access.Guard { return c.setup.Guard }

// Secured is the certificate by which clients know the master; nil without TLS.
func (c *Cluster) Secured() *certificate.Source { return c.setup.Secured }

// SettingsOf returns the settings of the kind of distribution whose struct is T.
func SettingsOf[T any](c *Cluster) *T { return config.SettingsOf[T](c.setup.Config) }

// Timeout bounds one call to a worker.
func (c *Cluster) Timeout() time.Duration { return time.Duration(c.setup.Config.Endpoints.Timeout) }

// Publish sends an event to all listeners. It never blocks.
func (c *Cluster) Publish(e api.Event) {
	c.broker.publish(e)
	for _, w := range c.setup.Watch {
		if w.Event != nil {
			w.Event(e)
		}
	}
}

// Names lists the members' names.
func (c *Cluster) Names() []string {
	names := make([]string, len(c.Members))
	for i, m := range c.Members {
		names[i] = m.Name
	}
	return names
}

// Timed writes a successful request to the master to the time log, with the run that its context is for.
func (c *Cluster) Timed(ctx context.Context, path string, start time.Time) {
	c.setup.TimeLog.master(ctx, c.setup.URL, path, time.Since(start))
}

// courtesyAtMost bounds the calls that tell members that a fit has ended.
const courtesyAtMost = 5 * time.Second

// Courtesy bounds calls that tell members that a fit has ended, so that they can free memory: a member
// that stalls must not delay the end of the fit.
func (c *Cluster) Courtesy(ctx context.Context) (context.Context, context.CancelFunc) {
	return context.WithTimeout(context.WithoutCancel(ctx), min(c.Timeout(), courtesyAtMost))
}

// Background is for clean-up that must happen although the fit's own context has ended; each call
// still has its deadline.
func Background(ctx context.Context) context.Context { return context.WithoutCancel(ctx) }
