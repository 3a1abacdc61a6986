// Package serving serves a stored model in one process: the master of its kind, and for kinds whose workers hold the
// model, the workers, which have no rows. The model is put into service by the code that does so when a project's program
// starts again, so its answers have the same bits.
//
// The package links no launcher and no learner: a program links the learners that its models need.
package serving

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/gochimera/chimera/config"
	"github.com/gochimera/chimera/internal/access"
	"github.com/gochimera/chimera/internal/certificate"
	"github.com/gochimera/chimera/internal/identity"
	"github.com/gochimera/chimera/internal/rest"
	"github.com/gochimera/chimera/masters/cluster"
	"github.com/gochimera/chimera/models"
	"github.com/gochimera/chimera/registry"
	"github.com/gochimera/chimera/workers/node"
)

// Options are how a model is served. The zero value is fine but for Masters.
type Options struct {
	Masters  []func() cluster.Master // of the kinds that the program links
	Registry *registry.Registry      // of the learners that it links; nil is registry.Default
	Settings []config.Override       // of the chimera.yaml in the model, such as limits.max_body
	Log      *slog.Logger            // nil discards
	URL      string                  // the master's own address
	Host     string                  // where it listens, as it was given

	// Env is the environment, whose settings of security are those of the program, in place of those in the model; nil is an empty one.
	Env func(string) (string, bool)

	// Certificate makes the certificate by which clients know the program, if security.tls says that it has one; nil is for a program that
	// can be given one, and makes none.
	Certificate func(cfg *config.Config, host string, log *slog.Logger) (*certificate.Source, error)

	// Join, if not nil, has somebody watch the master that is set up.
	Join func(cfg *config.Config, setup *cluster.Setup) error
	// Handler, if not nil, answers the running master's requests in its place.
	Handler func(s *cluster.Server) http.Handler

	certificate *certificate.Source // by which clients know it; nil without TLS

	at net.Addr // where it listens; nil if it is not known, and then it lets everybody in
}

// Model is a stored model that was opened.
type Model struct {
	Manifest *models.Manifest
	store    *models.Store
	close    func() error
}

// Close closes the files of a model that is not served any more.
func (m *Model) Close() error { return m.close() }

// Open opens a model: an archive (.chimera), or its folder in a store.
func Open(ctx context.Context, path string) (*Model, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, fmt.Errorf("the model cannot be opened: %w", err)
	}
	if !info.IsDir() {
		a, err := models.OpenArchive(ctx, path, models.Limits{})
		if err != nil {
			return nil, err
		}
		return &Model{a.Manifest(), a.Store(), a.Close}, nil
	}
	dir, err := filepath.Abs(path)
	if err != nil {
		return nil, err
	}
	s, err := models.Open(ctx, filepath.Dir(dir), "")
	if err != nil {
		return nil, err
	}
	m, err := s.Get(ctx, filepath.Base(dir))
	if err != nil {
		return nil, errors.Join(fmt.Errorf("%s is no folder of a stored model: %w", path, err), s.Close())
	}
	return &Model{m, s.Only(m.ID), s.Close}, nil
}

// Server is a model in service. It is an http.Handler.
type Server struct {
	*cluster.Server
	Config *config.Config
	guard  *access.Guard    // of clients; nil lets everybody in
	known  *identity.Tokens // by what the master and its workers know each other: they listen on loopback, where others can call
	stop   context.CancelFunc
	all    *errgroup.Group
	ends   []io.Closer
}

