// Package chimera trains one model on many workers and serves it over REST.
//
// A program names a kind of master and calls Run, which does the rest:
//
//	//go:generate go tool chimera generate
//
//	func main() {
//		if err := chimera.Run(masters.NewAggregation(), 8080); err != nil {
//			log.Fatal(err)
//		}
//	}
//
// Workers, learners and settings are described in the project's chimera.yaml;
// package config documents it. A learner of your own implements the
// interfaces of package learner and is registered with package registry.
package chimera

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/signal"
	"strconv"
	"sync/atomic"
	"syscall"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/gochimera/chimera/api"
	"github.com/gochimera/chimera/client"
	"github.com/gochimera/chimera/config"
	"github.com/gochimera/chimera/docs"
	"github.com/gochimera/chimera/internal/access"
	"github.com/gochimera/chimera/internal/certificate"
	"github.com/gochimera/chimera/internal/environment"
	"github.com/gochimera/chimera/internal/handshake"
	"github.com/gochimera/chimera/internal/identity"
	"github.com/gochimera/chimera/internal/lifeline"
	"github.com/gochimera/chimera/internal/rest"
	"github.com/gochimera/chimera/launcher"
	"github.com/gochimera/chimera/masters"
	"github.com/gochimera/chimera/masters/cluster"
	"github.com/gochimera/chimera/registry"
	_ "github.com/gochimera/chimera/registry/allrules" // so that a project's learners may have every rule of package validator
	"github.com/gochimera/chimera/telemetry"
	"github.com/gochimera/chimera/workers"
)

// Option changes what Run does.
type Option func(*options)

type options struct {
	ctx       context.Context
	project   string
	host      string
	overrides []config.Override
	anew      bool
	onReady   func(context.Context, Up) error
	stdout    io.Writer
	stderr    io.Writer
	level     slog.Level
}

// WithProject sets the project's folder. The default is CHIMERA_PROJECT, then the working directory if
// it holds a project, then the folder of the main package's source.
func WithProject(dir string) Option { return func(o *options) { o.project = dir } }

// WithContext makes Run return when ctx ends. An interrupt or SIGTERM always ends it.
func WithContext(ctx context.Context) Option { return func(o *options) { o.ctx = ctx } }

// WithLauncher chooses how workers are started, like launcher: in chimera.yaml: process, docker,
// inprocess, external, or a launcher that the program has registered with launcher.Register.
func WithLauncher(name string) Option { return WithSetting("launcher", name) }

// WithSetting overrides one setting of chimera.yaml, for example ("aggregation.quorum", "3").
func WithSetting(field, value string) Option {
	return func(o *options) {
		o.overrides = append(o.overrides, config.Override{Field: field, Value: value, Source: "the program's setting of " + field})
	}
}

// WithHost sets the address that the master listens on. The default is 127.0.0.1; 0.0.0.0 makes it
// reachable from other machines.
func WithHost(host string) Option { return func(o *options) { o.host = host } }

// Anew has the master begin anew where it would go on with a fit that an earlier run of the program had begun, and that
// was interrupted by the end of that. CHIMERA_ANEW=yes does the same, and so do chimera run --restart and chimera fit --restart.
func Anew() Option { return func(o *options) { o.anew = true } }

// Up is the running system, as passed to the function of OnReady.
type Up struct {
	Master *client.Client
	Dir    string // the project's folder
}

// OnReady is called once the master answers and the workers are up. Run keeps
// serving when it returns, and ends if it returns an error. It is not called where
// chimera cv and chimera tune run the program, which fit and score by themselves.
func OnReady(f func(context.Context, Up) error) Option { return func(o *options) { o.onReady = f } }

// Time limits of the shutdown.
const (
	stopWithin = 15 * time.Second // for the workers
	stopGrace  = 5 * time.Second  // for requests that are being answered
)

// Run launches the project's workers, serves the master on port (0 for any
// free one; CHIMERA_MASTER_PORT goes before it) and returns when it is interrupted,
// with nil, or cannot go on. Nothing it started is left when it returns. On a second
// interrupt the process ends at once. Started by the command line, it reports to it
// where the master listens, that it is ready or why it failed, and ends with it,
// however that ends.
func Run(m masters.Master, port int, opts ...Option) (err error) {
	o := options{ctx: context.Background(), host: "127.0.0.1", stdout: os.Stdout, stderr: os.Stderr}
	for _, opt := range opts {
		opt(&o)
	}
	report, err := handshake.NewReporter()
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			report.Failed(reasonOf(err), err.Error())
		}
		report.Close()
	}()
	env, err := environment.ReadMaster(os.Getenv, o.host, port)
	if err != nil {
		return &settingError{err}
	}
	o.host, o.level = env.Host, env.Level
	if env.Only {
		o.onReady = nil
	}
	o.anew = o.anew || env.Anew
	ctx, stop := signal.NotifyContext(o.ctx, os.Interrupt, syscall.SIGTERM)
	defer stop()
	context.AfterFunc(ctx, stop) // after the first signal, the next one ends the process
	started, err := lifeline.Watch()
	if err != nil {
		return err
	}
	ctx, end := context.WithCancelCause(ctx)
	defer end(nil)
	defer context.AfterFunc(started, func() { end(errStarterGone) })()
	cfg, err := o.load(m)
	if err != nil {
		return err
	}
	l, err := listen(ctx, o.host, env.Port)
	if err != nil {
		return err
	}
	run := &session{options: o, config: cfg, master: m, listener: l, watching: &telemetry.Observers{}, report: report, hidden: env.Hidden}
	return run.serve(ctx)
}

