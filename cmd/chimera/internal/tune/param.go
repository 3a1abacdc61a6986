package tune

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
)

// Param is a setting to try, and what to try for it: a list of values, or a distribution.
type Param struct {
	Name   string
	Values []string // as chimera.yaml would have them; nil for a distribution
	Range  *Range
}

// Range is a distribution between two bounds, both included.
type Range struct {
	Kind      string // one of Kinds
	Low, High float64
}

// Kinds are those of distributions: numbers, whole numbers, and both evenly spread over orders of magnitude.
func Kinds() []string { return []string{"uniform", "log", "int", "logint"} }

func (r Range) whole() bool { return r.Kind == "int" || r.Kind == "logint" }
func (r Range) log() bool   { return r.Kind == "log" || r.Kind == "logint" }

// ParseParam reads what to try: max_depth=2,4,8 or alpha=log:1e-6..1e-1. Commas within brackets or quotes do not separate.
func ParseParam(text string) (Param, error) {
	name, values, ok := strings.Cut(text, "=")
	p := Param{Name: strings.TrimSpace(name)}
	values = strings.TrimSpace(values)
	if !ok || p.Name == "" || values == "" {
		return p, fmt.Errorf("want NAME=VALUE,VALUE or NAME=KIND:LOW..HIGH with a kind of %s, got %q", strings.Join(Kinds(), ", "), text)
	}
	if kind, bounds, ok := strings.Cut(values, ":"); ok && strings.Contains(bounds, "..") && !strings.ContainsAny(kind, "[{\"'") {
		r, err := parseRange(kind, bounds)
		if err != nil {
			return p, fmt.Errorf("%s: %w", p.Name, err)
		}
		p.Range = r
		return p, nil
	}
	for _, v := range splitList(values) {
		if v = strings.TrimSpace(v); v == "" {
			return p, fmt.Errorf("%s: there is an empty value in %q", p.Name, values)
		}
		if slices.Contains(p.Values, v) {
			return p, fmt.Errorf("%s: the value %s is there twice", p.Name, v)
		}
		p.Values = append(p.Values, v)
	}
	return p, nil
}

func parseRange(kind, bounds string) (*Range, error) {
	r := &Range{Kind: strings.TrimSpace(kind)}
	if !slices.Contains(Kinds(), r.Kind) {
		return nil, fmt.Errorf("want one of %s before the bounds, got %q", strings.Join(Kinds(), ", "), kind)
	}
	low, high, _ := strings.Cut(bounds, "..")
	for _, b := range []struct {
		text string
		to   *float64
	}{{low, &r.Low}, {high, &r.High}} {
		v, err := strconv.ParseFloat(strings.TrimSpace(b.text), 64)
		if err != nil || math.IsInf(v, 0) || math.IsNaN(v) || r.whole() && (v != math.Trunc(v) || math.Abs(v) > 1<<53) {
			want := "a finite number"
			if r.whole() {
				want = "a whole number"
			}
			return nil, fmt.Errorf("want %s as a bound, got %q", want, b.text)
		}
		*b.to = v
	}
	switch {
	case r.Low >= r.High:
		return nil, fmt.Errorf("the lower bound %s is not below the upper bound %s", low, high)
	case r.log() && r.Low <= 0:
		return nil, fmt.Errorf("a %s distribution needs bounds above 0, got %s", r.Kind, low)
	case math.IsInf(r.High-r.Low, 0):
		return nil, fmt.Errorf("the bounds %s and %s are too far apart", low, high)
	}
	return r, nil
}

// splitList splits at the commas outside brackets and quotes.
func splitList(text string) []string {
	var list []string
	depth, start := 0, 0
	var quote byte
	for i := range len(text) {
		switch c := text[i]; {
		case quote != 0:
			if c == quote {
				quote = 0
			}
		case c == '"' || c == '\'':
			quote = c
		case c == '[' || c == '{':
			depth++
		case c == ']' || c == '}':
			depth--
		case c == ',' && depth == 0:
			list, start = append(list, text[start:i]), i+1
		}
	}
	return append(list, text[start:])
}

// digits is how many significant digits a drawn number has, so that the best one can be pasted.
const digits = 4

// draw draws a value, as chimera.yaml would have it.
func (p Param) draw(random *rand.Rand) string {
	if p.Range == nil {
		return p.Values[random.IntN(len(p.Values))]
	}
	return p.Range.draw(random.Float64())
}

// draw is the value at the share u of the distribution, from 0 to below 1.
func (r Range) draw(u float64) string {
	low, high := r.Low, r.High
	if r.whole() { // each whole number has the same share, or the one of its stretch of the logarithms
		low, high = low-0.5, high+0.5
	}
	v := low + u*(high-low)
	if r.log() {
		v = math.Exp(math.Log(low) + u*(math.Log(high)-math.Log(low)))
	}
	if r.whole() {
		return strconv.FormatFloat(min(max(math.Round(v), r.Low), r.High), 'f', -1, 64)
	}
	rounded, _ := strconv.ParseFloat(strconv.FormatFloat(v, 'g', digits, 64), 64) // it was just written
	return strconv.FormatFloat(min(max(rounded, r.Low), r.High), 'g', -1, 64)
}

// ends are the values that are checked before anything runs.
func (p Param) ends() []string {
	if p.Range == nil {
		return p.Values
	}
	format := func(v float64) string { return strconv.FormatFloat(v, 'g', -1, 64) }
	if p.Range.whole() {
		format = func(v float64) string { return strconv.FormatFloat(v, 'f', -1, 64) }
	}
	return []string{format(p.Range.Low), format(p.Range.High)}
}
