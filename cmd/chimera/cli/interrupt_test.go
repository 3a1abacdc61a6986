package cli

import (
	"context"
	"errors"
	"io"
	"os"
	"strings"
	"testing"
	"testing/iotest"
	"testing/synctest"
	"time"
)

// The first signal ends the context, the next one the program; what arrives at once with the first is the same signal.
func TestUntilSignal(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		signals, exited := make(chan os.Signal, 1), false
		ctx := untilSignal(t.Context(), signals, func() { exited = true })
		synctest.Wait()
		if ctx.Err() != nil {
			t.Fatal("it ended without a signal")
		}
		for range 2 {
			signals <- os.Interrupt
			synctest.Wait()
			if !errors.Is(ctx.Err(), context.Canceled) || exited {
				t.Fatalf("%v, and exited is %t", ctx.Err(), exited)
			}
		}
		time.Sleep(oneSignal)
		synctest.Wait()
		if exited {
			t.Error("one signal was taken for two")
		}
		signals <- os.Interrupt
		synctest.Wait()
		if !exited {
			t.Error("the second signal does not end it")
		}
	})
	synctest.Test(t, func(t *testing.T) {
		parent, gone := context.WithCancel(t.Context())
		signals, exited := make(chan os.Signal, 1), false
		ctx := untilSignal(parent, signals, func() { exited = true })
		gone()
		if ctx.Err() == nil {
			t.Error("it outlives its parent")
		}
		signals <- os.Interrupt // so that nothing is left behind
		time.Sleep(2 * oneSignal)
		signals <- os.Interrupt
		synctest.Wait()
		if !exited {
			t.Error("signals do not end it")
		}
	})
}

// An input is read as it is, until its context ends: then nothing more comes, and a read that waits returns.
func TestInput(t *testing.T) {
	text := strings.Repeat("0123456789", inputBlock/5)
	if err := iotest.TestReader(newInput(t.Context(), strings.NewReader(text)), []byte(text)); err != nil {
		t.Error(err)
	}
	if got, err := io.ReadAll(newInput(t.Context(), iotest.ErrReader(io.ErrClosedPipe))); len(got) > 0 || !errors.Is(err, io.ErrClosedPipe) {
		t.Errorf("%q, %v", got, err)
	}
	synctest.Test(t, func(t *testing.T) {
		ctx, end := context.WithCancel(t.Context())
		theirs, ours := io.Pipe()
		in, ended := newInput(ctx, theirs), make(chan error, 1)
		go func() {
			_, err := io.ReadAll(in)
			ended <- err
		}()
		if _, err := ours.Write([]byte("begun")); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		end()
		if err := <-ended; !errors.Is(err, context.Canceled) {
			t.Error(err)
		}
		if n, err := in.Read(make([]byte, 1)); n != 0 || !errors.Is(err, context.Canceled) {
			t.Errorf("afterwards: %d, %v", n, err)
		}
		_ = ours.Close() // it never fails; the read that was left behind ends
	})
}
