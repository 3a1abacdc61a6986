package loss_test

import (
	"fmt"
	"math"
	"slices"
	"testing"

	"github.com/gochimera/chimera/learner"
	"github.com/gochimera/chimera/learner/loss"
)

// all has every loss, with the scores where it has kinks for each target.
var all = []struct {
	name    string
	loss    loss.Loss
	targets []float64
	kinks   func(target float64) []float64
}{
	{"squared_error", loss.SquaredError{}, []float64{-3, 0, 2.5}, none},
	{"huber", loss.Huber{Epsilon: 1.35}, []float64{-3, 0, 2.5}, none},
	{"huber, epsilon 0", loss.Huber{}, []float64{-3, 0, 2.5}, none},
	{"epsilon_insensitive", loss.EpsilonInsensitive{Epsilon: 0.5}, []float64{-3, 0, 2.5}, func(y float64) []float64 { return []float64{y - 0.5, y + 0.5} }},
	{"squared_epsilon_insensitive", loss.SquaredEpsilonInsensitive{Epsilon: 0.5}, []float64{-3, 0, 2.5}, none},
	{"log_loss", loss.LogLoss{}, []float64{-1, 1}, none},
	{"hinge", loss.Hinge{}, []float64{-1, 1}, func(y float64) []float64 { return []float64{y} }},
	{"squared_hinge", loss.SquaredHinge{}, []float64{-1, 1}, none},
	{"modified_huber", loss.ModifiedHuber{}, []float64{-1, 1}, none},
	{"perceptron", loss.Perceptron{}, []float64{-1, 1}, func(float64) []float64 { return []float64{0} }},
}

func none(float64) []float64 { return nil }

// scores is a grid that meets every kink.
func scores() []float64 {
	var s []float64
	for v := -6.0; v <= 6; v += 0.125 {
		s = append(s, v)
	}
	return s
}

func TestDerivativeIsTheSlope(t *testing.T) {
	const h = 1e-6
	for _, tc := range all {
		t.Run(tc.name, func(t *testing.T) {
			for _, y := range tc.targets {
				for _, s := range scores() {
					if slices.Contains(tc.kinks(y), s) {
						continue
					}
					up, _ := tc.loss.At(s+h, y)
					down, _ := tc.loss.At(s-h, y)
					_, got := tc.loss.At(s, y)
					// Where the second derivative jumps, the slope is off by up to 2h of it.
					if want := (up - down) / (2 * h); math.Abs(got-want) > 4*h {
						t.Errorf("score %v, target %v: derivative %v, slope %v", s, y, got, want)
					}
				}
			}
		})
	}
}

// A derivative is a subgradient if the line it makes lies nowhere above the
// loss; that holds at the kinks too.
func TestDerivativeIsASubgradient(t *testing.T) {
	for _, tc := range all {
		t.Run(tc.name, func(t *testing.T) {
			for _, y := range tc.targets {
				at := append(scores(), tc.kinks(y)...)
				for _, s := range at {
					value, slope := tc.loss.At(s, y)
					if value < 0 {
						t.Errorf("score %v, target %v: the loss is %v", s, y, value)
					}
					for _, other := range at {
						if v, _ := tc.loss.At(other, y); v < value+slope*(other-s)-1e-12 {
							t.Fatalf("score %v, target %v: slope %v lies above the loss at %v", s, y, slope, other)
						}
					}
				}
			}
		})
	}
}

func TestValues(t *testing.T) {
	for _, tc := range []struct {
		name              string
		loss              loss.Loss
		score, target     float64
		value, derivative float64
	}{
		{"squared error", loss.SquaredError{}, 5, 2, 4.5, 3},
		{"huber, near", loss.Huber{Epsilon: 2}, 1, 2, 0.5, -1},
		{"huber, at epsilon", loss.Huber{Epsilon: 2}, 4, 2, 2, 2},
		{"huber, far", loss.Huber{Epsilon: 2}, 12, 2, 18, 2},
		{"epsilon-insensitive, inside", loss.EpsilonInsensitive{Epsilon: 1}, 2.5, 2, 0, 0},
		{"epsilon-insensitive, at the kink", loss.EpsilonInsensitive{Epsilon: 1}, 3, 2, 0, 0},
		{"epsilon-insensitive, outside", loss.EpsilonInsensitive{Epsilon: 1}, -1, 2, 2, -1},
		{"squared epsilon-insensitive, outside", loss.SquaredEpsilonInsensitive{Epsilon: 1}, -1, 2, 4, -4},
		{"log loss, undecided", loss.LogLoss{}, 0, 1, math.Ln2, -0.5},
		{"log loss, score log 3", loss.LogLoss{}, math.Log(3), -1, math.Log(4), 0.75},
		{"hinge, right but near", loss.Hinge{}, 0.25, 1, 0.75, -1},
		{"hinge, at the kink", loss.Hinge{}, -1, -1, 0, 1},
		{"hinge, right", loss.Hinge{}, -1.5, -1, 0, 0},
		{"squared hinge, wrong", loss.SquaredHinge{}, -2, 1, 9, -6},
		{"modified huber, near", loss.ModifiedHuber{}, 0.5, 1, 0.25, -1},
		{"modified huber, very wrong", loss.ModifiedHuber{}, 3, -1, 12, 4},
		{"perceptron, at the kink", loss.Perceptron{}, 0, 1, 0, -1},
		{"perceptron, wrong", loss.Perceptron{}, 2, -1, 2, 1},
		{"perceptron, right", loss.Perceptron{}, 2, 1, 0, 0},
	} {
		t.Run(tc.name, func(t *testing.T) {
			value, derivative := tc.loss.At(tc.score, tc.target)
			if math.Abs(value-tc.value) > 1e-15*max(1, tc.value) || math.Abs(derivative-tc.derivative) > 1e-15 {
				t.Errorf("got %v, slope %v; want %v, slope %v", value, derivative, tc.value, tc.derivative)
			}
		})
	}
}

