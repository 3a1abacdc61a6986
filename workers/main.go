package workers

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"os/signal"
	"path/filepath"
	"runtime"
	"sync"
	"syscall"
	"time"

	"github.com/gochimera/chimera/internal/dataio"
	variables "github.com/gochimera/chimera/internal/environment"
	"github.com/gochimera/chimera/internal/handshake"
	"github.com/gochimera/chimera/internal/httpserver"
	"github.com/gochimera/chimera/internal/logs"
	"github.com/gochimera/chimera/internal/rest"
	"github.com/gochimera/chimera/registry"
	"github.com/gochimera/chimera/workers/node"
)

const usageText = `%[1]s is a worker of the Chimera project %[2]q.

  %[1]s               serve, until interrupted
  %[1]s describe      print what the worker is, as JSON, and check its parameters
  %[1]s healthcheck   ask the running worker whether it is ready; exit status 0 or 1

Environment:
  CHIMERA_WORKERS_HOST       address to listen on (127.0.0.1)
  CHIMERA_WORKERS_PORT       port to listen on (0: any free one)
  CHIMERA_TRAIN_DATA         folder with the training files, as X_train.csv and y_train.csv
                             (chimera_train_data/%[1]s, else chimera_train_data)
  CHIMERA_WORKERS_MAX_BODY   largest request body in bytes
  CHIMERA_WORKERS_BODY_TIMEOUT  longest time for reading a body (60s)
  CHIMERA_WORKERS_MAX_MEMORY    bytes that the bodies of all requests may take together (1 GiB)
  CHIMERA_WORKERS_WRITE_TIMEOUT longest time that a caller may take nothing of an answer (30s)
  CHIMERA_WORKERS_IDENTITY      file with what the worker and its master know each other by (none: it answers whoever calls);
                             stdin is the first line of standard input
  CHIMERA_WORKERS_ALLOWED_HOSTS further names that it may be called by, as in ["gpu1.example.org"]
                             (beside IP addresses, localhost, its machine's names and its own)
  CHIMERA_LOG                debug, info, warn or error (info)
  CHIMERA_LOG_FORMAT         text or json (text)
`

func usage(spec Spec) string { return fmt.Sprintf(usageText, spec.Name, spec.Project) }

// Main is a worker's whole program: it serves, or runs the command in its arguments, and exits. Logs
// go to standard error.
func Main(spec Spec) {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	code := run(ctx, spec, os.Args[1:], os.Stdin, os.Stdout, os.Stderr)
	stop()
	os.Exit(code)
}

// run is Main without the exit: it returns the exit status, which is 2 for wrong usage and
// 3 for bad training data.
func run(ctx context.Context, spec Spec, args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	command := "serve"
	if len(args) > 0 {
		command = args[0]
	}
	var err error
	switch {
	case len(args) > 1:
		_, _ = fmt.Fprintf(stderr, "%s takes no arguments\n\n%s", command, usage(spec))
		return 2
	case command == "serve":
		err = serve(ctx, spec, stdin, stdout, stderr)
	case command == "describe":
		err = describe(spec, stdout)
	case command == "healthcheck":
		err = healthcheck(ctx, spec, os.Getenv)
	case command == "help" || command == "-h" || command == "--help":
		_, err = io.WriteString(stdout, usage(spec))
	default:
		_, _ = fmt.Fprintf(stderr, "unknown command %q\n\n%s", command, usage(spec))
		return 2
	}
	var told *refusalError
	var data *dataio.Error
	switch {
	case err == nil:
		return 0
	case errors.As(err, &told):
		return handshake.BadData
	}
	format := logs.Text
	if command == "serve" {
		format, _ = logs.ParseFormat(os.Getenv(variables.LogFormat)) // one that is none is what err is about
	}
	logs.Ended(ctx, stderr, format, spec.Name, err)
	if errors.As(err, &data) {
		return handshake.BadData
	}
	return 1
}

// refusalError is bad training data that the launcher has been told of.
type refusalError struct{ error }

// refuse tells the launcher that the worker ends because its training data is bad, if that is why and the
// launcher understands it.
func refuse(err error, understood bool, stdout io.Writer) error {
	var data *dataio.Error
	if !understood || !errors.As(err, &data) {
		return err
	}
	if _, failed := fmt.Fprintln(stdout, handshake.Refusal(err.Error())); failed != nil {
		return err
	}
	return &refusalError{err}
}

// serve runs the worker until ctx ends or its launcher goes away. It returns an error if the worker
// cannot work.
func serve(ctx context.Context, spec Spec, stdin io.Reader, stdout, stderr io.Writer) (err error) {
	env, err := readEnvironment(os.Getenv)
	if err != nil {
		return err
	}
	log := slog.New(logs.Handler(stderr, env.format, env.level))
	known, stdin, err := env.identify(spec, stdin)
	if err != nil {
		return err
	}
	role, err := node.LookupRole(spec.Role)
	if err != nil {
		return err
	}
	procs := runtime.GOMAXPROCS(0)
	if role.Threads > 0 {
		runtime.GOMAXPROCS(procs + role.Threads)
	}
	options := Options{
		Data: env.data(spec.Name), Hosts: env.hosts, Peers: env.peers, Limits: env.limits, Procs: procs, Log: log, Exit: os.Exit,
		Instruments: node.Instruments(),
	}
	if known != nil {
		options.Identity = known
	}
	w, err := New(spec, registry.Default, options)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, w.Close()) }()
	l, err := new(net.ListenConfig).Listen(ctx, "tcp", net.JoinHostPort(env.host, env.port))
	if err != nil {
		return fmt.Errorf("cannot listen: %w; choose another port for this worker, or end what uses it", err)
	}
	url := "http://" + l.Addr().String()
	if known != nil {
		url = known.Scheme() + "://" + l.Addr().String()
	}
	if _, err := fmt.Fprintln(stdout, handshake.Announcement(url, env.versioned)); err != nil {
		return errors.Join(fmt.Errorf("announcing the address: %w", err), l.Close())
	}
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	if env.lifeline {
		// The pipe closes however the launcher ends. This goroutine is not waited for, because a read cannot
		// be interrupted.
		go func() {
			_, _ = io.Copy(io.Discard, stdin)
			log.InfoContext(ctx, "the launcher is gone; shutting down", logs.WorkerKey, spec.Name)
			stop(nil)
		}()
	}
	var loading sync.WaitGroup
	loading.Go(func() {
		if err := w.Load(ctx); err != nil && ctx.Err() == nil {
			stop(refuse(err, env.versioned, stdout))
		}
	})
	log.InfoContext(ctx, "serving", logs.WorkerKey, spec.Name, "learner", spec.Learner, "url", url)
	accepting := httpserver.Impatient(l, env.limits.WriteTimeout)
	if known != nil {
		accepting = known.Listener(accepting)
	}
	err = rest.ServeOn(ctx, accepting, w, 2*time.Second, log.With(logs.WorkerKey, spec.Name))
	loading.Wait()
	if cause := context.Cause(ctx); cause != nil && !errors.Is(cause, context.Canceled) {
		return cause
	}
	return err
}

// data is the folder of the training data: the configured one, or the default.
func (e environment) data(worker string) string {
	if e.folder != "" {
		return e.folder
	}
	local := filepath.Join("chimera_train_data", worker)
	if info, err := os.Stat(local); err == nil && info.IsDir() {
		return local
	}
	return "chimera_train_data"
}
