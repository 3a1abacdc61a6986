package chimera

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"os"
	"os/signal"
	"strconv"
	"syscall"

	"golang.org/x/sync/errgroup"

	"github.com/gochimera/chimera/api"
	"github.com/gochimera/chimera/client"
	"github.com/gochimera/chimera/internal/environment"
	"github.com/gochimera/chimera/internal/logs"
	"github.com/gochimera/chimera/internal/rest"
	"github.com/gochimera/chimera/masters"
	"github.com/gochimera/chimera/serving"
)

// Serve serves a stored model in this process, on port (0 for any free one; CHIMERA_MASTER_PORT goes before it), until it is
// interrupted: without its project, training data, workers' programs or Docker, by the same endpoints and to the same bits.
// path is an archive (.chimera), or the folder of a model in a store. The program must link the model's learners.
// Of the options of Run, WithContext, WithHost, WithSetting, WithOutput and OnReady apply.
func Serve(path string, port int, opts ...Option) error {
	o := options{ctx: context.Background(), host: "127.0.0.1", stdout: os.Stdout, stderr: os.Stderr}
	for _, opt := range opts {
		opt(&o)
	}
	env, err := environment.ReadMaster(os.Getenv, o.host, port)
	if err != nil {
		return &settingError{err}
	}
	o.host, o.level = env.Host, env.Level
	ctx, stop := signal.NotifyContext(o.ctx, os.Interrupt, syscall.SIGTERM)
	defer stop()
	context.AfterFunc(ctx, stop) // after the first signal, the next one ends the process
	model, err := serving.Open(ctx, path)
	if err != nil {
		return err
	}
	l, err := listen(ctx, o.host, env.Port)
	if err != nil {
		return errors.Join(err, model.Close())
	}
	return errors.Join(o.serveModel(ctx, model, l), l.Close(), model.Close())
}

// serveModel serves an opened model until ctx ends.
func (o *options) serveModel(ctx context.Context, model *serving.Model, l net.Listener) (err error) {
	log := slog.New(logs.Handler(o.stderr, o.level))
	url := (&session{options: *o, listener: l}).url()
	s, err := serving.Start(ctx, model, serving.Options{
		Masters: []func() masters.Master{
			func() masters.Master { return masters.NewAggregation() }, func() masters.Master { return masters.NewParameterServer() },
			func() masters.Master { return masters.NewPipeline() },
		},
		Settings: o.overrides, Log: log, URL: url, Host: o.host,
	})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	ended := context.AfterFunc(ctx, s.EndStreams)
	defer ended()
	m := model.Manifest
	_, _ = fmt.Fprintf(o.stdout, "Chimera: model %s of project %s (%s, %s)\n  master   %s\n  docs     %s/docs\n  predict  curl -X POST %s%s\n",
		m.ID, m.Project, m.Kind, strconv.Itoa(m.Model.Rows)+" rows", url, url, url, api.PathsOf(m.Kind).Predict)
	all, ctx := errgroup.WithContext(ctx)
	limits := rest.Limits{WriteTimeout: s.API.Limits().WriteTimeout}
	all.Go(func() error { return rest.Serve(ctx, l, s, limits, stopGrace, log) })
	_, _ = fmt.Fprintln(o.stdout, "Ready. Press Ctrl-C to stop.")
	if o.onReady != nil {
		all.Go(func() error {
			c, err := client.New(url)
			if err != nil {
				return err
			}
			defer c.Close()
			if err := o.onReady(ctx, Up{Master: c}); err != nil && ctx.Err() == nil {
				return err
			}
			return nil
		})
	}
	return all.Wait()
}
