package program

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/gochimera/chimera/client"
	"github.com/gochimera/chimera/internal/environment"
	"github.com/gochimera/chimera/internal/gobuild"
	"github.com/gochimera/chimera/internal/handshake"
	"github.com/gochimera/chimera/internal/lifeline"
	"github.com/gochimera/chimera/internal/lines"
)

// Options say how to run a program.
type Options struct {
	Dir            string // the project's folder, which holds the main package
	Project        string // another folder, for a project that this program is to run; "" is Dir
	Executable     string // of the program, if Build has built it
	Env            []string
	Stdout, Stderr io.Writer // of the program; nil discards
}

// Running is a program that serves a master.
type Running struct {
	URL string // of the master

	token       string // with which it may be called; empty if it asks for none
	certificate string // by which it is known; empty if it does not talk TLS
	done        chan struct{}
	err         error
	stop        context.CancelFunc
}

// Client makes a client of the master, which may do everything.
func (r *Running) Client() (*client.Client, error) {
	var opts []client.Option
	if r.token != "" {
		opts = append(opts, client.WithToken(r.token))
	}
	if r.certificate != "" {
		opts = append(opts, client.WithCA([]byte(r.certificate)))
	}
	return client.New(r.URL, opts...)
}

// BuildError is a program that does not build.
type BuildError struct {
	Dir    string
	Output string // of the compiler
}

// Error is what the compiler says.
func (e *BuildError) Error() string {
	return fmt.Sprintf("the program in %s does not build:\n%s", e.Dir, strings.TrimSpace(e.Output))
}

// ExitError is a program that ended by itself.
type ExitError struct {
	Err     error            // how it ended; nil if with status 0
	Reason  handshake.Reason // that it reported; empty if it did not
	Message string           // that it reported, for people
	Output  string           // the line of its standard error that most likely says why
	Said    bool             // what it reported was on its standard error, which the caller was handed
}

// Error is what the program reported, or its last words.
func (e *ExitError) Error() string {
	for _, text := range []string{e.Message, e.Output} {
		if text = strings.TrimSpace(text); text != "" {
			return "the project's program ended: " + text
		}
	}
	if e.Err != nil {
		return "the project's program ended: " + e.Err.Error()
	}
	return "the project's program ended: it ended with status 0"
}

// stopWithin bounds the orderly end of a program that was asked to end.
const stopWithin = 20 * time.Second

// drainWithin bounds the reading of what a program that has ended reported.
const drainWithin = 2 * time.Second

// Start builds the program, runs it and waits until its master is ready, which
// the program reports by its handshake. It ends with ctx, with Stop, and with this
// program, however that ends. The error is a *BuildError, a *SilentError,
// an *ExitError, a *handshake.VersionError or ctx's.
func Start(ctx context.Context, o Options) (*Running, error) {
	executable := o.Executable
	if executable == "" {
		var err error
		if executable, err = Build(ctx, o.Dir); err != nil {
			return nil, err
		}
	}
	running, stop := context.WithCancel(ctx)
	r := &Running{done: make(chan struct{}), stop: stop}
	reported, err := r.start(running, executable, o)
	if err != nil {
		stop()
		return nil, err
	}
	select {
	case <-reported.ready:
		r.URL, r.token, r.certificate = reported.url, reported.token, reported.certificate
		return r, nil
	case <-r.done:
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		return nil, r.err
	}
}

// Build returns the executable of the program in a project's folder, in the cache. The error is a *BuildError, a
// *SilentError or ctx's.
func Build(ctx context.Context, project string) (string, error) {
	executable, err := build(ctx, project)
	if err != nil {
		return "", err
	}
	return executable, checkReports(executable, project)
}

func build(ctx context.Context, project string) (string, error) {
	dir, err := filepath.Abs(project)
	if err != nil {
		return "", err
	}
	executable, err := gobuild.Program(ctx, dir)
	return executable, built(project, err)
}

// BuildTexts builds programs that are not in a project's folder, of the texts of their mains by name, in the project's module.
// It returns the executables by name. The error is that of Build.
func BuildTexts(ctx context.Context, project string, mains map[string][]byte) (map[string]string, error) {
	dir, err := filepath.Abs(project)
	if err != nil {
		return nil, err
	}
	executables, err := gobuild.Texts(ctx, dir, mains)
	if err != nil {
		return nil, built(project, err)
	}
	for _, executable := range executables {
		if err := checkReports(executable, project); err != nil {
			return nil, err
		}
	}
	return executables, nil
}

