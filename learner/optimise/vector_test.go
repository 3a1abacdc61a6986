package optimise

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

// network is a vector of three parts, one of them larger than a piece, and
// gradients to move it by.
func network() (parts []Part, params []float64, grad func(step int) []float64) {
	parts = []Part{{Len: 3 * pieceSize / 2, Penalised: true}, {Len: 5}, {Len: 70, Penalised: true}}
	random := rand.New(rand.NewPCG(1, 2))
	for _, p := range parts {
		for range p.Len {
			params = append(params, random.NormFloat64())
		}
	}
	return parts, params, func(step int) []float64 {
		random := rand.New(rand.NewPCG(3, uint64(step)))
		g := make([]float64, len(params))
		for i := range g {
			g[i] = random.NormFloat64()
		}
		return g
	}
}

func vector(t *testing.T, parts []Part, name string) *Vector {
	t.Helper()
	v, err := NewVector(parts, usual(name), 0.3)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// TestVectorCut: the parts of a vector, each moved by one of its own, end with
// the bits of the whole, on any number of threads; so do the penalties and norms.
func TestVectorCut(t *testing.T) {
	for _, name := range names {
		t.Run(name, func(t *testing.T) {
			parts, whole, grad := network()
			cut := slices.Clone(whole)
			one := vector(t, parts, name)
			first, second := vector(t, parts[:1], name), vector(t, parts[1:], name)
			at := parts[0].Len
			for step := range 4 {
				g := grad(step)
				want, wantNorms := one.Mean(whole, g, 7, 1)
				factor := ClipFactor(JoinNorms(wantNorms), 0.5)
				one.Move(whole, g, factor, 0.1, 2)
				h := grad(step)
				a, n := first.Mean(cut[:at], h[:at], 7, 3)
				b, m := second.Mean(cut[at:], h[at:], 7, 1)
				if got := slices.Concat(a, b); !slices.Equal(got, want) || Sum(got) != Sum(want) {
					t.Fatal("the penalties differ")
				}
				if norm := JoinNorms(append(n, m...)); norm != JoinNorms(wantNorms) {
					t.Fatalf("the norm of the parts is %v, of the whole %v", norm, JoinNorms(wantNorms))
				}
				first.Move(cut[:at], h[:at], factor, 0.1, 1)
				second.Move(cut[at:], h[at:], factor, 0.1, 1)
			}
			if !slices.Equal(cut, whole) {
				t.Error("the parts are not where the whole is")
			}
		})
	}
}

// TestVectorStep: one step of plain descent, computed here, and Step as the
// two halves in one.
func TestVectorStep(t *testing.T) {
	parts, params, grad := network()
	start, g := slices.Clone(params), grad(0)
	v := vector(t, parts, NameSGD)
	penalty := Sum(v.Step(params, slices.Clone(g), 4, 0.1, 2))
	var want float64
	for i, p := range start {
		alpha := 0.3
		if i >= parts[0].Len && i < parts[0].Len+parts[1].Len {
			alpha = 0
		}
		want += alpha / 2 * p * p
		if moved := p - 0.1*(g[i]+alpha*p)/4; math.Abs(params[i]-moved) > 1e-15*math.Abs(p) {
			t.Fatalf("value %d went from %v to %v, want %v", i, p, params[i], moved)
		}
	}
	if math.Abs(penalty-want) > 1e-12*want {
		t.Errorf("the penalty is %v, want %v", penalty, want)
	}
	halves := slices.Clone(start)
	w := vector(t, parts, NameSGD)
	w.Mean(halves, g, 4, 1)
	w.Move(halves, g, 1, 0.1, 1)
	if !slices.Equal(halves, params) {
		t.Error("the two halves do not make a step")
	}
}

// TestAdamWDecay: the decay is no part of the loss, and spares what is not
// penalised.
func TestAdamWDecay(t *testing.T) {
	parts := []Part{{Len: 1, Penalised: true}, {Len: 1}}
	v := vector(t, parts, NameAdamW)
	params := []float64{1, 1}
	if p := Sum(v.Step(params, []float64{0, 0}, 1, 0.1, 1)); p != 0 {
		t.Errorf("the penalty is %v", p)
	}
	if params[0] != 1-0.1*0.3 || params[1] != 1 {
		t.Errorf("the values are %v, want 0.97 and 1", params)
	}
}

// TestVectorState: a vector that goes on from another's state moves as that
// one does; a state that does not fit changes nothing.
func TestVectorState(t *testing.T) {
	parts, params, grad := network()
	v := vector(t, parts, NameAdam)
	v.Step(params, grad(0), 1, 0.1, 1)
	state, there := v.State(), slices.Clone(params)
	v.Step(params, grad(1), 1, 0.1, 1)
	w := vector(t, parts, NameAdam)
	if err := w.Restore(state); err != nil {
		t.Fatal(err)
	}
	short, spoiled := state, State{Name: state.Name, Steps: 1, Vectors: [][]float64{slices.Clone(state.Vectors[0]), slices.Clone(state.Vectors[1])}}
	short.Vectors = [][]float64{state.Vectors[0][1:], state.Vectors[1][1:]}
	spoiled.Vectors[1][len(params)-1] = math.NaN() // of the last piece, when the others are restored
	for name, bad := range map[string]State{"values": short, "optimiser": {Name: NameSGD, Steps: 1}, "kind of number": spoiled} {
		if err := w.Restore(bad); err == nil {
			t.Errorf("another %s: no error", name)
		}
	}
	w.Step(there, grad(1), 1, 0.1, 1)
	if !slices.Equal(there, params) {
		t.Error("it does not go on as the first would have")
	}
	if _, err := NewVector(parts, usual(NameAdam), math.NaN()); err == nil {
		t.Error("an alpha that is no number: no error")
	}
}
