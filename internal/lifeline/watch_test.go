package lifeline

import (
	"io"
	"testing"
	"testing/synctest"
	"time"
)

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
