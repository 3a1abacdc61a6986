package learner_test

import (
	"context"
	"encoding/json"
	"errors"
	"math"
	"slices"
	"testing"

	"gonum.org/v1/gonum/mat"

	"github.com/gochimera/chimera/learner"
)

func TestLabels(t *testing.T) {
	for _, tt := range []struct {
		text string
		want learner.Label
	}{
		{" yes ", "yes"}, {"1", "1"}, {"1.0", "1"}, {"01", "1"}, {"-0", "0"}, {"1e3", "1000"}, {"2.50", "2.5"},
		{"0x10", "0x10"}, {"nan", "nan"}, {"inf", "inf"}, {"1_000", "1_000"}, {"1e999", "1e999"}, {"", ""}, {"-", "-"},
	} {
		if got := learner.NewLabel(tt.text); got != tt.want {
			t.Errorf("%q is the label %q, want %q", tt.text, got, tt.want)
		}
	}
	b, err := json.Marshal([]learner.Label{"1", "no", "2.5"})
	if err != nil || string(b) != `[1,"no",2.5]` {
		t.Errorf("%s %v", b, err)
	}
	var back []learner.Label
	if err := json.Unmarshal([]byte(`[1.0,"no","2.50",true]`), &back); err != nil || !slices.Equal(back, []learner.Label{"1", "no", "2.5", "true"}) {
		t.Errorf("%q %v", back, err)
	}
}

func TestLabelsRefuseWhatIsNone(t *testing.T) {
	for _, text := range []string{`[0]`, `{"x":1}`, `null`} {
		var l learner.Label
		if err := l.UnmarshalJSON([]byte(text)); err == nil {
			t.Errorf("%s is the label %q", text, l)
		}
	}
}

func TestSortLabels(t *testing.T) {
	for _, tt := range []struct{ in, want []learner.Label }{
		{[]learner.Label{"10", "9", "-1", "9"}, []learner.Label{"-1", "9", "10"}},
		{[]learner.Label{"10", "9", "b"}, []learner.Label{"10", "9", "b"}}, // as text, once one is text
		{nil, nil},
	} {
		if got := learner.SortLabels(slices.Clone(tt.in)); !slices.Equal(got, tt.want) {
			t.Errorf("%q: got %q, want %q", tt.in, got, tt.want)
		}
	}
	a, b := []learner.Label{"2", "1"}, []learner.Label{"10", "1"}
	if got := learner.MergeLabels(a, b); !slices.Equal(got, learner.MergeLabels(b, a)) || !slices.Equal(got, []learner.Label{"1", "2", "10"}) {
		t.Errorf("got %q", got)
	}
}

