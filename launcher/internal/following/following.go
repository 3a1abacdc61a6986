// Package following reads a log by a goroutine of its own, while what writes it goes on.
// It imports the standard library only.
package following

import (
	"context"
	"time"
)

// drainTime is how long a log that is being followed may take to come to its end after what writes it has ended. What is
// missing then is read afterwards.
const drainTime = 2 * time.Second

// Following is a log that is being read; nil is one that is not. One goroutine ends it.
type Following struct {
	cancel context.CancelFunc
	over   chan struct{} // closed when what writes the log has ended
	done   chan struct{}
}

// Begin begins to read. read returns when the log has ended, or ctx has; a reading that breaks off is not begun again once over is closed.
func Begin(ctx context.Context, read func(ctx context.Context, over <-chan struct{})) *Following {
	ctx, cancel := context.WithCancel(ctx)
	f := &Following{cancel, make(chan struct{}), make(chan struct{})}
	go func() { // waited for in End
		defer close(f.done)
		read(ctx, f.over)
	}()
	return f
}

// Ended is closed when nothing is read any more; nil if nothing ever was.
func (f *Following) Ended() <-chan struct{} {
	if f == nil {
		return nil
	}
	return f.done
}

// End stops the reading, if there is one, and returns when it has stopped.
func (f *Following) End() {
	if f == nil {
		return
	}
	f.cancel()
	<-f.done
}

// Drain lets the reading, if there is one, come to its end, since what writes the log has ended, but not for long. It is called once.
func (f *Following) Drain(ctx context.Context) {
	if f == nil {
		return
	}
	close(f.over)
	ctx, cancel := context.WithTimeout(ctx, drainTime)
	defer cancel()
	select {
	case <-f.done:
	case <-ctx.Done():
	}
	f.End()
}