var errStarterGone = errors.New("the process that started this program is gone")

// listen opens the master's port before anything is built or started.
func listen(ctx context.Context, host string, port int) (net.Listener, error) {
	if port < 0 || port > 65535 {
		return nil, fmt.Errorf("the master's port is %d: want 0 to 65535", port)
	}
	l, err := new(net.ListenConfig).Listen(ctx, "tcp", net.JoinHostPort(host, strconv.Itoa(port)))
	if errors.Is(err, syscall.EADDRINUSE) {
		return nil, &portError{port}
	}
	if err != nil {
		return nil, fmt.Errorf("the master cannot listen on port %d: %w", port, err)
	}
	return l, nil
}

// session is one Run, from the loaded configuration to the shutdown.
type session struct {
	options
	config   *config.Config
	master   masters.Master
	listener net.Listener
	log      *slog.Logger
	watching *telemetry.Observers
	report   *handshake.Reporter // to the command line, if it started this program
	identity *identity.Authority // by what the master and its workers know each other; nil if they do not
	hidden   bool                // do not write the address to the project's folder
	guard    *access.Guard       // of clients; nil lets everybody in

	certificate *certificate.Source // by which clients know the master; nil without TLS
}

// serve answers requests from the start (with 503 until all is up), launches the workers, serves, and
// always shuts down.
func (s *session) serve(ctx context.Context) (err error) {
	defer func() { _ = s.listener.Close() }() // a second Close only returns an error
	logs := s.openLogs()
	defer func() { err = errors.Join(err, logs.close()) }()
	s.log = logs.log
	if s.certificate, err = cluster.NewCertificate(s.config, s.host, s.log); err != nil { // before the guard, which may need its authority
		return err
	}
	if s.guard, err = cluster.NewGuard(s.config, s.listener.Addr(), s.config.Given("security.clients"), os.Getenv, s.log); err != nil {
		return err
	}
	defer s.announce()()
	handler := &gateway{}
	all, ctx := errgroup.WithContext(ctx)
	serving, stopServing := context.WithCancel(ctx)
	all.Go(func() error { return rest.ServeOn(serving, s.secured(), handler, stopGrace, s.log) })
	for _, note := range s.config.Notes {
		s.log.WarnContext(ctx, "a setting was renamed", "note", note)
	}
	if s.startsNothing() {
		s.tell(fmt.Sprintf("the master at %s looks for its workers, which run elsewhere", s.url()))
	}
	s.report.Listening(s.url(), s.guard.Local(), string(s.trusted(nil)))
	all.Go(func() error {
		defer stopServing()
		return s.work(ctx, handler, logs.times)
	})
	err = all.Wait() // also for the last request
	return errors.Join(err, s.watching.Close())
}

