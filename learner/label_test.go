package learner_test

import (
	"encoding/json"
	"math"
	"math/big"
	"slices"
	"strconv"
	"testing"

	"pgregory.net/rapid"

	"github.com/gochimera/chimera/learner"
)

// Labels that a float64 cannot tell apart are labels of their own, in text, in JSON and in order.
func TestLabelsAreExact(t *testing.T) {
	for text, want := range map[string]learner.Label{
		"9007199254740993": "9007199254740993", "+09007199254740993.0": "9007199254740993", "9.007199254740993e15": "9007199254740993",
		"9007199254740992": "9007199254740992", "1.234567e6": "1234567", "1e-6": "0.000001", "1e-7": "1e-07",
		"-9007199254740993": "-9007199254740993", "1e21": "1e+21", "1000000000000000000000": "1e+21",
		"1000000000000000000001": "1000000000000000000001", "0.1": "0.1", "0.10": "0.1", "0.10000000000000000555": "0.10000000000000000555",
		"1e400": "1e400", "10e399": "1e400", "1e-400": "1e-400", "0e9": "0", "-0.0": "0", ".5": "0.5", "5.": "5", "1e": "1e", "--1": "--1",
		"1e99999999999": "1e99999999999",
	} {
		if got := learner.NewLabel(text); got != want {
			t.Errorf("%q is the label %q, want %q", text, got, want)
		}
		if got := learner.NewLabel(string(want)); got != want {
			t.Errorf("the label %q read again is %q", want, got)
		}
	}
	var labels []learner.Label
	if err := json.Unmarshal([]byte(`[9007199254740993, 9007199254740992, "9007199254740991"]`), &labels); err != nil {
		t.Fatal(err)
	}
	labels = learner.SortLabels(labels)
	// What a float64 cannot hold is sent as text.
	if text, err := json.Marshal(labels); err != nil || string(text) != `[9007199254740991,9007199254740992,"9007199254740993"]` {
		t.Errorf("%s, %v", text, err)
	}
}

// Two decimal texts are one label if and only if they are one number (math/big tells), and labels
// sort as the numbers do.
func TestLabelsAreNumbers(t *testing.T) {
	number := rapid.StringMatching(`[-+]?([0-9]{1,22}(\.[0-9]{0,22})?|\.[0-9]{1,22})([eE][-+]?[0-9]{1,2})?`)
	rapid.Check(t, func(t *rapid.T) {
		a, b := number.Draw(t, "a"), number.Draw(t, "b")
		if rapid.Bool().Draw(t, "near") {
			x, _ := new(big.Rat).SetString(a)
			b = x.FloatString(rapid.IntRange(0, 30).Draw(t, "decimals"))
		}
		x, good := new(big.Rat).SetString(a)
		y, fine := new(big.Rat).SetString(b)
		if !good || !fine {
			t.Fatal("not numbers", a, b)
		}
		la, lb := learner.NewLabel(a), learner.NewLabel(b)
		if same := x.Cmp(y) == 0; same != (la == lb) {
			t.Fatalf("%s and %s are %q and %q", a, b, la, lb)
		}
		sorted := learner.SortLabels([]learner.Label{la, lb})
		if want := la; x.Cmp(y) <= 0 && sorted[0] != want || x.Cmp(y) >= 0 && sorted[len(sorted)-1] != want {
			t.Fatalf("%s and %s sort as %q", a, b, sorted)
		}
		if whole, number := la.Whole(); !number || whole != x.IsInt() {
			t.Fatalf("%s is a number %t, whole %t", a, number, whole)
		}
		nearest, _ := strconv.ParseFloat(a, 64)
		if v, ok := la.Target(); !ok || v != nearest {
			t.Fatalf("%s is the target %v, want %v", a, v, nearest)
		}
		if f, exact := la.Number(); exact && (f != nearest || learner.NumberLabel(f) != la) {
			t.Fatalf("%s is the number %v, whose label is %q", a, f, learner.NumberLabel(f))
		}
	})
	if _, ok := learner.Label("1e400").Target(); ok {
		t.Error("1e400 is a target")
	}
}

func TestBooleanLabels(t *testing.T) {
	for _, tt := range []struct {
		name  string
		lists [][]learner.Label
		want  []learner.Label
	}{
		{"two spellings", [][]learner.Label{{"True", "False"}, {"true", "false"}}, []learner.Label{"false", "true"}},
		{"one spelling", [][]learner.Label{{"TRUE", "FALSE"}}, []learner.Label{"false", "true"}},
		{"words beside others stay", [][]learner.Label{{"True", "maybe"}, {"False"}}, []learner.Label{"True", "false", "maybe"}},
		{"booleans follow the words", [][]learner.Label{{"true", "false"}, {"True", "False", "maybe"}}, []learner.Label{"False", "True", "maybe"}},
		{"words that are no one's spelling", [][]learner.Label{{"true", "True", "maybe"}, {"TRUE"}}, []learner.Label{"True", "maybe", "true"}},
		{"numbers are no booleans", [][]learner.Label{{"0", "1"}, {"true"}}, []learner.Label{"0", "1", "true"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got := learner.MergeLabels(tt.lists...)
			slices.Reverse(tt.lists)
			if !slices.Equal(got, tt.want) || !slices.Equal(learner.MergeLabels(tt.lists...), tt.want) {
				t.Errorf("got %q and %q, want %q", got, learner.MergeLabels(tt.lists...), tt.want)
			}
			for _, list := range tt.lists {
				for _, label := range learner.Spelled(list) {
					if learner.IndexLabel(got, label) < 0 {
						t.Errorf("%q is not among %q", label, got)
					}
				}
			}
		})
	}
	for label, want := range map[learner.Label]int{"true": 2, "True": 2, "false": -1, "no": 3, "x": -1} {
		if got := learner.IndexLabel([]learner.Label{"FALSE", "False", "TRUE", "no"}, label); got != want {
			t.Errorf("%q is at %d, want %d", label, got, want)
		}
	}
}

func TestTargets(t *testing.T) {
	for label, want := range map[learner.Label]float64{"1.5": 1.5, "True": 1, "false": 0, "9007199254740993": 9007199254740992, "x": math.NaN(), "": math.NaN()} {
		if got, ok := label.Target(); ok != (want == want) || ok && got != want {
			t.Errorf("%q is the target %v (%t), want %v", label, got, ok, want)
		}
	}
}