// built is the error of a build for those who called for it.
func built(project string, err error) error {
	var failed *gobuild.Error
	switch {
	case errors.As(err, &failed) && failed.Output != "":
		return &BuildError{project, failed.Output}
	case errors.As(err, &failed):
		return fmt.Errorf("the go command cannot be run, and the project's program needs it: %w", failed.Err)
	default:
		return err
	}
}

// report is what a program has reported so far.
type report struct {
	ready   chan struct{} // closed when the master is ready; url is known then
	once    sync.Once
	url     string
	token   string
	reason  handshake.Reason
	message string

	certificate string
}

// take notes one message of the program.
func (r *report) take(m handshake.Message) {
	switch m.Event {
	case handshake.Listening:
		r.url, r.token, r.certificate = m.URL, m.Token, m.Certificate
	case handshake.Ready:
		r.once.Do(func() { close(r.ready) })
	case handshake.Failed:
		r.reason, r.message = m.Reason, m.Message
	}
}

// start runs the executable.
func (r *Running) start(ctx context.Context, executable string, o Options) (*report, error) {
	cmd := exec.CommandContext(ctx, executable)
	project := o.Project
	if project == "" {
		project = o.Dir
	}
	cmd.Dir, cmd.Env = o.Dir, append(append(os.Environ(), environment.Project+"="+project), o.Env...)
	cmd.WaitDelay = stopWithin
	var last lines.Tail
	words := lines.New(last.Add)
	cmd.Stdout, cmd.Stderr = lasting(o.Stdout), io.MultiWriter(words, lasting(o.Stderr))
	line, err := lifeline.Attach(cmd)
	if err != nil {
		return nil, err
	}
	listener, err := handshake.Attach(cmd)
	if err != nil {
		line.Started()
		line.Close()
		return nil, err
	}
	detach(cmd, line)
	err = cmd.Start()
	line.Started()
	listener.Started()
	if err != nil {
		line.Close()
		listener.Close()
		return nil, fmt.Errorf("starting the project's program: %w", err)
	}
	reported, heard := &report{ready: make(chan struct{})}, make(chan error, 1)
	go func() { // ends when the program does, at the latest when the listener is closed
		err := listener.Messages(reported.take)
		if err != nil {
			r.stop() // nobody understands what it reports
		}
		heard <- err
	}()
	go func() { // likewise; Wait and Stop wait for it
		defer close(r.done)
		defer r.stop()
		defer line.Close()
		ended := cmd.Wait()
		words.Flush()
		// The program's end of the pipe has closed with it. Only a process that it left
		// behind can hold it open, and that one reports nothing.
		giveUp := time.AfterFunc(drainWithin, listener.Close)
		r.err = <-heard
		giveUp.Stop()
		listener.Close()
		if r.err == nil {
			r.err = &ExitError{
				Err: ended, Reason: reported.reason, Message: reported.message, Output: last.Reason(),
				Said: o.Stderr != nil && reported.message != "" && strings.Contains(last.String(), strings.TrimSpace(reported.message)),
			}
		}
	}()
	return reported, nil
}

// lasting writes to w and ignores its errors, so that they do not stop the program:
// whoever reads may have gone.
func lasting(w io.Writer) io.Writer {
	if w == nil {
		return io.Discard
	}
	return writerFunc(func(p []byte) (int, error) {
		_, _ = w.Write(p)
		return len(p), nil
	})
}

type writerFunc func([]byte) (int, error)

func (f writerFunc) Write(p []byte) (int, error) { return f(p) }

// Done is closed when the program has ended.
func (r *Running) Done() <-chan struct{} { return r.done }

// Wait waits until the program ends. The error is an *ExitError, or nil if it
// was stopped, or ended with status 0.
func (r *Running) Wait(ctx context.Context) error {
	<-r.done
	var exit *ExitError
	if ctx.Err() != nil || errors.As(r.err, &exit) && exit.Err == nil {
		return nil
	}
	return r.err
}

// Stop ends the program and waits for it.
func (r *Running) Stop() {
	r.stop()
	<-r.done
}
