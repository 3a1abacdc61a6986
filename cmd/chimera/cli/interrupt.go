package cli

import (
	"context"
	"io"
	"os"
	"time"
)

const saidInterrupted = "chimera: interrupted"

// oneSignal is for how long further signals count as the first one: the go command passes on a signal that a terminal has sent
// to both (go tool chimera).
const oneSignal = time.Second

// untilSignal returns a context that ends with the first signal, or with parent. Whoever does not look at it, as a read that
// waits, is ended by the next signal: exit is called.
func untilSignal(parent context.Context, signals <-chan os.Signal, exit func()) context.Context {
	ctx, end := context.WithCancel(parent)
	go func() {
		<-signals
		end()
		over := time.After(oneSignal)
		for same := true; same; {
			select {
			case <-signals:
			case <-over:
				same = false
			}
		}
		<-signals
		exit()
	}()
	return ctx
}

// input is an input whose reads end with a context, as those of a terminal or a pipe do not by themselves.
type input struct {
	ctx  context.Context // of the command that reads
	in   io.Reader
	done chan portion
	next []byte // was read and not yet taken
	err  error  // comes after that
	room []byte // of the reads themselves: one that is left behind still writes there
}

// portion is what a read returned.
type portion struct {
	bytes int
	err   error
}

// inputBlock is how much is read at once.
const inputBlock = 64 << 10

func newInput(ctx context.Context, in io.Reader) *input {
	return &input{ctx: ctx, in: in, done: make(chan portion, 1), room: make([]byte, inputBlock)}
}

// Read reads what is there. The error is that of the context once it has ended; a goroutine that waits for more is left behind then.
func (r *input) Read(p []byte) (int, error) {
	if len(r.next) == 0 && r.err == nil {
		r.wait()
	}
	if len(r.next) == 0 {
		return 0, r.err
	}
	n := copy(p, r.next)
	r.next = r.next[n:]
	return n, nil
}

// wait waits for a read, or for the end of the context.
func (r *input) wait() {
	if r.err = r.ctx.Err(); r.err != nil {
		return
	}
	go func() {
		n, err := r.in.Read(r.room)
		r.done <- portion{n, err}
	}()
	select {
	case got := <-r.done:
		r.next, r.err = r.room[:got.bytes], got.err
	case <-r.ctx.Done():
		r.err = r.ctx.Err()
	}
}