// Start puts a model into service, until Close.
func Start(ctx context.Context, m *Model, o Options) (_ *Server, err error) {
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.Registry == nil {
		o.Registry = registry.Default
	}
	cfg, err := o.config(m.Manifest)
	if err != nil {
		return nil, err
	}
	master, err := o.master(m.Manifest.Kind)
	if err != nil {
		return nil, err
	}
	run, stop := context.WithCancel(ctx)
	s := &Server{Config: cfg, stop: stop, known: identity.NewTokens()}
	s.all, run = errgroup.WithContext(run)
	defer func() {
		if err != nil {
			err = errors.Join(err, s.Close())
		}
	}()
	members, err := s.workers(run, m.Manifest, o)
	if err != nil {
		return nil, err
	}
	setup := cluster.Setup{
		Config: cfg, Workers: members, Learners: o.Registry.List(), Registry: o.Registry, Log: o.Log, Version: node.Version(),
		Models: m.store, Unkept: "this program serves one model, and fits nothing", ServesOnly: true, URL: o.URL, Host: o.Host, Secured: o.certificate,
		Identity: s.known,
	}
	if o.at != nil {
		if s.guard, err = o.guard(cfg); err != nil {
			return nil, err
		}
		setup.Guard = s.guard
	}
	if o.Join != nil {
		if err := o.Join(cfg, &setup); err != nil {
			return nil, err
		}
	}
	s.Server, err = cluster.NewServer(master, setup)
	if err != nil {
		return nil, err
	}
	return s, s.StartServing(run)
}

// Close ends the master and its workers.
func (s *Server) Close() error {
	if s.Server != nil {
		s.Server.Close()
	}
	s.stop()
	err := s.all.Wait()
	for _, c := range s.ends {
		err = errors.Join(err, c.Close())
	}
	return err
}

// config is what the model says of its project.
func (o *Options) config(m *models.Manifest) (*config.Config, error) {
	if m.Config == "" {
		return nil, fmt.Errorf("the model %s was stored by a version of Chimera (%s) that did not say how to serve it alone: fit it again", m.ID, m.Version)
	}
	for _, w := range m.Workers {
		if w.Learner == "" || stored(m, w.Name) == nil && !slices.ContainsFunc(m.Parts, masters(m)) {
			continue
		}
		if _, err := o.Registry.Lookup(w.Learner); err != nil {
			return nil, &MissingLearnerError{Learner: w.Learner, Worker: w.Name, Err: err}
		}
	}
	security, _ := config.ServingSecurity(o.env)
	options := config.Options{Catalogue: o.Registry, Overrides: slices.Concat(security, o.Settings)}
	cfg, err := config.Parse("chimera.yaml of model "+m.ID, []byte(m.Config), options)
	if err != nil {
		return nil, err
	}
	return cfg, nil
}

// env is a variable of the environment.
func (o *Options) env(name string) (string, bool) {
	if o.Env == nil {
		return "", false
	}
	return o.Env(name)
}

// guard is what lets clients in.
func (o *Options) guard(cfg *config.Config) (*access.Guard, error) {
	_, told := config.ServingSecurity(o.env)
	told = told || slices.ContainsFunc(o.Settings, func(s config.Override) bool { return s.Field == "security.clients" })
	return cluster.NewGuard(cfg, o.at, told, func(name string) string { text, _ := o.env(name); return text }, o.Log)
}

// masters reports of a part whether it is no worker's.
func masters(m *models.Manifest) func(models.Part) bool {
	return func(p models.Part) bool {
		return !slices.ContainsFunc(m.Workers, func(w models.Worker) bool { return w.Name == p.Name })
	}
}

// stored is a worker's part; nil if nothing is stored of it.
func stored(m *models.Manifest, worker string) *models.Part {
	for i, p := range m.Parts {
		if p.Name == worker && p.Refit == "" {
			return &m.Parts[i]
		}
	}
	return nil
}

// MissingLearnerError reports that the program does not link a learner of the model.
type MissingLearnerError struct {
	Learner, Worker string
	Err             error
}

// Error says what to do.
func (e *MissingLearnerError) Error() string {
	return fmt.Sprintf("the model of worker %s is of the learner %q, which this program does not link: serve it with a program that imports the learner's "+
		"package and calls chimera.Serve", e.Worker, e.Learner)
}

