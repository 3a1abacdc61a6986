package cluster_test

import (
	"context"
	"errors"
	"net/http"
	"sync/atomic"
	"testing"

	"github.com/gochimera/chimera/distribute/aggregation/master"
	"github.com/gochimera/chimera/internal/mastertest"
	"github.com/gochimera/chimera/internal/watch"
	"github.com/gochimera/chimera/masters/cluster"
)

type unwritable struct{ err error }

func (u unwritable) Write([]byte) (int, error) { return 0, u.err }

// Those who watch are told of the end of a call whose answer cannot be written, which is not the worker's fault.
func TestAnAnswerThatCannotBeWrittenHasEnded(t *testing.T) {
	t.Parallel()
	var begun atomic.Int32
	ends := make(chan watch.Result, 10)
	c := mastertest.New(t, master.New())
	c.Add("w1", func() http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("a frame")) })
	})
	c.Adjust = func(s *cluster.Setup) {
		s.Watch = append(s.Watch, &watch.Master{Call: func(ctx context.Context, _ watch.Call) (context.Context, func(watch.Outcome)) {
			begun.Add(1)
			return ctx, func(o watch.Outcome) { ends <- o.Result }
		}})
	}
	c.Serve("workers: [{name: w1, learner: mean}]\n", c.Registry())
	disk := errors.New("the disk is full")
	_, err := cluster.FetchFrame[struct{}](t.Context(), c.Server.Cluster, c.Server.Members[0], "/large", unwritable{disk})
	var unwritten *cluster.WriteError
	if !errors.As(err, &unwritten) || !errors.Is(err, disk) {
		t.Errorf("got %v, want a *WriteError for %v", err, disk)
	}
	if begun.Load() != 1 || len(ends) != 1 {
		t.Fatalf("%d calls have begun, %d have ended", begun.Load(), len(ends))
	}
	if got := <-ends; got != watch.Cancelled {
		t.Errorf("it has ended as %s, want %s", got, watch.Cancelled)
	}
}
