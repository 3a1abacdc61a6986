package launcher

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os/exec"
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

// drainTime is how long the end of a worker's output is waited for after the
// worker ended. Only a process that the worker left behind can make it last.
const drainTime = 2 * time.Second

// child is a worker in a process of its own.
type child struct {
	worker   Worker
	cmd      *exec.Cmd
	lifeline io.Closer // the write end of its standard input
	log      *workerlog.Log
	start    time.Time

	listening chan greeting // its handshake, the first one only

	asked atomic.Bool     // it was told to end, so that its end is no news
	dead  atomic.Bool     // the process has ended
	gone  context.Context // ends when, after that, its log is complete and its end has been told
	exit  Exit            // to be read after that
}

type greeting struct {
	url string
	err error
}

// startChild runs the executable. died is told once, when the process has
// ended; gone ends after that.
func (l *launch) startChild(w Worker, executable string, died func(*child)) (*child, error) {
	log, err := l.openLog(w)
	if err != nil {
		return nil, err
	}
	c := &child{worker: w, log: log, start: time.Now(), listening: make(chan greeting, 1)}
	var greet sync.Once
	stdout := lines.New(func(line string) {
		url, ok, err := handshake(line)
		if !ok {
			log.Out(line)
			return
		}
		greet.Do(func() { c.listening <- greeting{url, err} })
	})
	stderr := lines.New(log.Err)

	// The process outlives the launch and its context; stop ends it.
	c.cmd = exec.CommandContext(context.Background(), executable)
	c.cmd.Dir = l.Dir
	c.cmd.Env = slices.Concat(l.environ, w.Env, variables(w))
	c.cmd.Stdout, c.cmd.Stderr = stdout, stderr
	c.cmd.WaitDelay = drainTime
	ownGroup(c.cmd)
	c.lifeline, err = c.cmd.StdinPipe()
	if err == nil {
		err = c.cmd.Start()
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("starting worker %s: %w", w.Name, err), log.Close())
	}
	var ended context.CancelFunc
	c.gone, ended = context.WithCancel(context.Background())
	go func() { // waited for by way of c.gone, in stop
		defer ended()
		c.wait()
		stdout.Flush()
		stderr.Flush()
		c.exit.LastWords = log.LastWords()
		if err := log.Close(); err != nil {
			l.Log.Warn("worker log", "worker", w.Name, "error", err)
		}
		died(c)
	}()
	return c, nil
}

// variables are what the worker is told.
func variables(w Worker) []string {
	env := []string{
		EnvHost + "=" + w.Host, EnvPort + "=" + strconv.Itoa(w.Port), EnvLifeline + "=" + environment.Stdin, EnvProtocol + "=" + handshakes.Version,
	}
	if w.Data != "" {
		env = append(env, EnvTrainData+"="+w.Data)
	}
	return env
}

// wait returns when the process has ended and its output has been read.
func (c *child) wait() {
	_ = c.cmd.Wait() // the state says more
	c.dead.Store(true)
	// What the worker left behind ends with it. Where nothing is left the group is
	// gone and so is its number, which no system gives to another so soon.
	killGroup(c.cmd.Process)
	c.exit = Exit{Worker: c.worker.Name, Code: -1}
	if state := c.cmd.ProcessState; state != nil {
		c.exit.Code, c.exit.Signal = state.ExitCode(), signalName(state)
	}
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

// meet waits for the handshake, then until the worker is ready. The URL is
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

// stop ends the process and returns when it is gone; an error says that it had
// to be killed.
func (c *child) stop(force context.Context, grace time.Duration) error {
	if c.gone.Err() != nil {
		return nil
	}
	c.asked.Store(true)
	c.askToEnd()
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
	killGroup(c.cmd.Process)
	<-c.gone.Done()
	return fmt.Errorf("worker %s did not end when asked and was killed", c.worker.Name)
}
