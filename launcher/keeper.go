package launcher

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"github.com/gochimera/chimera/launcher/internal/probe"
)

// keeper keeps one worker running: the first process, and those that follow it
// when it ends.
type keeper struct {
	*launch
	fleet  *FleetBase
	worker Worker
	index  int // of the worker in the plan
	create func(Job) (Instance, error)
	url    string // where it is from its first start on
	tries  tries

	keeping context.CancelFunc // ends keep

	last   atomic.Pointer[child] // the process that was started last
	owner  sync.WaitGroup        // of keep
	forced error                 // keep had to kill a process while the fleet was stopping
}

// first starts the worker and returns when it is ready.
func (k *keeper) first(ctx context.Context) (*child, error) {
	c, at, err := k.run(ctx)
	if err != nil {
		return nil, err
	}
	k.url = at
	k.observer.emit(Event{Kind: Ready, Worker: k.worker.Name, URL: at, Elapsed: time.Since(c.start)})
	return c, nil
}

// run starts a process of the worker and returns when it is ready. When it returns an
// error, the process may still be alive.
func (k *keeper) run(ctx context.Context) (*child, string, error) {
	c, err := k.startChild(k.died)
	if err != nil {
		return nil, "", err
	}
	k.last.Store(c)
	at, err := c.await(ctx, k.launch)
	return c, at, err
}

// died reports a process that ended by itself.
func (k *keeper) died(c *child) {
	if !c.asked.Load() {
		k.fleet.Died(c.exit)
	}
}

// pid is that of the worker's process; 0 while it has none.
func (k *keeper) pid() int {
	c := k.last.Load()
	if c == nil || c.dead.Load() {
		return 0
	}
	return c.PID()
}

// begin lets keep look after the worker, which is ready.
func (k *keeper) begin() {
	// The others know its address, so it keeps the port that it was given.
	if u, err := url.Parse(k.url); err == nil && k.worker.Port == 0 {
		k.worker.Port, _ = strconv.Atoi(u.Port()) // parseURL has checked it; 0 if there is none
	}
	ctx, cancel := context.WithCancel(k.fleet.Stopping())
	k.keeping = cancel
	k.owner.Go(func() { k.keep(ctx) })
}

// end ends the worker, which is not kept running any more; at once if ctx ends.
func (k *keeper) end(ctx context.Context) error {
	k.keeping()
	k.owner.Wait()
	return errors.Join(k.forced, k.last.Load().stop(ctx, k.StopGrace))
}

// again starts the worker that end has ended, and keeps it running.
func (k *keeper) again(ctx context.Context) error {
	k.forced, k.tries.made = nil, 0
	if _, err := k.once(ctx); err != nil {
		if ctx.Err() != nil {
			return errors.Join(err, k.last.Load().stop(k.fleet.Force(), k.StopGrace))
		}
		return err
	}
	k.begin()
	k.observer.emit(Event{Kind: Again, Worker: k.worker.Name, URL: k.url})
	return nil
}

// stop ends the worker and returns when nothing of it is left. The fleet's
// stopping must have ended before, since keep ends by it.
func (k *keeper) stop(force context.Context) error {
	k.owner.Wait()
	if c := k.last.Load(); c != nil {
		return errors.Join(k.forced, c.stop(force, k.StopGrace))
	}
	return nil
}

// keep starts the worker again whenever it ends, until the plan says
// otherwise, it has failed too often, or ctx ends, which leaves the process alone.
func (k *keeper) keep(ctx context.Context) {
	c, ready := k.last.Load(), time.Now()
	for {
		select {
		case <-ctx.Done():
			return
		case <-c.gone.Done():
		}
		if ctx.Err() != nil {
			return // it ended because the fleet stops
		}
		k.tries.lived(time.Since(ready))
		again, err := k.revive(ctx, c.exit)
		if ctx.Err() != nil {
			return
		}
		if err != nil {
			k.Log.WarnContext(ctx, "a worker has ended and is left alone", "worker", k.worker.Name, "url", k.url, "reason", err)
			k.observer.emit(Event{Kind: Down, Worker: k.worker.Name, URL: k.url, Err: err})
			return
		}
		c, ready = again, time.Now()
		k.observer.emit(Event{Kind: Again, Worker: k.worker.Name, URL: k.url})
	}
}

// revive restarts the worker, which has ended as given, again and again until it is
// ready. The error says why it gives up.
func (k *keeper) revive(ctx context.Context, ended Exit) (*child, error) {
	reason := fmt.Errorf("it %s", ended.how())
	for {
		if !k.Restart.Wants(ended) {
			return nil, fmt.Errorf("%w, and is not to be started again then (restart: %s)", reason, k.Restart.Name())
		}
		pause, ok := k.tries.next()
		if !ok {
			return nil, fmt.Errorf("it was started again %d times in a row without success: %w", k.tries.made, reason)
		}
		try := fmt.Sprintf("try %d of %d", k.tries.made, k.tries.most)
		k.Log.WarnContext(ctx, "starting a worker again", "worker", k.worker.Name, "url", k.url, "in", pause, "try", try, "reason", reason)
		k.observer.emit(Event{Kind: Retrying, Worker: k.worker.Name, URL: k.url, Detail: fmt.Sprintf("started again in %v, %s", pause, try), Err: reason})
		if err := probe.Sleep(ctx, pause); err != nil {
			return nil, err
		}
		c, err := k.once(ctx)
		if err == nil || ctx.Err() != nil || hopeless(err) {
			return c, err
		}
		reason = err
		var exit *ExitError
		if errors.As(err, &exit) {
			ended = exit.Exit
		}
	}
}

// once starts the worker again where it was. After an error nothing is left of the
// attempt, unless ctx has ended: then stop ends it.
func (k *keeper) once(ctx context.Context) (*child, error) {
	defer k.prober.Close() // its connections to a worker that may end
	c, at, err := k.run(ctx)
	if err == nil && at != k.url {
		err = fmt.Errorf("it listens on %s now, and must do so where it did before, on %s", at, k.url)
	}
	if errors.Is(err, fs.ErrNotExist) {
		err = fmt.Errorf("%w; newer builds of the project may have displaced it: start the program again", err)
	}
	if err == nil || c == nil || ctx.Err() != nil {
		return c, err
	}
	killed := c.stop(k.fleet.Force(), k.StopGrace)
	if ctx.Err() != nil {
		k.forced = killed
	}
	return nil, err
}

// hopeless reports that every further try would fail likewise: the executable is
// another worker's, or gone.
func hopeless(err error) bool {
	var hash *ConfigHashError
	var name *NameError
	return errors.As(err, &hash) || errors.As(err, &name) || errors.Is(err, fs.ErrNotExist)
}
