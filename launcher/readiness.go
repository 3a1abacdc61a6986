package launcher

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/gochimera/chimera/api"
	"github.com/gochimera/chimera/internal/environment"
	"github.com/gochimera/chimera/internal/logs"
	"github.com/gochimera/chimera/launcher/internal/probe"
	"github.com/gochimera/chimera/launcher/internal/workerlog"
)

// launch is what the workers of one launch share while they come up.
type launch struct {
	Plan
	observer *observer
	terminal *workerlog.Terminal
	prober   *probe.Prober
	start    time.Time
	environ  []string // of this program at the start; a worker that is started again gets the same
}

// begin checks the plan. The caller closes the prober.
func begin(p Plan, n need) (*launch, error) {
	p, err := p.checked(n)
	if err != nil {
		return nil, err
	}
	return &launch{
		Plan: p, observer: &observer{f: p.Observe}, terminal: workerlog.NewTerminal(p.Output, logs.FormatOf(p.JSON)), prober: probe.New(), start: time.Now(),
		environ: withoutSecrets(os.Environ()),
	}, nil
}

func (l *launch) openLog(w Worker) *workerlog.Log {
	return workerlog.Open(w.Name, l.LogDir, l.terminal, func(err error) { l.Log.Warn("worker log", slog.Any("error", err)) })
}

// awaitReady returns when the worker at base is ready. It fails at once if the
// worker is another than w or if waiting cannot help; otherwise it tries until
// ctx ends, which is a *probe.WaitError.
func (l *launch) awaitReady(ctx context.Context, w Worker, base string) error {
	prober, done := l.proberOf(w)
	defer done()
	return awaitReady(ctx, prober, w, base, l.observer.emit)
}

// proberOf asks one worker, as somebody whom it knows.
func (l *launch) proberOf(w Worker) (_ *probe.Prober, done func()) {
	if l.Identity == nil {
		return l.prober, func() {}
	}
	p := probe.Through(l.Identity.Transport(w.Name))
	return p, p.Close
}

// Await is for launchers of your own, with a checked plan: it returns when w is
// ready at base, its URL, at the latest after the plan's ReadyTimeout. words, which
// may be nil, is the end of the worker's log. The error names the worker: a
// *ConfigHashError, *NameError or *NotReadyError, what the worker answered if
// waiting cannot help, or ctx's.
func (p Plan) Await(ctx context.Context, w Worker, base string, words func() string) error {
	l := &launch{Plan: p, observer: &observer{f: p.Observe}, prober: probe.New()}
	defer l.prober.Close()
	return l.await(ctx, w, base, words)
}

// await returns when w is ready at base, or not in time.
func (l *launch) await(ctx context.Context, w Worker, base string, words func() string) error {
	ctx, timedOut, cancel := l.untilReady(ctx)
	defer cancel()
	err := l.awaitReady(ctx, w, base)
	switch {
	case err == nil:
		return nil
	case timedOut():
		text := ""
		if words != nil {
			text = words()
		}
		return l.timedOut(w, base, text, err)
	case ctx.Err() != nil:
		return ctx.Err()
	default:
		return withName(w, err)
	}
}

// AwaitReady is [Plan.Await] without a plan: it waits until ctx ends, and its error
// then wraps ctx's and says what the worker answered last. observe is called when
// the worker loads its data.
func AwaitReady(ctx context.Context, w Worker, base string, observe func(Event)) error {
	prober := probe.New()
	defer prober.Close()
	return awaitReady(ctx, prober, w, base, observe)
}

func awaitReady(ctx context.Context, prober *probe.Prober, w Worker, base string, observe func(Event)) error {
	var health api.Health
	err := probe.Until(ctx, func(ctx context.Context) (err error) {
		health, err = prober.Health(ctx, base)
		return err
	})
	if err != nil {
		return err
	}
	if err := identify(w, base, health); err != nil {
		return err
	}
	return awaitData(ctx, prober, w, base, observe)
}

// awaitData returns when the worker at base, which is alive, has its data.
func awaitData(ctx context.Context, prober *probe.Prober, w Worker, base string, observe func(Event)) error {
	loading := false
	return probe.Until(ctx, func(ctx context.Context) error {
		err := prober.Ready(ctx, base)
		var status *probe.StatusError
		if errors.As(err, &status) && status.Code == http.StatusServiceUnavailable && !loading {
			loading = true
			observe(Event{Kind: Loading, Worker: w.Name, URL: base})
		}
		return err
	})
}

// timedOut is the error for a worker that was not ready in time; err ended the
// waiting.
func (l *launch) timedOut(w Worker, base, words string, err error) error {
	late := &NotReadyError{Worker: w.Name, Port: w.Port, URL: base, After: l.ReadyTimeout, LastWords: words}
	var wait *probe.WaitError
	if errors.As(err, &wait) {
		late.Last = wait.Last
	}
	return late
}

var errTimeout = errors.New("the ready timeout ended")

// untilReady bounds the waiting for one worker; timedOut reports whether it was this
// bound that ended it.
func (l *launch) untilReady(ctx context.Context) (_ context.Context, timedOut func() bool, cancel context.CancelFunc) {
	ctx, cancel = context.WithTimeoutCause(ctx, l.ReadyTimeout, errTimeout)
	return ctx, func() bool { return errors.Is(context.Cause(ctx), errTimeout) }, cancel
}

// withName says which worker it was, unless err does.
func withName(w Worker, err error) error {
	var hash *ConfigHashError
	var name *NameError
	if errors.As(err, &hash) || errors.As(err, &name) {
		return err
	}
	return fmt.Errorf("worker %s: %w", w.Name, err)
}

// identify refuses a worker that is not the one the plan means.
func identify(w Worker, base string, h api.Health) error {
	if h.Node != "" && h.Node != w.Name {
		return &NameError{URL: base, Want: w.Name, Got: h.Node}
	}
	if h.ConfigHash != "" && w.Hash != "" && h.ConfigHash != w.Hash {
		return &ConfigHashError{Worker: w.Name, URL: base, Want: w.Hash, Got: h.ConfigHash}
	}
	return nil
}

// announced is the URL in a worker's announcement, to be called from here; err is what is wrong with its form.
func announced(text string, err error) (base string, _ error) {
	if err != nil {
		return "", err
	}
	base, err = parseURL(text)
	if err != nil {
		return "", fmt.Errorf("its handshake %q holds no URL: %w", text, err)
	}
	return reachable(base), nil
}

// reachable turns an address that means all interfaces into one to call.
func reachable(base string) string {
	u, err := url.Parse(base)
	if err != nil {
		return base
	}
	ip := net.ParseIP(u.Hostname())
	if ip == nil || !ip.IsUnspecified() || u.Port() == "" {
		return base
	}
	host := loopback
	if ip.To4() == nil {
		host = "::1"
	}
	u.Host = net.JoinHostPort(host, u.Port())
	return u.String()
}

// withoutSecrets leaves out of an environment what is for this program only.
func withoutSecrets(environ []string) []string {
	return slices.DeleteFunc(environ, func(variable string) bool {
		name, _, _ := strings.Cut(variable, "=")
		return slices.Contains(environment.Secrets, name)
	})
}
