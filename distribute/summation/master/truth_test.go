package master_test

import (
	"math"
	"net/http"
	"os"
	"slices"
	"strings"
	"testing"

	"gonum.org/v1/gonum/mat"

	"github.com/gochimera/chimera/api"
	"github.com/gochimera/chimera/distribute/summation"
	"github.com/gochimera/chimera/internal/mastertest"
	"github.com/gochimera/chimera/internal/wire"
	"github.com/gochimera/chimera/learner"
)

const sixRounds = `{"rounds": 6}`

// However rows are dealt out, the model is that of one process with all of them, to the same bits.
func TestManyWorkersAreOneProcess(t *testing.T) {
	t.Parallel()
	rows := mastertest.ToyRows(90, 3)
	want := one(t, rows)
	byTarget := mastertest.AllOf(rows.Len())
	slices.SortFunc(byTarget, func(a, b int) int { return int(rows.Y[a] - rows.Y[b]) })
	for name, shards := range map[string][]learner.Dataset{
		"one": {rows}, "two, unequal": mastertest.Split(rows, 2), "seven, unequal": mastertest.Split(rows, 7),
		"five, by target": mastertest.Split(rows.Select(byTarget), 5),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := server{params: sixRounds}.start(t, shards...)
			fit := c.Fit()
			if got := c.answers(rows); got != want {
				t.Errorf("got  %.60s\nwant %.60s", got, want)
			}
			tr := fit.Training
			if fit.Rows != 90 || tr.Steps != 6 || tr.Rounds != 6 || tr.Stopped != api.StopMaxIter || len(tr.Loss) != 6 || tr.Loss[5] != 1./6 ||
				len(fit.Workers) != len(shards) {
				t.Errorf("%+v", fit)
			}
		})
	}
}

// A worker that dies anywhere in a fit, and is started again, is waited for, and its round repeated: the model has the same bits.
func TestALostWorkerIsWaitedFor(t *testing.T) {
	t.Parallel()
	rows := mastertest.ToyRows(60, 2)
	want := one(t, rows)
	for name, at := range map[string]struct {
		path  string
		n     int32
		round int
	}{
		"its columns": {api.PathSchema, 1, 1}, "the beginning": {summation.PathBegin, 1, 1},
		"the first round": {summation.PathSum, 1, 1}, "a later round": {summation.PathSum, 4, 4},
	} {
		for _, settings := range []string{"recovery_timeout: 24h", "recovery_timeout: 24h, quorum: 1"} {
			t.Run(name+", "+settings, func(t *testing.T) {
				t.Parallel()
				c := server{params: sixRounds, settings: settings}.start(t, mastertest.Split(rows, 3)...)
				revive := mortal(c, at.path, at.n)
				done := make(chan api.FitResponse, 1)
				go func() { done <- c.Fit() }()
				mastertest.Event(c.Cluster, func(e api.WorkerFailedEvent) bool { return e.Failure.Worker == "w2" })
				revive()
				fit := <-done
				if got := c.answers(rows); got != want {
					t.Errorf("got  %.60s\nwant %.60s", got, want)
				}
				r := fit.Training.Recoveries
				if len(r) != 1 || r[0].Worker != "w2" || r[0].Step != at.round || len(fit.Training.Missed) > 0 || fit.Rows != 60 {
					t.Errorf("%+v", fit)
				}
			})
		}
	}
}

// A worker that does not come back is left out if the quorum allows it: the model is that of the other rows, and the report says whose are missing.
func TestALostWorkerIsLeftOut(t *testing.T) {
	t.Parallel()
	shards := mastertest.Split(mastertest.ToyRows(60, 2), 3)
	c := server{params: sixRounds, settings: "recovery_timeout: 0s, quorum: 2"}.start(t, shards...)
	mortal(c, summation.PathSum, 4)
	fit := c.Fit()
	both := joined(shards[0], shards[2])
	if got, want := c.answers(both), one(t, both); got != want {
		t.Errorf("got  %.60s\nwant %.60s", got, want)
	}
	scaled := server{params: sixRounds, settings: "recovery_timeout: 0s, quorum: 2", more: "prepare: {scale: standard}\n"}
	c = scaled.start(t, shards...)
	mortal(c, summation.PathSum, 4)
	c.Fit()
	alone := scaled.start(t, shards[0], shards[2])
	alone.Fit()
	if got, want := c.answers(both), alone.answers(both); got != want {
		t.Errorf("scaled, the model still depends on the rows that are missing:\ngot  %.60s\nwant %.60s", got, want)
	}
	if m := fit.Training.Missed; len(m) != 1 || m[0].Worker != "w2" || m[0].Reason == "" || len(fit.Failures) != 1 ||
		fit.Rows != both.Len() || len(fit.Workers) != 2 {
		t.Errorf("%+v", fit)
	}
	if len(fit.Notes) == 0 || !strings.Contains(fit.Notes[0], "began anew without their rows") {
		t.Errorf("notes %q", fit.Notes)
	}
	if fit.Training.Rounds != 6 || fit.Workers[0].Steps != 6 || len(fit.Training.Loss) != 6 {
		t.Errorf("%+v", fit.Training)
	}
}

