// Package served serves a stored model in the process of the command line: for chimera serve, and for commands that ask a
// model in a file as they ask a master.
//
// It links the learners of this module that need no cgo (../shipped). What a project registers itself, and what needs cgo, is
// linked where the command line is built with the project's packages.
package served

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"strconv"
	"syscall"

	"github.com/gochimera/chimera/client"
	_ "github.com/gochimera/chimera/cmd/chimera/internal/shipped" // the learners
	"github.com/gochimera/chimera/config"
	"github.com/gochimera/chimera/masters"
	"github.com/gochimera/chimera/masters/cluster"
	"github.com/gochimera/chimera/serving"
	"github.com/gochimera/chimera/telemetry"
	"github.com/gochimera/chimera/workers" // also the halves of kinds whose workers hold the model
)

// loopback is where a model is served that only this process asks.
const loopback = "127.0.0.1"

// Version is the version of Chimera in this program, which models that are served tell.
func Version() string { return workers.Version() }

// PortError is a port that is in use.
type PortError struct{ Port int }

// Error says what to do about it.
func (e *PortError) Error() string {
	return fmt.Sprintf("port %d is in use: end what uses it, or choose another one with --port (0 is any free one)", e.Port)
}

// Error is a model that cannot be served.
type Error struct {
	Path string // of the model
	Err  error
}

// Error names the file.
func (e *Error) Error() string { return e.Path + ": " + e.Err.Error() }

// Unwrap returns the reason.
func (e *Error) Unwrap() error { return e.Err }

func listen(ctx context.Context, host string, port int) (net.Listener, error) {
	l, err := new(net.ListenConfig).Listen(ctx, "tcp", net.JoinHostPort(host, strconv.Itoa(port)))
	if errors.Is(err, syscall.EADDRINUSE) {
		return nil, &PortError{port}
	}
	if err != nil {
		return nil, fmt.Errorf("the model cannot be served at %s: %w", net.JoinHostPort(host, strconv.Itoa(port)), err)
	}
	return l, nil
}

func options(host string, log *slog.Logger) serving.Options {
	return serving.Options{
		Certificate: cluster.NewCertificate,
		Masters:     masters.All(),
		Log:         log, Host: host,
	}
}

// Serve serves the model at path, an archive or the folder of a model in a store, at host and port until ctx ends; it says
// on out where, and calls ready, unless that is nil, once the model answers. Errors of
// the model itself are an *Error; a *serving.MissingLearnerError in it names a learner that is not linked.
func Serve(
	ctx context.Context, path, host string, port int, out io.Writer, log *slog.Logger, ready func(ctx context.Context, url string) error,
) error {
	o, watching := options(host, log), &telemetry.Observers{}
	o.Env = os.LookupEnv
	var unwatched error
	o.Join = func(cfg *config.Config, setup *masters.Setup) error {
		if watching, unwatched = telemetry.Observe(cfg, log); unwatched == nil {
			watching.Join(setup)
		}
		return unwatched
	}
	o.Handler = func(s *masters.Server) http.Handler { return watching.Handler(s) }
	err := run(ctx, path, port, out, o, ready)
	if unwatched != nil { // the model is not at fault
		err = unwatched
	}
	return errors.Join(err, watching.Close())
}

// Ask serves the model at path at a free port of this machine, and returns when ask does that gets a client of it. Errors
// of the model itself are an *Error.
func Ask(ctx context.Context, path string, ask func(ctx context.Context, c *client.Client) error) error {
	ctx, done := context.WithCancel(ctx)
	defer done()
	var failed error
	err := run(ctx, path, 0, io.Discard, options(loopback, slog.New(slog.DiscardHandler)), func(ctx context.Context, url string) error {
		defer done()
		c, err := client.New(url)
		if err != nil {
			return err
		}
		defer c.Close()
		failed = ask(ctx, c)
		return nil
	})
	if failed != nil {
		return failed
	}
	return err
}

func run(ctx context.Context, path string, port int, out io.Writer, o serving.Options, ready func(context.Context, string) error) error {
	m, err := serving.Open(ctx, path)
	if err != nil {
		return unlessEnded(ctx, path, err)
	}
	l, err := listen(ctx, o.Host, port)
	if err != nil {
		return errors.Join(err, m.Close())
	}
	started := false
	err = serving.Run(ctx, m, l, o, out, func(ctx context.Context, url string) error {
		started = true
		if ready == nil {
			return nil
		}
		return ready(ctx, url)
	})
	if err != nil && !started {
		err = unlessEnded(ctx, path, err)
	}
	return errors.Join(err, m.Close())
}

// unlessEnded is err as one of the model at path, unless it is that ctx has ended.
func unlessEnded(ctx context.Context, path string, err error) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	return &Error{path, err}
}
