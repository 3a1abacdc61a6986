package launching

import (
	"context"
	"sync"
	"time"
)

// followAgain is how long the log of a worker that is ready may lack its announcement before it is followed anew.
const followAgain = time.Second

// Announcement is the line by which a worker says that it listens, in a log that comes by way of an engine.
type Announcement struct {
	came  chan struct{}
	once  sync.Once
	again chan struct{}
}

// NewAnnouncement is one that has not come yet.
func NewAnnouncement() *Announcement {
	return &Announcement{came: make(chan struct{}), again: make(chan struct{}, 1)}
}

// Came is closed when it has come, or when the worker has said why it will not.
func (a *Announcement) Came() <-chan struct{} { return a.came }

func (a *Announcement) come() { a.once.Do(func() { close(a.came) }) }

// Again asks for the log to be followed anew. An engine that follows a log can miss what is written just as it begins to, and passes that on
// only with the next line, which a worker without work does not write: a new reading begins with it.
func (a *Announcement) Again() <-chan struct{} { return a.again }

// Await waits for the announcement of a worker that is ready. The engine may not have passed it on yet; one that does not do so
// within patience is no reason to do without the worker.
func (a *Announcement) Await(ctx context.Context, patience time.Duration) error {
	bounded, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	look := time.NewTicker(followAgain)
	defer look.Stop()
	for {
		select {
		case <-a.came:
			return ctx.Err()
		case <-bounded.Done():
			return ctx.Err()
		case <-look.C:
			select {
			case a.again <- struct{}{}:
			default: // it has been asked for
			}
		}
	}
}
