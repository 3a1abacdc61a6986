package chimera

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"os"
	"os/signal"
	"syscall"

	"github.com/gochimera/chimera/client"
	"github.com/gochimera/chimera/config"
	"github.com/gochimera/chimera/internal/access"
	"github.com/gochimera/chimera/internal/certificate"
	"github.com/gochimera/chimera/internal/environment"
	"github.com/gochimera/chimera/internal/logs"
	"github.com/gochimera/chimera/masters"
	"github.com/gochimera/chimera/masters/cluster"
	"github.com/gochimera/chimera/serving"
	"github.com/gochimera/chimera/telemetry"
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
	out := o.stdout
	if env.Format == logs.JSON {
		out = nil
	}
	var ready func(context.Context, string) error
	var guard *access.Guard
	var certified *certificate.Source
	if o.onReady != nil {
		ready = func(ctx context.Context, url string) error { return o.served(ctx, url, shown(guard, certified)) }
	}
	watching := &telemetry.Observers{}
	log := slog.New(logs.Handler(o.stderr, env.Format, o.level))
	err = serving.Run(ctx, model, l, serving.Options{
		Certificate: cluster.NewCertificate,
		Masters:     masters.All(),
		Settings:    o.overrides, Log: log, Host: o.host, Env: os.LookupEnv,
		Join: func(cfg *config.Config, setup *masters.Setup) (err error) {
			if watching, err = telemetry.Observe(cfg, log); err == nil {
				watching.Join(setup)
			}
			return err
		},
		Handler: func(s *masters.Server) http.Handler {
			guard, certified = s.Guard(), s.Secured()
			return watching.Handler(s)
		},
	}, out, ready)
	return errors.Join(err, model.Close(), watching.Close())
}

// served calls the function of OnReady.
func (o *options) served(ctx context.Context, url string, opts []client.Option) error {
	c, err := client.New(url, opts...)
	if err != nil {
		return err
	}
	defer c.Close()
	return o.onReady(ctx, Up{Master: c})
}