// joined are the rows of both.
func joined(a, b learner.Dataset) learner.Dataset {
	x := new(mat.Dense)
	x.Stack(a.X, b.X)
	return learner.Dataset{Schema: a.Schema, X: x, Y: append(slices.Clone(a.Y), b.Y...)}
}

// Without a quorum that allows it, a worker that does not come back ends the fit; the model before stays.
func TestALostWorkerEndsTheFit(t *testing.T) {
	t.Parallel()
	rows := mastertest.ToyRows(60, 2)
	c := server{params: sixRounds, settings: "recovery_timeout: 0s"}.start(t, mastertest.Split(rows, 3)...)
	c.Fit()
	before := c.answers(rows)
	mortal(c, summation.PathSum, 3)
	p := c.Problem(c.Paths().Fit, "", http.StatusBadGateway)
	if len(p.Workers) != 1 || p.Workers[0].Worker != "w2" {
		t.Errorf("%+v", p)
	}
	if got := c.answers(rows); got != before {
		t.Error("the model before is not served any more")
	}
}

// Sums that cannot be are refused, with the name of the worker that sent them.
func TestSumsThatCannotBe(t *testing.T) {
	t.Parallel()
	shards := mastertest.Split(mastertest.ToyRows(60, 2), 3)
	for name, tt := range map[string]struct {
		lie func(a *summation.SumAnswer, arrays []wire.Array) []wire.Array
		say string
	}{
		"another round": {func(a *summation.SumAnswer, arrays []wire.Array) []wire.Array { a.Round++; return arrays }, "instead of round 0"},
		"other rows":    {func(a *summation.SumAnswer, arrays []wire.Array) []wire.Array { a.Rows++; return arrays }, "rows instead of"},
		"negative time": {func(a *summation.SumAnswer, arrays []wire.Array) []wire.Array { a.Seconds = -1; return arrays }, "it took -1 seconds"},
		"too few counts": {func(_ *summation.SumAnswer, arrays []wire.Array) []wire.Array {
			arrays[0] = wire.Whole(summation.ArrayCounts, make([]int64, 1))
			return arrays
		}, "1 numbers instead of 2"},
		"numbers for counts": {func(_ *summation.SumAnswer, arrays []wire.Array) []wire.Array {
			arrays[0] = wire.Vector(summation.ArrayCounts, make([]float64, 2))
			return arrays
		}, "dtype"},
		"no terms": {func(_ *summation.SumAnswer, arrays []wire.Array) []wire.Array { return arrays[:1] }, "no array"},
		"NaN": {func(_ *summation.SumAnswer, arrays []wire.Array) []wire.Array {
			arrays[1].Data[0] = math.NaN()
			return arrays
		}, "finite"},
		"terms too many": {func(_ *summation.SumAnswer, arrays []wire.Array) []wire.Array {
			arrays[1] = wire.Vector(summation.ArrayTerms, append(slices.Clone(arrays[1].Data), 1))
			return arrays
		}, "terms too many"},
		"negative lengths": {func(_ *summation.SumAnswer, arrays []wire.Array) []wire.Array {
			lengths, _ := arrays[2].Whole()
			lengths[0] = -1
			return arrays
		}, "-1 terms"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := server{params: sixRounds, settings: "recovery_timeout: 0s"}.start(t, shards...)
			lieAboutSums(t, c.Workers[1], tt.lie)
			p := c.Problem(c.Paths().Fit, "", http.StatusBadGateway)
			if len(p.Workers) != 1 || p.Workers[0].Worker != "w2" || !strings.Contains(p.Workers[0].Reason, tt.say) {
				t.Errorf("%+v does not say %q of w2", p, tt.say)
			}
		})
	}
}

