package rig

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"time"

	"gonum.org/v1/gonum/mat"

	"github.com/gochimera/chimera/client"
	"github.com/gochimera/chimera/config"
	"github.com/gochimera/chimera/internal/rest"
	"github.com/gochimera/chimera/labs/rows"
	"github.com/gochimera/chimera/learner"
	"github.com/gochimera/chimera/masters"
	"github.com/gochimera/chimera/registry"
	"github.com/gochimera/chimera/workers"
)

// Settings are a part of a chimera.yaml.
type Settings map[string]any

// Worker describes one of the workers.
type Worker struct {
	Rows learner.Dataset // what it trains on; workers with the same matrix and targets read the same file
	With Settings        // what chimera.yaml says of it beside its name: seed, bootstrap, faults, ...

	// Link wraps the listener at which the worker is called, to put delay, a limit of bandwidth or breaks between it and who
	// calls it; nil is loopback as it is.
	Link func(net.Listener) net.Listener
}

// Plan is a master and its workers.
type Plan struct {
	Master  masters.Master
	Seed    uint64
	With    Settings // the rest of chimera.yaml: learner, params, the section of the kind
	Workers []Worker

	NoRestart bool // the master is told that a worker that has ended stays away
}

// Rig is a running master with its workers.
type Rig struct {
	Client *client.Client
	Config *config.Config

	dir     string
	server  *masters.Server
	master  *host
	workers []*served
}

// served is a worker behind its HTTP server.
type served struct {
	name string
	link func(net.Listener) net.Listener
	make func(context.Context) (workers.Worker, error)
	host
}

// Start starts the workers and their master, all on ports of the loopback interface. Close ends them; they do not end with ctx.
func Start(ctx context.Context, p Plan) (_ *Rig, err error) {
	r := &Rig{}
	defer func() {
		if err != nil {
			err = errors.Join(err, r.Close())
		}
	}()
	if r.dir, err = os.MkdirTemp("", "chimera-lab-"); err != nil {
		return nil, err
	}
	if r.Config, err = p.configuration(); err != nil {
		return nil, err
	}
	if err := r.startWorkers(ctx, p); err != nil {
		return nil, err
	}
	return r, r.serve(ctx, p)
}

// configuration is the chimera.yaml that the plan stands for.
func (p Plan) configuration() (*config.Config, error) {
	doc := Settings{"project": "lab", "master": p.Master.Kind(), "seed": p.Seed}
	for name, v := range p.With {
		doc[name] = v
	}
	list := make([]Settings, len(p.Workers))
	for i, w := range p.Workers {
		list[i] = Settings{"name": Name(i)}
		for name, v := range w.With {
			list[i][name] = v
		}
	}
	doc["workers"] = list
	text, err := json.Marshal(doc) // which is YAML too
	if err != nil {
		return nil, err
	}
	return config.Parse("chimera.yaml", text, config.Options{Catalogue: registry.Default})
}

// Name is the name of a worker, counted from 0.
func Name(i int) string { return fmt.Sprintf("worker%d", i+1) }

// fileKey tells rows apart.
type fileKey struct {
	x *mat.Dense
	y *float64
}

func (r *Rig) startWorkers(ctx context.Context, p Plan) error {
	folders := map[fileKey]string{}
	for i, w := range p.Workers {
		if w.Rows.Len() == 0 {
			return fmt.Errorf("%s has no rows", Name(i))
		}
		key := fileKey{w.Rows.X, &w.Rows.Y[0]}
		if _, written := folders[key]; !written {
			folders[key] = filepath.Join(r.dir, Name(i))
			if err := rows.Write(folders[key], w.Rows); err != nil {
				return err
			}
		}
		s := &served{name: Name(i), link: w.Link, make: r.maker(i, folders[key])}
		if err := s.start(ctx); err != nil {
			return err
		}
		r.workers = append(r.workers, s)
	}
	return nil
}

// maker makes the worker that the configuration describes, without a model.
func (r *Rig) maker(i int, dir string) func(context.Context) (workers.Worker, error) {
	c := r.Config.Workers[i]
	spec := workers.Spec{
		Name: c.Name, Role: r.Config.Master.Role(), Project: r.Config.Project, Learner: c.Learner, Params: c.Params.JSON(), Seed: c.Seed,
		Bootstrap: c.Bootstrap, Faults: c.Faults.JSON(), Data: r.Config.ReadingJSON(), ConfigHash: r.Config.WorkerHash(i),
	}
	if r.Config.Kind().SharesLayers {
		for _, w := range r.Config.Workers {
			spec.Members = append(spec.Members, workers.Member{Name: w.Name})
		}
	}
	l := r.Config.Limits
	limits := rest.Limits{
		MaxBody: l.MaxFrame(), BodyTimeout: time.Duration(l.BodyReadTimeout), Memory: int64(l.MaxMemory), WriteTimeout: time.Duration(l.WriteTimeout),
	}
	return func(ctx context.Context) (workers.Worker, error) {
		w, err := workers.New(spec, registry.Default, workers.Options{Data: dir, Limits: limits, Procs: 1})
		if err != nil {
			return nil, err
		}
		return w, w.Load(ctx)
	}
}

// start makes the worker anew and serves it: the first time at a free address, and then always at that one.
func (s *served) start(ctx context.Context) error {
	worker, err := s.make(ctx)
	if err != nil {
		return fmt.Errorf("%s: %w", s.name, err)
	}
	if err := s.serve(ctx, worker, s.link); err != nil {
		return fmt.Errorf("%s: %w", s.name, err)
	}
	return nil
}

func (r *Rig) serve(ctx context.Context, p Plan) (err error) {
	setup := masters.Setup{Config: r.Config, Version: workers.Version()}
	for _, w := range r.workers {
		url := w.url()
		setup.Workers = append(setup.Workers, masters.Endpoint{Name: w.name, URL: url, Peer: url, NoRestart: p.NoRestart})
	}
	if r.server, err = masters.NewServer(p.Master, setup); err != nil {
		return err
	}
	r.server.Start(context.WithoutCancel(ctx))
	r.master = &host{}
	if err := r.master.serve(ctx, r.server, nil); err != nil {
		return err
	}
	r.Client, err = client.New(r.master.url())
	return err
}

// Kill ends a worker as kill -9 would: its connections break, and its model is gone.
func (r *Rig) Kill(worker int) error { return r.workers[worker].stop() }

// Revive starts a worker again that was killed, at its address, without a model.
func (r *Rig) Revive(ctx context.Context, worker int) error { return r.workers[worker].start(ctx) }

// URL is the address of a worker.
func (r *Rig) URL(worker int) string { return r.workers[worker].url() }

// Close ends the master and the workers, and removes their rows.
func (r *Rig) Close() error {
	var errs []error
	if r.Client != nil {
		r.Client.Close()
	}
	if r.server != nil {
		r.server.EndStreams()
		r.server.Close()
	}
	if r.master != nil {
		errs = append(errs, r.master.stop())
	}
	for _, w := range r.workers {
		errs = append(errs, w.stop())
	}
	return errors.Join(append(errs, os.RemoveAll(r.dir))...)
}
