//go:build unix

package chaos

import (
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/gochimera/chimera/api"
	"github.com/gochimera/chimera/distribute/aggregation"
)

// model knows what is right: what the master of a kind may answer.
type model struct {
	kind      string
	names     []string                 // of the workers
	reference [][]float64              // what all workers together predict for each set of rows
	alone     [][][]float64            // of an aggregation: what each worker predicts for each set of rows
	deadline  map[string]time.Duration // of an operation by the settings
}

// grace is how much later than its deadline an answer may come.
const grace = time.Second

// check finds everything in a history that is wrong.
func (m model) check(h *history) []string {
	h.mu.Lock()
	defer h.mu.Unlock()
	c := &checking{model: m, ended: h.ended, order: map[string]int{}, seen: map[string][]float64{}, partial: map[string]bool{}}
	for _, o := range h.ops {
		if o.What == fit || o.What == cancel {
			c.fits = append(c.fits, o)
		}
	}
	slices.SortFunc(c.fits, func(a, b op) int { return int(a.Start - b.Start) })
	for i, f := range c.fits {
		if f.FitID != "" {
			c.order[f.FitID], c.partial[f.FitID] = i, f.Partial
		}
	}
	for _, o := range h.ops {
		c.op(o)
	}
	return c.wrong
}

// checking is a check of one history.
type checking struct {
	model
	ended   map[string]api.FitState
	fits    []op                 // in the order of their starts
	order   map[string]int       // index in fits, by ID
	partial map[string]bool      // fits in which not every worker took part
	seen    map[string][]float64 // the first prediction of a partial fit, by fit and rows
	wrong   []string
}

func (c *checking) fail(o op, format string, args ...any) {
	c.wrong = append(c.wrong, fmt.Sprintf(format, args...)+"\n    "+o.String())
}

func (c *checking) op(o op) {
	if limit, ok := c.deadline[o.What]; ok && o.took() > limit+grace {
		c.fail(o, "it took %v, its deadline is %v", o.took(), limit)
	}
	if o.Err != "" {
		c.refusal(o)
		return
	}
	switch o.What {
	case predict:
		c.prediction(o)
	case fit, cancel:
		if state, known := c.ended[o.FitID]; !known || state != o.Finished {
			c.fail(o, "the reply says that the fit %s, the events say %q", o.Finished, state)
		}
	}
}

// refusal checks an error: it is typed and says who failed.
func (c *checking) refusal(o op) {
	p := o.Problem
	switch {
	case p == nil:
		c.fail(o, "the error has no type")
	case p.Detail == "" || !slices.ContainsFunc(api.Codes(), func(i api.CodeInfo) bool { return i.Code == p.Code }):
		c.fail(o, "the problem says too little: %+v", p)
	case p.Code == api.CodeInternal || p.Code == api.CodeMalformedBody || p.Code == api.CodeInvalidRequest || p.Code == api.CodeUnusableData ||
		p.Code == api.CodeNotFitted:
		c.fail(o, "the caller or a bug is blamed for what a fault did: %s", p.Detail)
	case (p.Code == api.CodeWorkersFailed || p.Code == api.CodeWorkersTimeout) && len(p.Workers) == 0:
		c.fail(o, "workers failed, and none is named")
	}
	for _, f := range failures(p) {
		if !slices.Contains(c.names, f.Worker) || f.Reason == "" {
			c.fail(o, "a worker that is none: %+v", f)
		}
	}
	if (o.What == fit || o.What == cancel) && p != nil && p.FitID != "" && c.ended[p.FitID] == api.FitSucceeded {
		c.fail(o, "the reply is an error, but the fit was committed")
	}
}

// prediction checks a reply: of which model it is, and that it is what this model predicts.
func (c *checking) prediction(o op) {
	at, known := c.order[o.FitID]
	if c.ended[o.FitID] != api.FitSucceeded {
		c.fail(o, "the model that serves was never committed (%q)", c.ended[o.FitID])
	}
	for i, f := range c.fits {
		if f.Err == "" && f.Finished == api.FitSucceeded && f.End <= o.Start && known && i > at {
			c.fail(o, "fit %s had ended before, and an older model serves", f.FitID)
		}
	}
	if known && c.fits[at].Start > o.End {
		c.fail(o, "the model that serves had not been fitted")
	}
	want := c.reference[o.Rows]
	switch {
	case c.kind == aggregation.Name:
		if want = c.combined(o); want == nil {
			c.fail(o, "no worker is named, or one that is none")
			return
		}
	case c.partial[o.FitID]:
		key := fmt.Sprint(o.FitID, " ", o.Rows)
		if c.seen[key] == nil {
			c.seen[key] = o.Y
		}
		want = c.seen[key]
	}
	if !slices.EqualFunc(o.Y, want, func(a, b float64) bool { return math.Float64bits(a) == math.Float64bits(b) }) {
		c.fail(o, "the prediction is wrong: want %.17g", want)
	}
}

// combined is the mean of what the named workers predict, in the order of the configuration.
func (c *checking) combined(o op) []float64 {
	sum, n := make([]float64, len(c.reference[o.Rows])), 0
	for i, name := range c.names {
		if !slices.Contains(o.Workers, name) {
			continue
		}
		for k, v := range c.alone[i][o.Rows] {
			sum[k] += v
		}
		n++
	}
	if n == 0 || n != len(o.Workers) {
		return nil
	}
	for _, name := range c.names {
		if slices.Contains(o.Workers, name) == slices.Contains(o.Absent, name) {
			c.fail(o, "worker %s is neither in the prediction nor named as absent, or both", name)
		}
	}
	for k := range sum {
		sum[k] /= float64(n)
	}
	return sum
}

func failures(p *api.Problem) []api.WorkerFailure {
	if p == nil {
		return nil
	}
	return p.Workers
}
