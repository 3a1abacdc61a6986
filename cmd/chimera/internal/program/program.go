package program

import (
	"bufio"
	"bytes"
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

	"github.com/gochimera/chimera/internal/lifeline"
)

// Options say how to run a program.
type Options struct {
	Dir            string // the project's folder, which holds the main package
	Env            []string
	Stdout, Stderr io.Writer // of the program; nil discards
}

// Running is a program that serves a master.
type Running struct {
	URL  string // of the master
	cmd  *exec.Cmd
	dir  string // the binary's, removed at the end
	done chan struct{}
	err  error
	stop context.CancelFunc
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
	Err    error  // how it ended; nil if with status 0
	Output string // the last lines that it wrote to standard error
}

// Error is the program's last words.
func (e *ExitError) Error() string {
	last := strings.TrimSpace(e.Output)
	if last == "" && e.Err != nil {
		last = e.Err.Error()
	}
	if last == "" {
		last = "it ended with status 0"
	}
	return "the project's program ended: " + last
}

// stopWithin bounds the orderly end of a program that was asked to end.
const stopWithin = 20 * time.Second

// The lines by which chimera.Run tells where the master is, and that all is up.
const (
	masterLine = "  master   "
	readyLine  = "Ready: "
)

// Start builds the program, runs it and waits until its master is ready. It
// ends with ctx, with Stop, and with this program, whatever way that ends. The error is a *BuildError, an *ExitError, or
// ctx's.
func Start(ctx context.Context, o Options) (*Running, error) {
	dir, err := os.MkdirTemp("", "chimera-run-")
	if err != nil {
		return nil, err
	}
	r := &Running{dir: dir, done: make(chan struct{})}
	if err := r.build(ctx, o.Dir); err != nil {
		return nil, errors.Join(err, os.RemoveAll(dir))
	}
	running, stop := context.WithCancel(ctx)
	r.stop = stop
	ready, err := r.start(running, o)
	if err != nil {
		r.stop()
		return nil, errors.Join(err, os.RemoveAll(dir))
	}
	select {
	case r.URL = <-ready:
		return r, nil
	case <-r.done:
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		return nil, r.err
	}
}

func (r *Running) build(ctx context.Context, project string) error {
	cmd := exec.CommandContext(ctx, "go", "build", "-o", r.binary(), ".")
	cmd.Dir = project
	out, err := cmd.CombinedOutput()
	switch {
	case err == nil:
		return nil
	case ctx.Err() != nil:
		return ctx.Err()
	case len(bytes.TrimSpace(out)) > 0:
		return &BuildError{project, string(out)}
	default:
		return fmt.Errorf("the go command cannot be run, and the project's program needs it: %w", err)
	}
}

func (r *Running) binary() string { return filepath.Join(r.dir, "program.exe") } // Windows wants the ending, no other minds

// start runs the binary; ready gets the master's address.
func (r *Running) start(ctx context.Context, o Options) (ready <-chan string, err error) {
	cmd := exec.CommandContext(ctx, r.binary())
	cmd.Dir, cmd.Env = o.Dir, append(append(os.Environ(), "CHIMERA_PROJECT="+o.Dir), o.Env...)
	cmd.WaitDelay = stopWithin
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	words := &tail{next: o.Stderr}
	cmd.Stderr = words
	line, err := lifeline.Attach(cmd)
	if err != nil {
		return nil, err
	}
	detach(cmd, line)
	err = cmd.Start()
	line.Started()
	if err != nil {
		line.Close()
		return nil, fmt.Errorf("starting the project's program: %w", err)
	}
	r.cmd = cmd
	url := make(chan string, 1)
	go func() { // ends when the program does; Wait and Stop wait for it
		defer close(r.done)
		defer r.stop()
		defer line.Close()
		follow(stdout, o.Stdout, url)
		r.err = &ExitError{Err: cmd.Wait(), Output: words.String()}
		if err := os.RemoveAll(r.dir); err != nil {
			r.err = errors.Join(r.err, err)
		}
	}()
	return url, nil
}

// follow copies what the program prints and picks out the master's address,
// which it tells once the master is ready.
func follow(from io.Reader, to io.Writer, ready chan<- string) {
	lines := bufio.NewReader(from)
	url, told := "", false
	for {
		line, err := lines.ReadString('\n')
		if to != nil {
			_, _ = io.WriteString(to, line) // a reader that has gone must not stop the program
		}
		if rest, ok := strings.CutPrefix(line, masterLine); ok && url == "" {
			url = strings.TrimSpace(rest)
		}
		if strings.HasPrefix(line, readyLine) && !told {
			ready <- url
			told = true
		}
		if err != nil {
			return
		}
	}
}

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

// tail passes on what is written and keeps the end of it.
type tail struct {
	next io.Writer
	mu   sync.Mutex
	kept []byte
}

const keptBytes = 2 << 10

// Write passes p on.
func (t *tail) Write(p []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.kept = append(t.kept, p...)
	if len(t.kept) > keptBytes {
		t.kept = t.kept[len(t.kept)-keptBytes:]
	}
	if t.next != nil {
		return t.next.Write(p)
	}
	return len(p), nil
}

// String is the last line that was written.
func (t *tail) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	text := strings.TrimRight(string(t.kept), "\n")
	return text[strings.LastIndex(text, "\n")+1:]
}
