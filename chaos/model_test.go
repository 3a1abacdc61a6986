//go:build unix

package chaos

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/gochimera/chimera/api"
	"github.com/gochimera/chimera/distribute/aggregation"
	"github.com/gochimera/chimera/distribute/parameterserver"
)

// right is a history without fault, and the model that knows what is right: two workers predict 1 and 3.
func right(kind string) (model, *history) {
	m := model{
		kind: kind, names: []string{"w1", "w2"}, reference: [][]float64{{2}}, alone: [][][]float64{{{1}}, {{3}}},
		deadline: map[string]time.Duration{predict: time.Second},
	}
	h := newHistory()
	at := func(o op, start, end int) op {
		o.Start, o.End = time.Duration(start)*time.Second, time.Duration(end)*time.Second
		return o
	}
	both := []string{"w1", "w2"}
	h.ops = []op{
		at(op{What: fit, FitID: "f1", Finished: api.FitSucceeded}, 0, 1),
		at(op{What: predict, FitID: "f1", Y: []float64{2}, Workers: both}, 1, 2),
		at(op{What: predict, Err: "x", Problem: workersFailed("w2")}, 2, 3),
		at(op{What: fit, FitID: "f2", Finished: api.FitSucceeded}, 2, 6),
		at(op{What: predict, FitID: "f2", Y: []float64{2}, Workers: both}, 5, 6),
		at(op{What: predict, FitID: "f2", Y: []float64{2}, Workers: both}, 6, 7),
		at(op{What: cancel, FitID: "f3", Finished: api.FitCancelled}, 7, 8),
		at(op{What: fit, Err: "x", Problem: workersFailed("w1")}, 8, 9),
	}
	h.ended = map[string]api.FitState{"f1": api.FitSucceeded, "f2": api.FitSucceeded, "f3": api.FitCancelled, "f4": api.FitFailed}
	return m, h
}

func workersFailed(worker string) *api.Problem {
	p := api.NewProblem(api.CodeWorkersFailed, "All failed.")
	p.Workers = []api.WorkerFailure{{Worker: worker, Code: api.CodeWorkersFailed, Reason: "it is gone"}}
	return p
}