// Unwrap returns the error of the registry.
func (e *MissingLearnerError) Unwrap() error { return e.Err }

func (o *Options) master(kind string) (cluster.Master, error) {
	var kinds []string
	for _, create := range o.Masters {
		m := create()
		if m.Kind() == kind {
			return m, nil
		}
		kinds = append(kinds, m.Kind())
	}
	return nil, fmt.Errorf("it is the model of a master of the kind %s, and this program links %s", kind, strings.Join(kinds, ", "))
}

// workers starts the workers that hold parts of the model, on loopback.
func (s *Server) workers(ctx context.Context, m *models.Manifest, o Options) ([]cluster.Endpoint, error) {
	limits := s.limits()
	members := make([]cluster.Endpoint, len(s.Config.Workers))
	var here []node.Member
	listeners := make([]net.Listener, len(members))
	for i, w := range s.Config.Workers {
		members[i].Name = w.Name
		if stored(m, w.Name) == nil {
			members[i].Down, members[i].Gone = errors.New(absent(m, w.Name)), true
			continue
		}
		l, err := new(net.ListenConfig).Listen(ctx, "tcp", "127.0.0.1:0")
		if err != nil {
			return nil, fmt.Errorf("worker %s: %w", w.Name, err)
		}
		listeners[i] = l
		members[i].URL = "http://" + l.Addr().String()
		here = append(here, node.Member{Name: w.Name, URL: members[i].URL})
	}
	if !s.Config.Kind().SharesLayers {
		here = nil
	}
	for i, l := range listeners {
		if l == nil {
			continue
		}
		w, err := s.worker(ctx, m, i, here, limits, o)
		if err != nil {
			_ = l.Close()
			return nil, fmt.Errorf("worker %s: %w", s.Config.Workers[i].Name, err)
		}
		s.all.Go(func() error { return rest.Serve(ctx, l, w, limits, time.Second, o.Log) })
	}
	return members, nil
}

// absent says why a worker takes no part.
func absent(m *models.Manifest, worker string) string {
	for _, p := range m.Parts {
		if p.Name == worker {
			return "nothing is stored of it, so that it cannot be served: " + p.Refit
		}
	}
	if slices.ContainsFunc(m.Parts, masters(m)) {
		return "it is not needed: the model is the master's"
	}
	return "it did not take part in the fit"
}

// worker makes a worker without rows.
func (s *Server) worker(ctx context.Context, m *models.Manifest, i int, members []node.Member, limits rest.Limits, o Options) (node.Worker, error) {
	c, was := s.Config.Workers[i], m.Workers[i]
	columns := m.Model.Columns
	if columns == nil {
		columns = m.Model.Features
	}
	w, err := node.NewWorker(node.Spec{
		Name: c.Name, Role: s.Config.Master.Role(), Project: s.Config.Project, Learner: c.Learner, Params: c.Params.JSON(), Seed: c.Seed,
		Bootstrap: c.Bootstrap, Data: s.Config.ReadingJSON(), ConfigHash: was.ConfigHash, Members: members,
	}, o.Registry, node.Options{
		Limits: limits, Procs: max(1, runtime.NumCPU()/len(s.Config.Workers)), Log: o.Log,
		Served:   &node.Served{Columns: columns, Classes: m.Model.Classes, Rows: max(was.Rows, 1), RowsSum: was.RowsSum},
		Identity: s.known.Known(c.Name),
	})
	if err != nil {
		return nil, err
	}
	s.ends = append(s.ends, w)
	return w, w.Load(ctx)
}

// limits are those of a worker.
func (s *Server) limits() rest.Limits {
	l := s.Config.Limits
	return rest.Limits{
		MaxBody: l.MaxFrame(), BodyTimeout: time.Duration(l.BodyReadTimeout), Memory: int64(l.MaxMemory), WriteTimeout: time.Duration(l.WriteTimeout),
	}
}