// The faults that chimera.yaml may ask for change what a worker sends: sums that cannot be are refused.
func TestFaults(t *testing.T) {
	t.Parallel()
	rows := mastertest.ToyRows(60, 2)
	shards := mastertest.Split(rows, 3)
	for how, says := range map[string]string{"nan": "finite", "scale": "overlap"} {
		c := server{params: sixRounds, settings: "recovery_timeout: 0s", faults: `{"corrupt": "` + how + `", "corrupt_rate": 1}`}.start(t, shards...)
		p := c.Problem(c.Paths().Fit, "", http.StatusBadGateway)
		if len(p.Workers) != 1 || p.Workers[0].Worker != "w2" || !strings.Contains(p.Workers[0].Reason, says) {
			t.Errorf("%s: %+v", how, p)
		}
	}
	c := server{params: sixRounds, faults: `{"corrupt": "sign", "corrupt_rate": 1}`}.start(t, mastertest.Split(rows, 2)...) // it has most of the rows
	if p := c.Problem(c.Paths().Fit, "", http.StatusUnprocessableEntity); !strings.Contains(p.Detail, "less than nothing") {
		t.Errorf("%+v", p)
	}
	c = server{params: sixRounds, faults: `{"delay": 0.001, "delay_rate": 1}`}.start(t, shards...)
	if c.Fit(); c.answers(rows) != one(t, rows) {
		t.Error("a delay changes the model")
	}
}

// Whole numbers that do not fit are no model.
func TestSumsTooLarge(t *testing.T) {
	t.Parallel()
	c := server{params: sixRounds}.start(t, mastertest.Split(mastertest.ToyRows(60, 2), 3)...)
	for _, w := range c.Workers {
		lieAboutSums(t, w, func(_ *summation.SumAnswer, arrays []wire.Array) []wire.Array {
			counts, _ := arrays[0].Whole()
			counts[0] = math.MaxInt64 / 2
			return arrays
		})
	}
	if p := c.Problem(c.Paths().Fit, "", http.StatusUnprocessableEntity); !strings.Contains(p.Detail, "too large for 64 bits") {
		t.Errorf("%+v", p)
	}
}

// A learner that cannot go on ends the fit with what it says.
func TestAnUnableLearner(t *testing.T) {
	t.Parallel()
	c := server{params: `{"fail": "advance"}`}.start(t, mastertest.ToyRows(30, 2))
	if p := c.Problem(c.Paths().Fit, "", http.StatusUnprocessableEntity); !strings.Contains(p.Detail, "after round 2: as the test wants") {
		t.Errorf("%+v", p)
	}
}

// A fit that was ended after any of its rounds, as by kill -9, goes on by itself when a master starts again, to the same bits.
func TestAFitGoesOn(t *testing.T) {
	t.Parallel()
	rows := mastertest.ToyRows(60, 2)
	rounds := &atRound{}
	s := server{params: sixRounds, settings: "checkpoint_every: 1 step", wrap: rounds.wrap}
	c := s.start(t, mastertest.Split(rows, 3)...)
	dir := t.TempDir()
	c.Dir = dir
	s.over(c)
	var snapshots []string
	rounds.do(func(int) {
		to := t.TempDir()
		if err := os.CopyFS(to, os.DirFS(dir)); err != nil {
			t.Error(err)
		}
		snapshots = append(snapshots, to)
	})
	want := c.Fit()
	answers := c.answers(rows)
	rounds.do(nil)
	if len(snapshots) != 6 || answers != one(t, rows) {
		t.Fatalf("%d rounds were seen", len(snapshots))
	}
	for k, snapshot := range snapshots {
		asked := 0
		rounds.do(func(int) { asked++ })
		c.Dir = snapshot
		s.over(c)
		job := c.ended(want.FitID)
		rounds.do(nil)
		got := *job.Result
		if !job.Resumed || asked != 6-k {
			t.Errorf("killed after %d rounds: resumed %t, then %d were asked for", k, job.Resumed, asked)
		}
		if r := got.Training.Resumed; k > 0 && (len(r) != 1 || r[0].From != k+1) {
			t.Errorf("killed after %d rounds: resumed %+v", k, r)
		}
		if !slices.Equal(got.Training.Loss, want.Training.Loss) || got.Training.Rounds != 6 || got.Workers[2].Steps != 6 {
			t.Errorf("killed after %d rounds: %+v", k, got)
		}
		if a := c.answers(rows); a != answers {
			t.Errorf("killed after %d rounds: %.60s\nundisturbed %.60s", k, a, answers)
		}
	}
}
