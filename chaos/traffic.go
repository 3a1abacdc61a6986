//go:build unix

package chaos

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"slices"
	"sync"
	"time"

	"gonum.org/v1/gonum/mat"

	"github.com/gochimera/chimera/api"
	"github.com/gochimera/chimera/client"
	"github.com/gochimera/chimera/distribute/aggregation"
	"github.com/gochimera/chimera/internal/transport"
	"github.com/gochimera/chimera/internal/wire"
	"github.com/gochimera/chimera/learner"
	"github.com/gochimera/chimera/prepare/table"
)

// traffic is the clients of a master.
type traffic struct {
	*history
	master  *client.Client
	columns []string
	rows    []*mat.Dense // the sets of rows that are predicted
}

// newTraffic makes clients that ask about a few sets of rows.
func newTraffic(h *history, master *client.Client) *traffic {
	t := &traffic{history: h, master: master, columns: []string{"b", "a"}}
	r := learner.NewRand(7)
	for n := 1; n <= 3; n++ {
		x := mat.NewDense(n, 2, nil)
		for i := range n {
			x.SetRow(i, []float64{r.NormFloat64(), r.NormFloat64()})
		}
		t.rows = append(t.rows, x)
	}
	return t
}

// predict asks for predictions for a set of rows.
func (t *traffic) predict(ctx context.Context, rows int) op {
	return t.do(predict, rows, func(o *op) {
		p, err := t.master.Predict(ctx, t.columns, t.rows[rows])
		if o.failed(err) {
			return
		}
		o.FitID, o.Y, o.Workers = p.FitID, p.Y.Values, p.Workers
		for _, f := range p.Failures {
			o.Absent = append(o.Absent, f.Worker)
		}
	})
}

// fit fits and waits for the result.
func (t *traffic) fit(ctx context.Context) op {
	return t.do(fit, 0, func(o *op) {
		result, err := t.master.Fit(ctx)
		if o.failed(err) {
			return
		}
		o.FitID, o.Finished = result.FitID, api.FitSucceeded
		o.Partial = len(result.Failures) > 0 || slices.ContainsFunc(result.Workers, func(w api.WorkerFit) bool { return w.Missed > 0 })
	})
}

// cancel begins a fit, cancels it, and waits for its end, which may be a commit after all.
func (t *traffic) cancel(ctx context.Context) op {
	return t.do(cancel, 0, func(o *op) {
		id, err := t.master.StartFit(ctx)
		if o.failed(err) {
			return
		}
		o.FitID = id
		var p *api.Problem
		err = t.master.Cancel(ctx)
		ended := errors.As(err, &p) && p.Code == api.CodeNoFitRunning // before it could be cancelled
		if !ended && o.failed(err) {
			return
		}
		result, err := t.master.WaitFit(ctx, id)
		var other *client.FitError
		switch {
		case err == nil:
			o.Finished, o.Partial = api.FitSucceeded, len(result.Failures) > 0
		case errors.As(err, &other):
			o.Finished = other.Job.State
		default:
			o.failed(err)
		}
	})
}

// failed records an error, if there is one.
func (o *op) failed(err error) bool {
	if err == nil {
		return false
	}
	_ = errors.As(err, &o.Problem) // it stays nil for one without a type
	o.Err = err.Error()
	return true
}

// flow keeps the clients busy until ctx ends or enough says so. An operation under way is finished.
func (t *traffic) flow(ctx context.Context, seed uint64, enough func() bool) {
	flowing, end := context.WithCancel(ctx)
	var clients sync.WaitGroup
	client := func(pause time.Duration, again func(r *rand.Rand, n int)) {
		name := fmt.Sprint(len(t.rows), pause)
		clients.Go(func() {
			r := learner.NewRand(learner.Seed(seed, "client", name))
			for n := 0; flowing.Err() == nil; n++ {
				again(r, n)
				wait(flowing, time.After(pause)) // the machine has other work
			}
		})
	}
	for _, pause := range []time.Duration{5 * time.Millisecond, 11 * time.Millisecond} {
		client(pause, func(r *rand.Rand, _ int) { t.predict(ctx, r.IntN(len(t.rows))) })
	}
	client(50*time.Millisecond, func(*rand.Rand, int) {
		t.do(status, 0, func(o *op) { _, err := t.master.Status(ctx); o.failed(err) })
	})
	client(20*time.Millisecond, func(_ *rand.Rand, n int) {
		if n%3 == 2 {
			t.cancel(ctx)
		} else {
			t.fit(ctx)
		}
		if enough() {
			end()
		}
	})
	clients.Wait()
	end()
}

// listen records the master's events until ctx ends.
func (t *traffic) listen(ctx context.Context) {
	err := t.master.Events(ctx, func(e client.Event) bool {
		t.event(e.Event)
		return true
	})
	if err != nil && ctx.Err() == nil {
		t.note("the events ended: " + err.Error())
	}
}

// alone asks a worker of an aggregation directly, past the proxies, what its own model predicts.
func (t *traffic) alone(ctx context.Context, url string) ([][]float64, error) {
	direct := transport.New(1 << 20)
	defer direct.Close()
	var all [][]float64
	for _, x := range t.rows {
		body, err := wire.EncodePredict(nil, table.Rows{Columns: t.columns, X: x})
		if err != nil {
			return nil, err
		}
		var answer aggregation.PredictResponse
		if err := direct.JSON(ctx, http.MethodPost, url+aggregation.PathPredict, json.RawMessage(body), &answer); err != nil {
			return nil, err
		}
		all = append(all, answer.Y)
	}
	return all, nil
}
