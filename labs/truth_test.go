package labs

import (
	"math"
	"testing"

	"gonum.org/v1/gonum/floats"

	"github.com/gochimera/chimera/client"
	"github.com/gochimera/chimera/labs/rows"
	"github.com/gochimera/chimera/learner"
)

// The published errors are those of Breiman's report, and the shares by which they fall are printed in it as 33, 46, 30 and 38 %.
func TestBreimansFiguresAgreeWithHisShares(t *testing.T) {
	for i, want := range []float64{33, 46, 30, 38} {
		k := breimans()[i]
		if less := 100 * (1 - k.bagged/k.single); math.Round(less) != want {
			t.Errorf("%s: %.1f %% less, want %v", k.name, less, want)
		}
	}
}

// With any number of repetitions no error is below that of who knows how the rows were made: 12 % at least for waveform, whose Bayes error is 14 %
// (300 rows of 1,500 may be lucky), and the variance of the noise, 1, 125 squared and 0.1 squared, less five standard errors.
func TestNoErrorIsBelowTheNoise(t *testing.T) {
	r := ran(t, "bagging")
	const rowsOfTests = 2 * 1000.0
	luck := 1 - 5*math.Sqrt(2/rowsOfTests)
	for i, least := range []float64{12, 1 * luck, 125 * 125 * 1e-3 * luck, 0.01 * 100 * luck} {
		for _, column := range []int{4, 6} {
			if got := r.Tables[0].Rows[i][column].(float64); got < least {
				t.Errorf("%v: an error of %v, and the noise alone makes %v", r.Tables[0].Rows[i][0], got, least)
			}
		}
	}
}

// Three trees that say 1, 2 and 6 where the truth is 2: their errors are 1, 0 and 16, the mean's is 1, and their spread 14/3; 17/3 - 14/3 = 1.
func TestErrorOfAMean(t *testing.T) {
	answers := func(y ...float64) (list []*client.Prediction) {
		for _, v := range y {
			p := &client.Prediction{}
			p.Y.Values = []float64{v}
			list = append(list, p)
		}
		return list
	}
	test := rows.Friedman1(1, 1)
	test.Y[0] = 2
	m := meansOf(10, test, answers(3)[0], answers(1, 2, 6))
	if !floats.EqualApprox(m.prefix, []float64{10, 2.5, 10}, 1e-12) || m.master != 10 || m.unlike != 0 || m.unexplained > 1e-12 {
		t.Errorf("%+v", m)
	}
	if m = meansOf(10, test, answers(4)[0], answers(1, 2, 6)); m.unlike < 0.5 || m.unexplained < 0.5 {
		t.Errorf("a master that says 4 instead of 3 is not noticed: %+v", m)
	}
}

// Of votes that are equal the first class wins.
func TestPluralityVotes(t *testing.T) {
	test := rows.Waveform(1, 1)
	test.Y[0] = 1 // class 2
	answer := func(label learner.Label) *client.Prediction {
		return &client.Prediction{Labels: []learner.Label{label}}
	}
	m := votesOf(100, test, answer("2"), []*client.Prediction{answer("2"), answer("1"), answer("2"), answer("3")})
	if !floats.Equal(m.prefix, []float64{0, 100, 0, 0}) || m.master != 0 {
		t.Errorf("%+v", m)
	}
}

// The gradient of the loop that workers are compared with is that of central differences of its loss.
func TestSoftmaxGradient(t *testing.T) {
	s := newSoftmax(rows.Waveform(40, 3))
	for i := range s.parameters {
		s.parameters[i] = 0.3 * math.Sin(float64(i))
	}
	at := append([]float64{}, s.parameters...)
	lossAt := func(i int, by float64) float64 {
		copy(s.parameters, at)
		s.parameters[i] += by
		return s.step(0)
	}
	copy(s.parameters, at)
	s.step(1)
	moved := append([]float64{}, s.parameters...)
	const h = 1e-5
	for i := range at {
		if slope := (lossAt(i, h) - lossAt(i, -h)) / (2 * h); math.Abs(at[i]-moved[i]-slope) > 1e-8 {
			t.Errorf("parameter %d: a step of %v, the slope is %v", i, at[i]-moved[i], slope)
		}
	}
}

// The difference between neighbouring numbers is one ulp.
func TestUlps(t *testing.T) {
	b := []float64{0.5, -3, 2}
	a := []float64{0.5, math.Nextafter(-3, -4), 2}
	if difference, ulps := apart(a, b); ulps != 1 || difference != math.Abs(a[1]-b[1]) {
		t.Errorf("%v, %v ulps", difference, ulps)
	}
}

// What theory says for 15 workers: fewer than half of them (Lopuhaä, Rousseeuw 1991), f of 2f + 3 (Blanchard et al. 2017), f of 4f + 3
// (El Mhamdi et al. 2018). The project refuses a rule that is to withstand one more.
func TestWithstands(t *testing.T) {
	for rule, want := range map[string]int{
		"mean": 0, "trimmed_mean": 5, "median": 7, "geometric_median": 7, "krum": 6, "multi_krum": 6, "bulyan": 3,
	} {
		if got := withstands(rule, 15); got != want {
			t.Errorf("%s: %d, want %d", rule, got, want)
		}
	}
	shards := rows.Shuffled(rows.Waveform(7*20, 1), rows.Even(7), 1)
	test := rows.Waveform(20, 2)
	p := liarsParams{Workers: 7, Attack: "sign_flip", Strength: 20, Steps: 5}
	for _, rule := range []string{"geometric_median", "krum", "multi_krum", "bulyan"} {
		bound := withstands(rule, 7)
		if _, err := p.accuracy(t.Context(), 1, rule, bound, 0, shards, test); err != nil {
			t.Errorf("%s: %v", rule, err)
		}
		if _, err := p.accuracy(t.Context(), 1, rule, bound+1, 0, shards, test); err == nil {
			t.Errorf("%s is to withstand %d of 7 workers, and is not refused", rule, bound+1)
		}
	}
}

// One liar who sends enough moves a mean anywhere, and no robust rule that provides for it: the same rows and seed train a model
// that is right more often than not.
func TestOneLiar(t *testing.T) {
	shards := rows.Shuffled(rows.Waveform(7*60, 1), rows.Even(7), 1)
	test := rows.Waveform(500, 2)
	p := liarsParams{Workers: 7, Attack: "sign_flip", Strength: 100, Steps: 15}
	for _, rule := range []string{"mean", "trimmed_mean", "median", "geometric_median", "krum", "multi_krum", "bulyan"} {
		accuracy, err := p.accuracy(t.Context(), 1, rule, withstands(rule, 7), 1, shards, test)
		if err != nil || (accuracy > 0.6) == (rule == "mean") {
			t.Errorf("%s: %.3f right, %v", rule, accuracy, err)
		}
	}
}
