package lifeline

import (
	"io"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// A program follows the process that was its parent in the beginning.
func TestParentGone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var parent atomic.Int64
		parent.Store(7)
		exited := make(chan int, 1)
		gone := followParent(7, func() int { return int(parent.Load()) }, func(status int) { exited <- status })
		time.Sleep(time.Hour)
		if gone.Err() != nil {
			t.Fatal("it ended before its parent")
		}
		parent.Store(1)
		<-gone.Done()
		if status := <-exited; status != 1 {
			t.Errorf("ended with status %d", status)
		}
	})
}

// Nobody is left who would kill a program that does not end.
func TestWhatDoesNotEndIsEnded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		end, held := io.Pipe()
		status := make(chan int, 1)
		ctx := follow(end, func(s int) { status <- s })
		time.Sleep(time.Hour) // of the bubble's clock: the starter lives
		if ctx.Err() != nil {
			t.Fatal("it ended before its starter")
		}
		begin := time.Now()
		if err := held.Close(); err != nil {
			t.Fatal(err)
		}
		<-ctx.Done()
		if s := <-status; s != 1 || time.Since(begin) != endWithin {
			t.Errorf("status %d after %v", s, time.Since(begin))
		}
	})
}
