package node

import (
	"math"
	"slices"
	"strings"
	"testing"

	"gonum.org/v1/gonum/floats"

	"github.com/gochimera/chimera/internal/dataio"
	"github.com/gochimera/chimera/learner"
)

func attacking(t *testing.T, faults string, seed uint64) *Faults {
	t.Helper()
	f, err := newFaults(Spec{Name: "w", Faults: faults, Seed: seed}, Options{})
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// Each attack has the strength that is given, or else its own.
func TestAttacks(t *testing.T) {
	for _, tt := range []struct {
		faults string
		want   []float64 // of {1, -2, 0.5}
	}{
		{`{"corrupt_rate":1}`, []float64{1, -2, 0.5}},
		{`{"corrupt_rate":1,"attack":"none"}`, []float64{1, -2, 0.5}},
		{`{"corrupt_rate":1,"attack":"sign_flip"}`, []float64{-1, 2, -0.5}},
		{`{"corrupt_rate":1,"attack":"sign_flip","attack_strength":4}`, []float64{-4, 8, -2}},
		{`{"corrupt_rate":1,"attack":"scaled"}`, []float64{10, -20, 5}},
		{`{"corrupt_rate":1,"attack":"scaled","attack_strength":1e6}`, []float64{1e6, -2e6, 0.5e6}},
		{`{"corrupt_rate":0,"attack":"scaled"}`, []float64{1, -2, 0.5}},
		{`{"corrupt_rate":1,"attack":"label_flip"}`, []float64{1, -2, 0.5}}, // acts on the rows
		{`{"corrupt_rate":1,"attack":"a_little_is_enough"}`, []float64{1, -2, 0.5}},
	} {
		answer := []float64{1, -2, 0.5}
		attacking(t, tt.faults, 1).Spoil(3, answer)
		if !slices.Equal(answer, tt.want) {
			t.Errorf("%s: %v, want %v", tt.faults, answer, tt.want)
		}
	}
	for faults, want := range map[string]string{
		`{"attack":"evil"}`:                        "unknown attack \"evil\": want none, sign_flip, scaled, gaussian, label_flip or a_little_is_enough",
		`{"attack":"scaled","attack_strength":-1}`: "an attack_strength of -1",
	} {
		if _, err := newFaults(Spec{Name: "w", Faults: faults}, Options{}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", faults, err, want)
		}
	}
}

// Noise takes the place of the answer: of the given size, the same for one seed and step, and other for
// others.
func TestGaussianAttack(t *testing.T) {
	const n = 20000
	noise := func(seed uint64, step int) []float64 {
		answer := make([]float64, n)
		for i := range answer {
			answer[i] = 3
		}
		attacking(t, `{"corrupt_rate":1,"attack":"gaussian","attack_strength":2}`, seed).Spoil(step, answer)
		return answer
	}
	a := noise(1, 0)
	if mean, deviation := floats.Sum(a)/n, floats.Norm(a, 2)/math.Sqrt(n); math.Abs(mean) > 0.2 || math.Abs(deviation-6) > 0.2 {
		t.Errorf("mean %v, deviation %v, want 0 and 6", mean, deviation)
	}
	if !slices.Equal(a, noise(1, 0)) {
		t.Error("two draws for one seed and step differ")
	}
	if slices.Equal(a, noise(2, 0)) || slices.Equal(a, noise(1, 1)) {
		t.Error("another seed, or another step, has the same noise")
	}
}

// The classes change places, first with last; targets are mirrored at their mean, which stays.
func TestLabelFlip(t *testing.T) {
	f := attacking(t, `{"attack":"label_flip"}`, 1)
	classes := &dataio.Table{Classes: []learner.Label{"a", "b", "c"}, Y: []float64{0, 1, 2, 2}}
	if got := f.flipLabels(classes).Y; !slices.Equal(got, []float64{2, 1, 0, 0}) || classes.Y[0] != 0 {
		t.Errorf("%v from %v", got, classes.Y)
	}
	if got := f.flipLabels(&dataio.Table{Y: []float64{1, 2, 6}}).Y; !floats.EqualApprox(got, []float64{5, 4, 0}, 1e-12) {
		t.Errorf("%v", got)
	}
	if got := attacking(t, `{"attack":"scaled"}`, 1).flipLabels(classes); got != classes {
		t.Error("another attack changes the rows")
	}
}