func TestCheckFit(t *testing.T) {
	good := func() learner.Dataset {
		return learner.Dataset{Schema: learner.Schema{Features: []string{"a", "b"}}, X: mat.NewDense(2, 2, []float64{1, 2, 3, 4}), Y: []float64{1, 2}}
	}
	if err := learner.CheckFit(good(), learner.Regression, learner.Traits{}); err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		name   string
		harm   func(d *learner.Dataset)
		traits learner.Traits
		want   string // the error's text, "" for none
	}{
		{"no rows", func(d *learner.Dataset) { d.X = nil }, learner.Traits{}, "no rows to fit on"},
		{"names", func(d *learner.Dataset) { d.Features = []string{"a"} }, learner.Traits{}, "X has 2 columns, the schema names 1 features"},
		{"targets", func(d *learner.Dataset) { d.Y = []float64{1} }, learner.Traits{}, "X has 2 rows, y has 1"},
		{"weights", func(d *learner.Dataset) { d.Weights = []float64{1} }, learner.Traits{}, "X has 2 rows, there are 1 weights"},
		{"ids", func(d *learner.Dataset) { d.Rows = []uint64{1} }, learner.Traits{}, "X has 2 rows, there are 1 row ids"},
		{"NaN", func(d *learner.Dataset) { d.X.Set(1, 1, math.NaN()) }, learner.Traits{},
			"row 1, column 1 (b): the value is missing (NaN), and this learner does not accept missing values"},
		{"NaN allowed", func(d *learner.Dataset) { d.X.Set(1, 1, math.NaN()) }, learner.Traits{AllowsMissing: true}, ""},
		{"infinity is never allowed", func(d *learner.Dataset) { d.X.Set(1, 0, math.Inf(-1)) }, learner.Traits{AllowsMissing: true},
			"row 1, column 0 (a): the value is -Inf"},
		{"target NaN", func(d *learner.Dataset) { d.Y[0] = math.NaN() }, learner.Traits{}, "row 0, y: the target is NaN"},
		{"negative weight", func(d *learner.Dataset) { d.Weights = []float64{1, -1} }, learner.Traits{}, "row 1, weight: a weight must be finite and >= 0, not -1"},
		{"no weight", func(d *learner.Dataset) { d.Weights = []float64{0, 0} }, learner.Traits{}, "weight: all row weights are 0"},
		{"classes", func(d *learner.Dataset) { d.Classes = []learner.Label{"0"} }, learner.Traits{}, "a regressor was given a schema with classes"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			d := good()
			tt.harm(&d)
			err := learner.CheckFit(d, learner.Regression, tt.traits)
			var e *learner.DataError
			switch {
			case tt.want == "" && err != nil:
				t.Errorf("got %v", err)
			case tt.want != "" && (!errors.As(err, &e) || err.Error() != tt.want):
				t.Errorf("got %v, want %s", err, tt.want)
			}
		})
	}
	d := good()
	d.Classes, d.Y = []learner.Label{"0", "1"}, []float64{0, 2}
	if err := learner.CheckFit(d, learner.Classification, learner.Traits{}); err == nil || err.Error() != "row 1, y: class index 2 is not one of 0 to 1" {
		t.Errorf("got %v", err)
	}
}

func TestSelect(t *testing.T) {
	d := learner.Dataset{X: mat.NewDense(3, 1, []float64{10, 20, 30}), Y: []float64{1, 2, 3}, Weights: []float64{1, 0, 5}, Rows: []uint64{7, 8, 9}}
	s := d.Select([]int{2, 0, 2})
	if !slices.Equal(s.Y, []float64{3, 1, 3}) || !slices.Equal(s.Rows, []uint64{9, 7, 9}) || !slices.Equal(s.Weights, []float64{5, 1, 5}) || s.X.At(1, 0) != 10 {
		t.Errorf("got %+v", s)
	}
	s.X.Set(0, 0, 99)
	if d.X.At(2, 0) != 30 {
		t.Error("Select shares its rows")
	}
	if d.Select(nil).Len() != 0 {
		t.Error("no rows are some")
	}
}

func TestSeeds(t *testing.T) {
	seen := map[uint64]string{}
	for _, run := range []uint64{0, 1, 2} {
		for _, parts := range [][]string{nil, {"a"}, {"b"}, {"a", "b"}, {"ab"}, {"a", ""}} {
			s := learner.Seed(run, parts...)
			if other, taken := seen[s]; taken {
				t.Errorf("%v of %d has the seed of %s", parts, run, other)
			}
			seen[s] = "another part"
			if s != learner.Seed(run, parts...) {
				t.Error("a seed is not a function of its parts")
			}
		}
	}
	if a, b := learner.NewRand(1).Uint64(), learner.NewRand(1).Uint64(); a != b || a == learner.NewRand(2).Uint64() {
		t.Error("a generator is not a function of its seed")
	}
}

// The context is asked at the first unit of work, and then once a budget.
func TestPoll(t *testing.T) {
	asked := 0
	p := learner.NewPoll(counting{t.Context(), &asked}, 10)
	for range 95 {
		if err := p.Work(1); err != nil {
			t.Fatal(err)
		}
	}
	if asked != 10 {
		t.Errorf("asked %d times in 95 units, want 10", asked)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := learner.NewPoll(ctx, 1000).Work(1); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
}

type counting struct {
	context.Context
	asked *int
}

func (c counting) Err() error { *c.asked++; return c.Context.Err() }
