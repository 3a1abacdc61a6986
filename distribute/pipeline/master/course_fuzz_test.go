package master

import (
	"math"
	"reflect"
	"testing"

	"github.com/gochimera/chimera/api"
	"github.com/gochimera/chimera/learner/optimise"
)

// The master's file of a checkpoint comes back as it was written; anything else is an error.
func FuzzCourse(f *testing.F) {
	at := course{
		epoch: 2, step: 3, seen: 40, batch: 1, sum: 0.1, rate: 1e-3, divisor: 5, keep: true, hasBest: true, norm: 0.3,
		loss: []float64{3, 2, 1}, seconds: []float64{0.1, 0.2, 0.3}, epochs: []float64{2.5, 1}, validations: []float64{0.5, 0.75},
	}
	at.stopping.Restore(optimise.StoppingState{Tol: 1e-4, Best: math.Inf(1), Idle: 1})
	head := courseHead{
		Version: courseVersion, FitID: "f", RowsSum: "a", OrderSum: "b", Cuts: []int{0, 1, 3}, Parameters: 7, Epoch: 2, Step: 3, Batch: 1, Seen: 40, Idle: 1,
		Keep: true, HasBest: true, Recoveries: []api.Recovery{{Worker: "s1", Step: 2, From: 1}}, Tracks: []trackState{{Steps: 3, Sent: 9}, {Steps: 3}},
	}
	whole, err := encodeCourse(head, at, 1.5)
	if err != nil {
		f.Fatal(err)
	}
	gotHead, gotAt, wall, err := decodeCourse(whole)
	if err != nil || wall != 1.5 || !reflect.DeepEqual(gotHead, head) || !reflect.DeepEqual(gotAt, at) {
		f.Fatalf("got %+v\n%+v, %v, %v", gotHead, gotAt, wall, err)
	}
	for _, change := range []func(*courseHead, *course){
		func(h *courseHead, _ *course) { h.Version++ }, func(h *courseHead, _ *course) { h.Step++ }, func(h *courseHead, _ *course) { h.Epoch-- },
		func(_ *courseHead, c *course) { c.divisor = 0 }, func(_ *courseHead, c *course) { c.rate = math.NaN() }, func(_ *courseHead, c *course) { c.seconds = nil },
	} {
		h, c := head, at
		change(&h, &c)
		bad, err := encodeCourse(h, c, 0)
		if err != nil {
			f.Fatal(err)
		}
		if _, _, _, err := decodeCourse(bad); err == nil {
			f.Errorf("accepted %+v", h)
		}
		f.Add(bad)
	}
	f.Add(whole)
	f.Add(whole[:len(whole)-1])
	f.Fuzz(func(t *testing.T, file []byte) {
		head, at, wall, err := decodeCourse(file)
		if err != nil {
			return
		}
		again, err := encodeCourse(head, at, wall)
		if err != nil {
			t.Fatal(err)
		}
		if _, second, _, err := decodeCourse(again); err != nil || second.step != at.step || len(second.loss) != second.step || len(second.epochs) != second.epoch {
			t.Errorf("came back as %+v, %v", second, err)
		}
	})
}
