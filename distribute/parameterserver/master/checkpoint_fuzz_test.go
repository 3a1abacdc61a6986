package master

import (
	"bytes"
	"math"
	"strings"
	"testing"

	"github.com/gochimera/chimera/internal/wire"
	"github.com/gochimera/chimera/learner"
	"github.com/gochimera/chimera/learner/optimise"
	"github.com/gochimera/chimera/masters/cluster"
)

// example is a checkpoint of two workers and three parameters.
func example() state {
	course := make([]float64, courseNumbers)
	course[courseFirst], course[courseBest] = math.NaN(), math.Inf(1)
	blocks := []learner.Block{{Name: "coef", Shape: []int{1, 2}, Penalised: true}, {Name: "intercept", Shape: []int{1}}}
	return state{
		head: checkpointHead{
			Version: checkpointVersion, FitID: "f", Blocks: blocksOf(blocks), PerEpoch: 2,
			Agreed: cluster.Agreed{
				Features: []string{"a", "b"}, Workers: []cluster.Shard{{Name: "w1", In: true, Rows: 3}, {Name: "w2"}},
			},
			Members: make([]trackState, 2),
			Step:    2, Epochs: 1, Optimiser: optimise.State{Name: optimise.NameMomentum, Steps: 2},
		},
		arrays: []wire.Array{
			wire.Vector(arrayParameters, []float64{1, 2, 3}), wire.Vector(arrayCourse, course), wire.Vector(arrayLoss, []float64{2, 1}),
			wire.Vector(arraySeconds, []float64{0, 1}), wire.Vector(arrayValidation, nil), wire.Vector(arrayOptimiser+"0", []float64{0, 0, 1}),
		},
	}
}

func encoded(tb testing.TB, s state) []byte {
	tb.Helper()
	var text bytes.Buffer
	if err := s.write(&text); err != nil {
		tb.Fatal(err)
	}
	return text.Bytes()
}

// A checkpoint that contradicts itself is refused with what is wrong.
func TestReadStateRefuses(t *testing.T) {
	if _, err := readState(encoded(t, example())); err != nil {
		t.Fatal(err)
	}
	for want, change := range map[string]func(s *state){
		"version 2":                            func(s *state) { s.head.Version = 2 },
		"after 0 steps":                        func(s *state) { s.head.Step = 0 },
		"after 2 steps":                        func(s *state) { s.head.Idle = -1 },
		"2 workers, and reports on 1":          func(s *state) { s.head.Members = s.head.Members[:1] },
		"parameter 1 is NaN":                   func(s *state) { s.arrays[0] = wire.Vector(arrayParameters, []float64{1, math.NaN(), 3}) },
		`no array "parameters"`:                func(s *state) { s.arrays[0].Name = "x" },
		"its course has 2 numbers":             func(s *state) { s.arrays[1] = wire.Vector(arrayCourse, []float64{1, 2}) },
		"not one of a training":                func(s *state) { s.head.Counted = 3 },
		"no loss of its 2 steps":               func(s *state) { s.arrays[2] = wire.Vector(arrayLoss, []float64{1, 2, 3}) },
		"no validation_loss of its 2 steps":    func(s *state) { s.arrays[4].Name = "x" },
		"memory of its optimiser has 1 number": func(s *state) { s.arrays[5] = wire.Vector(arrayOptimiser+"0", []float64{1}) },
		"best parameters are 1":                func(s *state) { s.arrays = append(s.arrays, wire.Vector(arrayBest, []float64{1})) },
	} {
		s := example()
		change(&s)
		if _, err := readState(encoded(t, s)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %q", err, want)
		}
	}
}

// FuzzReadState: what is read can be written, and comes back the same.
func FuzzReadState(f *testing.F) {
	f.Add(encoded(f, example()))
	f.Add([]byte("CHMF"))
	f.Fuzz(func(t *testing.T, text []byte) {
		s, err := readState(text)
		if err != nil {
			return
		}
		for _, v := range s.head.Optimiser.Vectors {
			if len(v) != len(s.array(arrayParameters)) {
				t.Fatalf("the optimiser remembers %d numbers for %d parameters", len(v), len(s.array(arrayParameters)))
			}
		}
		s.head.Optimiser.Vectors = nil // they are in arrays
		once := encoded(t, s)
		again, err := readState(once)
		if err != nil {
			t.Fatalf("what was read cannot be read again: %v", err)
		}
		again.head.Optimiser.Vectors = nil
		if !bytes.Equal(encoded(t, again), once) {
			t.Fatal("what was read is written otherwise the second time")
		}
	})
}
