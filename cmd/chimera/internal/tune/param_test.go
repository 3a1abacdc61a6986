package tune_test

import (
	"math"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/gochimera/chimera/cmd/chimera/internal/tune"
)

func TestParseParam(t *testing.T) {
	for text, want := range map[string]tune.Param{
		"max_depth=2, 4,8":                  {Name: "max_depth", Values: []string{"2", "4", "8"}},
		"hidden_layer_sizes=[10],[20, 20]":  {Name: "hidden_layer_sizes", Values: []string{"[10]", "[20, 20]"}},
		"alpha=log:1e-6..1e-1":              {Name: "alpha", Range: &tune.Range{Kind: "log", Low: 1e-6, High: 0.1}},
		"parameter_server.batch=int: 1..10": {Name: "parameter_server.batch", Range: &tune.Range{Kind: "int", Low: 1, High: 10}},
		"x=uniform:-1..1":                   {Name: "x", Range: &tune.Range{Kind: "uniform", Low: -1, High: 1}},
		`prepare.fill='a,b',c`:              {Name: "prepare.fill", Values: []string{"'a,b'", "c"}},
	} {
		if got, err := tune.ParseParam(text); err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%s: %+v, %v; want %+v", text, got, err, want)
		}
	}
	for text, want := range map[string]string{
		"max_depth":          "want NAME=VALUE,VALUE or NAME=KIND:LOW..HIGH with a kind of uniform, log, int, logint, got",
		"=3":                 "want NAME=VALUE,VALUE",
		"a=1,,2":             `a: there is an empty value in "1,,2"`,
		"a=1,2,1":            "a: the value 1 is there twice",
		"a=lgo:1..2":         `a: want one of uniform, log, int, logint before the bounds, got "lgo"`,
		"a=log:0..1":         "a: a log distribution needs bounds above 0, got 0",
		"a=int:1..2.5":       `a: want a whole number as a bound, got "2.5"`,
		"a=uniform:2..2":     "a: the lower bound 2 is not below the upper bound 2",
		"a=uniform:x..2":     `a: want a finite number as a bound, got "x"`,
		"a=uniform:1..1e999": `a: want a finite number as a bound, got "1e999"`,
	} {
		if got, err := tune.ParseParam(text); err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("%s: %+v, %v; want %s", text, got, err, want)
		}
	}
}

// What was read says the same when it is written.
func FuzzParseParam(f *testing.F) {
	for _, text := range []string{"a=1,2", "a=log:1e-6..1e-1", "a=[1,2],{b: 'x,y'}", "a=int:-3..5", "a='", "a=..", "a=]:1..2,["} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		p, err := tune.ParseParam(text)
		if err != nil {
			if strings.TrimSpace(err.Error()) == "" {
				t.Error("no reason")
			}
			return
		}
		if (p.Range == nil) == (p.Values == nil) || p.Name == "" {
			t.Fatalf("%+v", p)
		}
		if p.Range != nil {
			if !(p.Range.Low < p.Range.High) || math.IsInf(p.Range.High, 0) {
				t.Fatalf("%+v", p.Range)
			}
			return
		}
		back, err := tune.ParseParam(p.Name + "=" + strings.Join(p.Values, ","))
		if err != nil || !reflect.DeepEqual(p, back) {
			t.Errorf("%+v is %+v, %v", p, back, err)
		}
	})
}

// Those of the last parameter vary first, as in scikit-learn's ParameterGrid.
func TestGrid(t *testing.T) {
	params := []tune.Param{{Name: "a", Values: []string{"1", "2"}}, {Name: "b", Values: []string{"x", "y", "z"}}}
	got, err := tune.Grid(params)
	want := []tune.Candidate{{"1", "x"}, {"1", "y"}, {"1", "z"}, {"2", "x"}, {"2", "y"}, {"2", "z"}}
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("%v, %v", got, err)
	}
	drawn, err := tune.Random(params, 4, 1)
	if err != nil || len(drawn) != 4 {
		t.Fatal(drawn, err)
	}
	for i, c := range drawn {
		if slices.ContainsFunc(drawn[:i], func(d tune.Candidate) bool { return slices.Equal(c, d) }) {
			t.Errorf("%v is there twice", c)
		}
	}
	if all, err := tune.Random(params, 100, 1); err != nil || len(all) != 6 {
		t.Errorf("%v, %v: a grid of 6 gives no more", all, err)
	}
	endless := []tune.Param{{Name: "a", Range: &tune.Range{Kind: "int", Low: 1, High: 2}}}
	if _, err := tune.Grid(endless); err == nil || !strings.Contains(err.Error(), "--iterations") {
		t.Error(err)
	}
}

// Draws are within the bounds, whole where they must be, the same for one seed, and as evenly spread as the distribution
// says: each quarter of it, or of its logarithms, has about a quarter of them.
func TestRandom(t *testing.T) {
	const n = 4000
	for _, r := range []tune.Range{{"uniform", -1, 3}, {"log", 1e-6, 1e-2}, {"int", 1, 8}, {"logint", 1, 9999}} {
		params := []tune.Param{{Name: "p", Range: &r}}
		drawn, err := tune.Random(params, n, 3)
		if err != nil {
			t.Fatal(err)
		}
		if again, _ := tune.Random(params, n, 3); !reflect.DeepEqual(drawn, again) {
			t.Error("one seed, other draws")
		}
		if other, _ := tune.Random(params, n, 4); reflect.DeepEqual(drawn, other) {
			t.Error("another seed, the same draws")
		}
		quarters := make([]int, 4)
		for _, c := range drawn {
			v, err := strconv.ParseFloat(c[0], 64)
			if err != nil || v < r.Low || v > r.High {
				t.Fatalf("%s: %v is out of %v", r.Kind, c, r)
			}
			if strings.HasSuffix(r.Kind, "int") && (v != math.Trunc(v) || strings.ContainsAny(c[0], ".e")) {
				t.Fatalf("%s: %v", r.Kind, c)
			}
			low, high, at := r.Low, r.High, v
			switch r.Kind {
			case "int":
				low, high = low-0.5, high+0.5
			case "log":
				low, high, at = math.Log(low), math.Log(high), math.Log(at)
			case "logint":
				low, high, at = math.Log(low-0.5), math.Log(high+0.5), math.Log(at)
			}
			quarters[min(3, int(4*(at-low)/(high-low)))]++
		}
		for q, count := range quarters {
			if count < n/4-150 || count > n/4+150 { // more than five standard deviations, of 27
				if r.Kind == "logint" && q < 2 { // its smallest numbers are far apart
					continue
				}
				t.Errorf("%s: quarter %d has %d of %d", r.Kind, q, count, n)
			}
		}
	}
}