// A checker that finds nothing in a wrong history is worth nothing.
func TestModelFindsWhatIsWrong(t *testing.T) {
	for _, kind := range []string{aggregation.Name, parameterserver.Name} {
		m, h := right(kind)
		if wrong := m.check(h); wrong != nil {
			t.Errorf("%s: a right history: %q", kind, wrong)
		}
	}
	predicted := func(y float64, workers ...string) func(*history) {
		return func(h *history) { h.ops[5].Y, h.ops[5].Workers = []float64{y}, workers }
	}
	alone := func(h *history) {
		predicted(3, "w2")(h)
		h.ops[5].Absent = []string{"w1"}
	}
	for name, c := range map[string]struct {
		kind   string
		change func(h *history)
		want   string
	}{
		"another number":               {aggregation.Name, predicted(2.0000000001, "w1", "w2"), "the prediction is wrong"},
		"a worker less than it says":   {aggregation.Name, predicted(1, "w1", "w2"), "the prediction is wrong"},
		"a worker alone is right":      {aggregation.Name, alone, ""},
		"nobody says who is absent":    {aggregation.Name, predicted(3, "w2"), "nor named as absent"},
		"ended twice":                  {aggregation.Name, func(h *history) { h.event(api.FitFailedEvent{FitID: "f2"}) }, "the events say"},
		"a worker alone for a network": {parameterserver.Name, predicted(3), "the prediction is wrong"},
		"nobody is named":              {aggregation.Name, predicted(2), "no worker is named"},
		"a stranger is named":          {aggregation.Name, predicted(1, "w1", "w9"), "no worker is named"},
		"fewer rows":                   {aggregation.Name, func(h *history) { h.ops[5].Y = nil }, "the prediction is wrong"},
		"an older model":               {aggregation.Name, func(h *history) { h.ops[5].FitID = "f1" }, "an older model serves"},
		"an older model while fitting": {aggregation.Name, func(h *history) { h.ops[4].FitID = "f1" }, ""},
		"a model of the future":        {aggregation.Name, func(h *history) { h.ops[1].FitID = "f2"; h.ops[3].Start = 3 * time.Second }, "had not been fitted"},
		"a cancelled model":            {aggregation.Name, func(h *history) { h.ops[5].FitID = "f3" }, "never committed"},
		"a failed model":               {aggregation.Name, func(h *history) { h.ops[5].FitID = "f4" }, "never committed"},
		"a model of nobody":            {aggregation.Name, func(h *history) { h.ops[5].FitID = "" }, "never committed"},
		"ok, and not committed":        {aggregation.Name, func(h *history) { delete(h.ended, "f2") }, "the events say"},
		"cancelled, and yet committed": {aggregation.Name, func(h *history) { h.ended["f3"] = api.FitSucceeded }, "the events say"},
		"failed, and yet committed": {aggregation.Name, func(h *history) {
			h.ops[7].Problem.FitID, h.ended["f4"] = "f4", api.FitSucceeded
		}, "but the fit was committed"},
		"an error without a type":  {aggregation.Name, func(h *history) { h.ops[2].Problem = nil }, "has no type"},
		"a bug":                    {aggregation.Name, func(h *history) { h.ops[2].Problem = api.NewProblem(api.CodeInternal, "It is a bug.") }, "is blamed"},
		"the user is blamed":       {aggregation.Name, func(h *history) { h.ops[2].Problem.Code = api.CodeUnusableData }, "is blamed"},
		"an unknown code":          {aggregation.Name, func(h *history) { h.ops[2].Problem.Code = "oops" }, "says too little"},
		"no worker is blamed":      {aggregation.Name, func(h *history) { h.ops[2].Problem.Workers = nil }, "none is named"},
		"a stranger is blamed":     {aggregation.Name, func(h *history) { h.ops[2].Problem.Workers[0].Worker = "w9" }, "a worker that is none"},
		"no reason":                {aggregation.Name, func(h *history) { h.ops[2].Problem.Workers[0].Reason = "" }, "a worker that is none"},
		"too late":                 {aggregation.Name, func(h *history) { h.ops[2].End += 1100 * time.Millisecond }, "its deadline is 1s"},
		"late because nothing ran": {aggregation.Name, func(h *history) { h.ops[2].End += 2 * time.Second; h.ops[2].Stalled = time.Second }, ""},
		"partial, the same twice": {parameterserver.Name, func(h *history) {
			h.ops[3].Partial, h.ops[4].Y, h.ops[5].Y = true, []float64{5}, []float64{5}
		}, ""},
		"partial, not the same":         {parameterserver.Name, func(h *history) { h.ops[3].Partial = true; h.ops[4].Y = []float64{5} }, "the prediction is wrong"},
		"another fit's model as partly": {parameterserver.Name, func(h *history) { h.ops[3].Partial = true; h.ops[1].Y = []float64{5} }, "the prediction is wrong"},
	} {
		m, h := right(c.kind)
		c.change(h)
		wrong := m.check(h)
		found := slices.ContainsFunc(wrong, func(s string) bool { return strings.Contains(s, c.want) })
		if c.want == "" && wrong != nil || c.want != "" && !found {
			t.Errorf("%s: found %q, want %q", name, wrong, c.want)
		}
	}
}

// A plan follows from its seed, and neighbouring seeds cover all kinds of master with all launchers.
func TestPlans(t *testing.T) {
	pairs, faults := map[[2]string]bool{}, map[kind]bool{}
	for seed := range uint64(60) {
		p := newPlan(seed)
		if again := newPlan(seed); again.String() != p.String() || again.yaml() != p.yaml() {
			t.Errorf("seed %d: %v\nand %v", seed, p, again)
		}
		pairs[[2]string{p.Kind, p.Launcher}] = true
		for _, f := range p.Faults {
			faults[f.Kind] = true
			if f.Kind == kill && p.Launcher == inprocess || f.Worker >= p.Workers || f.At < 1 || f.Calls < 1 {
				t.Errorf("seed %d: %v", seed, f)
			}
		}
	}
	if len(pairs) != 2*len(kinds) || len(faults) != 7 {
		t.Errorf("%v, %v", pairs, faults)
	}
}
