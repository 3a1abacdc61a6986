package launcher

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/gochimera/chimera/api"
	"github.com/gochimera/chimera/launcher/internal/parallel"
	"github.com/gochimera/chimera/launcher/internal/probe"
)

// External starts nothing: each worker of the plan runs already, at its URL. It
// is for workers on other machines, and for those of the Python package, which
// have no health endpoint and count as alive when they answer 404 there.
//
// Launch asks every worker, several times if need be. A worker that does not
// answer is reported by a Down event and a warning, and stands in Endpoints with
// its reason, since a master can work with the others; it is an error,
// an *UnreachableError, only if none answers. Stop ends nothing but the fleet,
// and Exits delivers nothing.
type External struct {
	Attempts int           // to reach a worker; 0 is 5
	Pause    time.Duration // between two attempts; 0 is half a second
}

// What the zero values in an External mean.
const (
	defaultAttempts = 5
	defaultPause    = 500 * time.Millisecond
)

// Name is "external".
func (External) Name() string { return "external" }

// Launch implements [Launcher].
func (e External) Launch(ctx context.Context, p Plan) (Fleet, error) {
	l, err := begin(p, needURL)
	if err != nil {
		return nil, err
	}
	defer l.prober.Close()
	if e.Attempts < 0 || e.Pause < 0 {
		return nil, &PlanError{Problems: []string{fmt.Sprintf("%d attempts with pauses of %v: want neither negative", e.Attempts, e.Pause)}}
	}
	e.Attempts = cmp.Or(e.Attempts, defaultAttempts)
	e.Pause = cmp.Or(e.Pause, defaultPause)

	f := NewFleet(len(l.Workers), FleetParts{
		Halt: func(context.Context) error { return nil }, Observe: l.observer.emit,
		End: leftAlone, Start: leftAlone, // who leaves is not called any more, and goes on running
	})
	err = parallel.Do(ctx, len(l.Workers), func(ctx context.Context, i int) error {
		endpoint, err := e.meet(ctx, l, l.Workers[i])
		f.SetEndpoint(i, endpoint)
		return err
	})
	if err == nil {
		err = someAnswer(f.Endpoints())
	}
	if err != nil {
		return nil, fmt.Errorf("launch: %w", err)
	}
	return f, nil
}

func leftAlone(context.Context, int) error { return nil }

func someAnswer(endpoints []Endpoint) error {
	for _, at := range endpoints {
		if at.Down == nil {
			return nil
		}
	}
	return &UnreachableError{Workers: endpoints}
}

// meet finds out what is at a worker's URL. The error is for what refuses the
// whole launch; a worker that cannot be reached is not an error.
func (e External) meet(ctx context.Context, l *launch, w Worker) (Endpoint, error) {
	at := Endpoint{Name: w.Name, URL: w.URL, Peer: w.URL}
	health, err := e.reach(ctx, l, w)
	var status *probe.StatusError
	switch {
	case err == nil:
		if err := identify(w, w.URL, health); err != nil {
			return at, err
		}
		at.Down = l.dataWithin(ctx, w)
	case errors.As(err, &status) && status.Code == http.StatusNotFound:
		at.Foreign = true
	default:
		at.Down = err
	}
	if ctx.Err() != nil {
		return at, ctx.Err()
	}
	if at.Down != nil {
		l.Log.WarnContext(ctx, "worker cannot be reached and is left out", "worker", w.Name, "url", w.URL, "error", at.Down)
		l.observer.emit(Event{Kind: Down, Worker: w.Name, URL: w.URL, Err: at.Down})
		return at, nil
	}
	l.observer.emit(Event{Kind: Ready, Worker: w.Name, URL: w.URL, Elapsed: time.Since(l.start)})
	return at, nil
}

// reach asks for the worker's health, as often as the launcher may.
func (e External) reach(ctx context.Context, l *launch, w Worker) (api.Health, error) {
	prober, done := l.proberOf(w)
	defer done()
	for attempt := 1; ; attempt++ {
		health, err := prober.Health(ctx, w.URL)
		if err == nil || probe.Refused(err) || attempt == e.Attempts || ctx.Err() != nil {
			return health, err
		}
		l.observer.emit(Event{Kind: Retrying, Worker: w.Name, URL: w.URL, Err: err, Detail: fmt.Sprintf("attempt %d of %d", attempt, e.Attempts)})
		if err := probe.Sleep(ctx, e.Pause); err != nil {
			return health, err
		}
	}
}

// dataWithin waits until the worker, which is alive, has its data; the error
// says why it has not.
func (l *launch) dataWithin(ctx context.Context, w Worker) error {
	ctx, timedOut, cancel := l.untilReady(ctx)
	defer cancel()
	prober, done := l.proberOf(w)
	defer done()
	err := awaitData(ctx, prober, w, w.URL, l.observer.emit)
	if err != nil && timedOut() {
		return l.timedOut(w, w.URL, "", err)
	}
	return err
}

var _ Launcher = External{}