// exp(-40) is lost in 1 + exp(-40), and exp(800) is beyond a float64.
func TestLogLossIsStable(t *testing.T) {
	for _, tc := range []struct{ score, value, derivative float64 }{
		{40, math.Exp(-40), -math.Exp(-40)},
		{700, math.Exp(-700), -math.Exp(-700)},
		{800, 0, 0},
		{-40, 40, -1},
		{-800, 800, -1},
		{-math.MaxFloat64, math.MaxFloat64, -1},
		{math.MaxFloat64, 0, 0},
	} {
		t.Run(fmt.Sprint(tc.score), func(t *testing.T) {
			value, derivative := loss.LogLoss{}.At(tc.score, 1)
			if math.Abs(value-tc.value) > 1e-15*tc.value || math.Abs(derivative-tc.derivative) > 1e-15*math.Abs(tc.derivative) {
				t.Errorf("got %v, slope %v; want %v, slope %v", value, derivative, tc.value, tc.derivative)
			}
			row := []float64{tc.score, 0}
			sum := loss.Softmax{Classes: 2}.Derive(row, []float64{0}, []float64{1})
			if math.Abs(sum-tc.value) > 1e-15*max(1, tc.value) || math.Abs(row[0]-tc.derivative) > 1e-15 {
				t.Errorf("softmax: got %v, slope %v; want %v, slope %v", sum, row[0], tc.value, tc.derivative)
			}
		})
	}
}

// rowLoss is a Rows loss and targets for three rows.
type rowLoss struct {
	loss    loss.Rows
	targets []float64
}

// rowLosses has every Rows loss by its name.
func rowLosses(t *testing.T) map[string]rowLoss {
	t.Helper()
	made := map[string]rowLoss{}
	for _, name := range []string{"squared_error", "huber", "epsilon_insensitive", "squared_epsilon_insensitive"} {
		l, err := loss.ForTargets(name, 0.3)
		if err != nil {
			t.Fatal(err)
		}
		made[name] = rowLoss{l, []float64{0.5, -2, 7}}
	}
	for _, name := range []string{"log_loss", "hinge", "squared_hinge", "modified_huber", "perceptron"} {
		for _, classes := range []int{1, 2, 3, 5} {
			l, err := loss.ForClasses(name, classes)
			if err != nil {
				t.Fatal(err)
			}
			made[fmt.Sprintf("%s, %d classes", name, classes)] = rowLoss{l, []float64{0, float64(classes - 1), float64(classes / 2)}}
		}
	}
	return made
}

func TestDeriveIsTheSlope(t *testing.T) {
	weights := []float64{1, 0, 2.5}
	for name, tc := range rowLosses(t) {
		t.Run(name, func(t *testing.T) {
			rng := learner.NewRand(3)
			at := make([]float64, 3*tc.loss.Outputs())
			for i := range at {
				at[i] = 2 * rng.NormFloat64()
			}
			value := func(i int, h float64) float64 {
				s := slices.Clone(at)
				s[i] += h
				return tc.loss.Derive(s, tc.targets, weights)
			}
			got := slices.Clone(at)
			if sum := tc.loss.Derive(got, tc.targets, weights); sum != value(0, 0) {
				t.Errorf("the loss is %v, then %v", value(0, 0), sum)
			}
			const h = 1e-6
			for i, g := range got {
				if want := (value(i, h) - value(i, -h)) / (2 * h); math.Abs(g-want) > 1e-7 {
					t.Errorf("score %d: derivative %v, slope %v", i, g, want)
				}
			}
		})
	}
}