// work launches the workers and serves the master until ctx ends or the function of OnReady fails.
func (s *session) work(ctx context.Context, handler *gateway, times *masters.TimeLog) (err error) {
	store, unkept, err := s.openModels(ctx)
	if err != nil {
		return err
	}
	if store != nil {
		defer func() { err = errors.Join(err, store.Close()) }()
	}
	launch, err := s.chooseLauncher()
	if err != nil {
		return err
	}
	if err := s.checkFirstRows(ctx); err != nil {
		return err
	}
	if s.watching, err = telemetry.Observe(s.config, s.log); err != nil {
		return err
	}
	if err := s.identify(); err != nil {
		return err
	}
	plan := s.plan()
	plan.Observe = handler.observe(plan.Observe)
	fleet, err := launch.Launch(ctx, plan)
	if err != nil {
		if ctx.Err() != nil {
			return nil // interrupted during the start; the launcher has cleaned up
		}
		return listing(err)
	}
	defer func() {
		stopping, cancel := context.WithTimeout(context.WithoutCancel(ctx), stopWithin)
		defer cancel()
		if stopErr := fleet.Stop(stopping); stopErr != nil {
			s.log.WarnContext(ctx, "workers did not stop in time and were killed", "error", stopErr)
		}
	}()
	members := endpoints(fleet, s.noRestart())
	setup := masters.Setup{
		Config: s.config, Workers: members, Learners: registry.List(), Log: s.log, TimeLog: times, Version: workers.Version(), URL: s.url(), Host: s.host,
		Models: store, Unkept: unkept, Anew: s.anew, Guard: s.guard, Guide: docs.Handler(),
	}
	if s.identity != nil {
		setup.Identity = s.identity
	}
	if scaler, can := fleet.(launcher.Scaler); can && scaler.Scales() {
		setup.Scale = scaler
	}
	s.warnOfTheWire(ctx, members)
	s.watching.Join(&setup)
	server, err := masters.NewServer(s.master, setup)
	if err != nil {
		return err
	}
	if err := s.checkTexts(ctx, server); err != nil {
		server.Close()
		return err
	}
	server.Start(ctx)
	defer server.Close()
	ended := context.AfterFunc(ctx, server.EndStreams) // open event streams would delay the listener's shutdown
	defer ended()
	s.log.InfoContext(ctx, fmt.Sprintf("Serving %s master at port %d...", s.config.Master, s.listener.Addr().(*net.TCPAddr).Port))
	handler.open.Store(&opened{server, s.watching.Handler(server)})
	s.banner(ctx)
	all, ctx := errgroup.WithContext(ctx)
	all.Go(func() error { reportExits(ctx, fleet, server); return nil })
	all.Go(func() error { return s.ready(ctx, members) })
	all.Go(func() error { s.renew(ctx, fleet); return nil })
	all.Go(func() error {
		<-ctx.Done()
		if cause := context.Cause(ctx); errors.Is(cause, errStarterGone) {
			s.log.InfoContext(ctx, "shutting down", "reason", cause) // only to the file: nobody reads the terminal of a hidden run
		}
		return nil
	})
	return all.Wait()
}

// gateway receives the requests. Until the master is ready, it answers that the client should try
// again.
type gateway struct {
	open atomic.Pointer[opened]
}

// opened is a master that is ready, and what answers its requests.
type opened struct {
	server  *masters.Server
	handler http.Handler
}

// observe tells the master, once it is there, of a worker that its launcher has given up; next sees all
// events.
func (g *gateway) observe(next func(launcher.Event)) func(launcher.Event) {
	return func(e launcher.Event) {
		if o := g.open.Load(); o != nil && e.Kind == launcher.Down {
			o.server.WorkerLeft(e.Worker, fmt.Sprint(e.Err))
		}
		next(e)
	}
}

// ServeHTTP passes a request to the master, if it is ready.
func (g *gateway) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if o := g.open.Load(); o != nil {
		o.handler.ServeHTTP(w, r)
		return
	}
	rest.Protect(w.Header())
	rest.Identify(w, r)
	w.Header().Set("Retry-After", "1")
	rest.WriteProblem(w, api.NewProblem(api.CodeStarting, "The workers are being started; try again in a moment."))
}

// ready tells the user that all is up, and calls the function of OnReady.
func (s *session) ready(ctx context.Context, members []masters.Endpoint) error {
	up := 0
	for _, m := range members {
		if m.Down == nil {
			up++
		}
	}
	count := fmt.Sprint(up)
	if up < len(members) {
		count = fmt.Sprintf("%d of %d", up, len(members))
	}
	if s.config.LogFormat == config.LogJSON {
		s.log.InfoContext(ctx, "ready", "workers", up, "of", len(members))
	} else {
		_, _ = fmt.Fprintf(s.stdout, "Ready: %s workers. Press Ctrl-C to stop.\n", count)
	}
	s.report.Ready()
	if s.onReady == nil {
		return nil
	}
	c, err := client.New(s.url(), shown(s.guard, s.certificate)...)
	if err != nil {
		return err
	}
	defer c.Close()
	if err := s.onReady(ctx, Up{Master: c, Dir: s.config.Dir}); err != nil && ctx.Err() == nil {
		return err
	}
	return nil
}

// reportExits tells the master of every worker that exits by itself.
func reportExits(ctx context.Context, fleet launcher.Fleet, server *masters.Server) {
	for {
		select {
		case <-ctx.Done():
			return
		case exit, open := <-fleet.Exits():
			if !open {
				return
			}
			server.WorkerExited(exit.Worker, exit.String())
		}
	}
}

// endpoints lists the workers of a fleet; noRestart says that nobody starts one again that has ended.
func endpoints(fleet launcher.Fleet, noRestart bool) []masters.Endpoint {
	var list []masters.Endpoint
	for _, e := range fleet.Endpoints() {
		list = append(list, masters.Endpoint{Name: e.Name, URL: e.URL, Peer: e.Peer, Down: e.Down, NoRestart: noRestart, Within: e.Within})
	}
	return list
}

// url is the master's address on this machine.
func (s *session) url() string {
	host := s.host
	if ip := net.ParseIP(host); ip == nil || ip.IsUnspecified() || ip.IsLoopback() {
		host = "localhost"
	}
	return s.scheme() + "://" + net.JoinHostPort(host, strconv.Itoa(s.listener.Addr().(*net.TCPAddr).Port))
}
