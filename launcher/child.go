package launcher

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"github.com/gochimera/chimera/internal/environment"
	handshakes "github.com/gochimera/chimera/internal/handshake"
	"github.com/gochimera/chimera/internal/lines"
	"github.com/gochimera/chimera/launcher/internal/workerlog"
)

// child is a worker that a Supervisor has started.
type child struct {
	Instance
	worker Worker
	log    *workerlog.Log
	start  time.Time

	listening chan greeting          // its announcement, the first one only
	refused   atomic.Pointer[string] // why its training data is bad, if it said so

	asked atomic.Bool     // it was asked to end, so its end is not reported
	dead  atomic.Bool     // it has ended
	gone  context.Context // ends when, after that, its log is complete and its end was reported
	exit  Exit            // to be read after that
}

type greeting struct {
	url string
	err error
}

// startChild starts the keeper's worker. died is called once, when the worker has
// ended; gone ends after that.
func (k *keeper) startChild(died func(*child)) (*child, error) {
	w := k.worker
	log := k.openLog(w)
	c := &child{worker: w, log: log, start: time.Now(), listening: make(chan greeting, 1)}
	var greet sync.Once
	stdout := log.Output(func(text string, err error) {
		url, err := announced(text, err)
		greet.Do(func() { c.listening <- greeting{url, err} })
	}, func(reason string) { c.refused.Store(&reason) })
	stderr := lines.New(log.Err)
	secret, env, err := k.secretOf(w)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("starting worker %s: %w", w.Name, err), log.Close())
	}
	c.Instance, err = k.create(Job{
		Worker: w, Index: k.index, Dir: k.Dir, Environ: slices.Concat(k.environ, w.Env), Variables: append(variables(w), env...), Secret: secret,
		Stdout: stdout, Stderr: stderr,
	})
	if err != nil {
		return nil, errors.Join(fmt.Errorf("starting worker %s: %w", w.Name, err), log.Close())
	}
	var ended context.CancelFunc
	c.gone, ended = context.WithCancel(context.Background())
	go func() { // waited for by way of c.gone, in stop
		defer ended()
		c.exit = c.Wait()
		c.dead.Store(true)
		stdout.Flush()
		stderr.Flush()
		c.exit.Worker, c.exit.LastWords = w.Name, log.LastWords()
		if err := log.Close(); err != nil {
			k.Log.Warn("worker log", "worker", w.Name, "error", err)
		}
		died(c)
	}()
	return c, nil
}

// secretOf issues the worker's secret, and says where the worker finds it. A process that is started again gets another.
func (k *keeper) secretOf(w Worker) (secret []byte, env []string, err error) {
	if k.Identity == nil {
		return nil, []string{EnvIdentity + "="}, nil // not that of this program, if somebody has given it one
	}
	secret, err = k.Identity.Issue(w.Name)
	return secret, []string{EnvIdentity + "=" + IdentityFromStdin}, err
}

// variables are those that the worker's environment gets.
func variables(w Worker) []string {
	env := []string{
		EnvHost + "=" + w.Host, EnvPort + "=" + strconv.Itoa(w.Port), EnvLifeline + "=" + environment.Stdin, EnvProtocol + "=" + handshakes.Version,
	}
	if w.Data != "" {
		env = append(env, EnvTrainData+"="+w.Data)
	}
	return env
}

// await returns the worker's URL when it is ready.
func (c *child) await(ctx context.Context, l *launch) (url string, err error) {
	ctx, timedOut, cancel := l.untilReady(ctx)
	defer cancel()
	alive, die := context.WithCancel(ctx)
	defer die()
	defer context.AfterFunc(c.gone, die)()

	url, err = c.meet(alive, l)
	switch {
	case err == nil:
		return url, nil
	case c.gone.Err() != nil && c.refused.Load() != nil:
		return "", &DataError{Worker: c.worker.Name, Reason: *c.refused.Load()}
	case c.gone.Err() != nil:
		return "", &ExitError{Exit: c.exit, Port: c.worker.Port}
	case timedOut():
		return "", l.timedOut(c.worker, url, c.log.LastWords(), err)
	case ctx.Err() != nil:
		return "", ctx.Err()
	default:
		return "", withName(c.worker, err)
	}
}

// meet waits for the announcement, then until the worker is ready. The URL is
// returned once it is known, also beside an error.
func (c *child) meet(ctx context.Context, l *launch) (string, error) {
	var hello greeting
	select {
	case hello = <-c.listening:
	case <-ctx.Done():
		return "", ctx.Err()
	}
	if hello.err != nil {
		return "", hello.err
	}
	l.observer.emit(Event{Kind: Started, Worker: c.worker.Name, URL: hello.url})
	return hello.url, l.awaitReady(ctx, c.worker, hello.url)
}

// stop ends the worker and returns when it is gone; an error says that it had to
// be killed.
func (c *child) stop(force context.Context, grace time.Duration) error {
	if c.gone.Err() != nil {
		return nil
	}
	c.asked.Store(true)
	c.Ask()
	patience, cancel := context.WithTimeout(force, grace)
	defer cancel()
	select {
	case <-c.gone.Done():
		return nil
	case <-patience.Done():
	}
	if c.gone.Err() != nil {
		return nil
	}
	c.Kill()
	<-c.gone.Done()
	return fmt.Errorf("worker %s did not end when asked and was killed", c.worker.Name)
}