// Unit weights take another way to the same sum: the logarithm of a product.
func TestWeightsOfOne(t *testing.T) {
	const rows = 5000 // more than one product holds
	rng := learner.NewRand(4)
	for _, classes := range []int{2, 3} {
		l, err := loss.ForClasses("log_loss", classes)
		if err != nil {
			t.Fatal(err)
		}
		scores, targets := make([]float64, rows*l.Outputs()), make([]float64, rows)
		for i := range scores {
			scores[i] = 3 * rng.NormFloat64()
		}
		for i := range targets {
			targets[i] = float64(rng.IntN(classes))
		}
		doubled := slices.Clone(scores)
		sum := l.Derive(scores, targets, slices.Repeat([]float64{1}, rows))
		twice := l.Derive(doubled, targets, slices.Repeat([]float64{2}, rows))
		if math.Abs(2*sum-twice) > 1e-12*twice {
			t.Errorf("%d classes: the sum is %v, with weights of 2 it is %v", classes, sum, twice)
		}
		for i := range scores {
			if 2*scores[i] != doubled[i] {
				t.Fatalf("%d classes: derivative %d is %v, with a weight of 2 it is %v", classes, i, scores[i], doubled[i])
			}
		}
	}
}

// One against the rest is the sum of its parts, and two classes share a score.
func TestOneVsRest(t *testing.T) {
	at := []float64{0.3, -0.2, 2, -1.5}
	got := slices.Clone(at)
	sum := loss.OneVsRest{Loss: loss.SquaredHinge{}, Classes: 4}.Derive(got, []float64{2}, []float64{1})
	var want float64
	for c, s := range at {
		v, d := loss.SquaredHinge{}.At(s, []float64{-1, -1, 1, -1}[c])
		want += v
		if got[c] != d {
			t.Errorf("class %d: derivative %v, want %v", c, got[c], d)
		}
	}
	if sum != want {
		t.Errorf("loss %v, want %v", sum, want)
	}
	for class, target := range []float64{-1, 1} {
		s := []float64{0.3}
		sum := loss.OneVsRest{Loss: loss.LogLoss{}, Classes: 2}.Derive(s, []float64{float64(class)}, []float64{1})
		if v, d := (loss.LogLoss{}).At(0.3, target); math.Abs(sum-v) > 1e-15 || math.Abs(s[0]-d) > 1e-15 {
			t.Errorf("class %d of two: %v, slope %v; want %v, slope %v", class, sum, s[0], v, d)
		}
	}
}

// The softmax of two scores is the logistic function of their difference.
func TestSoftmaxOfTwo(t *testing.T) {
	for _, s := range scores() {
		row := []float64{1 - s, 1}
		sum := loss.Softmax{Classes: 2}.Derive(row, []float64{1}, []float64{1})
		v, d := loss.LogLoss{}.At(s, 1)
		if math.Abs(sum-v) > 1e-14 || math.Abs(row[1]-d) > 1e-14 {
			t.Errorf("score %v: %v, slope %v; want %v, slope %v", s, sum, row[1], v, d)
		}
	}
}

func TestProbabilities(t *testing.T) {
	for _, tc := range []struct {
		name, loss string
		scores     []float64
		class      int
		want       []float64
	}{
		{"one class", "log_loss", []float64{-3}, 0, []float64{1}},
		{"one class, votes", "hinge", []float64{5}, 0, []float64{1}},
		{"two classes", "log_loss", []float64{math.Log(3)}, 1, []float64{0.25, 0.75}},
		{"two classes, undecided", "log_loss", []float64{0}, 0, []float64{0.5, 0.5}},
		{"two classes, sure", "log_loss", []float64{-800}, 0, []float64{1, 0}},
		{"softmax", "log_loss", []float64{math.Log(2), 0, 0}, 0, []float64{0.5, 0.25, 0.25}},
		{"softmax, large scores", "log_loss", []float64{1e300, 1e300, -1e300}, 0, []float64{0.5, 0.5, 0}},
		{"modified huber", "modified_huber", []float64{0.5}, 1, []float64{0.25, 0.75}},
		{"modified huber, clipped", "modified_huber", []float64{-7}, 0, []float64{1, 0}},
		{"modified huber, three classes", "modified_huber", []float64{0.5, 0, -3}, 0, []float64{0.6, 0.4, 0}},
		{"modified huber, none is likely", "modified_huber", []float64{-2, -1, -3}, 1, []float64{1. / 3, 1. / 3, 1. / 3}},
		{"hinge votes", "hinge", []float64{0.01}, 1, []float64{0, 1}},
		{"perceptron votes", "perceptron", []float64{-1, 4, 4}, 1, []float64{0, 1, 0}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			l, err := loss.ForClasses(tc.loss, len(tc.want))
			if err != nil {
				t.Fatal(err)
			}
			if got := l.Class(tc.scores); got != tc.class {
				t.Errorf("class %d, want %d", got, tc.class)
			}
			got := make([]float64, len(tc.want))
			l.Probabilities(tc.scores, got)
			for c := range got {
				if math.Abs(got[c]-tc.want[c]) > 1e-15 {
					t.Errorf("probabilities %v, want %v", got, tc.want)
					break
				}
			}
		})
	}
}

func TestUnknownNames(t *testing.T) {
	if _, err := loss.ForTargets("log_loss", 0); err == nil {
		t.Error("log_loss is no loss of regression, yet there was no error")
	}
	if _, err := loss.ForClasses("huber", 2); err == nil {
		t.Error("huber is no loss of classes, yet there was no error")
	}
}
