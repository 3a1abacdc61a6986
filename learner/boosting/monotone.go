package boosting

import (
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"slices"

	"github.com/gochimera/chimera/learner"
	"github.com/gochimera/chimera/registry"
)

// Constraints is the parameter monotonic_cst: for each feature 1 if answers must not fall as its value rises, -1 if they must
// not rise, 0 if there is no constraint. It is a list of one number per feature, or a map from names of features to
// numbers, where features without a number have none. The zero value is without constraints.
type Constraints struct {
	each   []int
	byName map[string]int
}

// EachFeature makes Constraints of one number per feature: -1, 0 or 1.
func EachFeature(signs ...int) Constraints { return Constraints{each: signs} }

// FeaturesByName makes Constraints of numbers, -1, 0 or 1, by the names of features.
func FeaturesByName(signs map[string]int) Constraints { return Constraints{byName: signs} }

// UnmarshalJSON reads a list or a map.
func (c *Constraints) UnmarshalJSON(b []byte) error {
	var read Constraints
	if json.Unmarshal(b, &read.each) != nil {
		read.each = nil
		if err := json.Unmarshal(b, &read.byName); err != nil {
			return fmt.Errorf("neither a list of numbers, one per feature, nor a map from features to numbers: %w", err)
		}
	}
	*c = read
	return c.check()
}

// MarshalJSON writes what UnmarshalJSON reads.
func (c Constraints) MarshalJSON() ([]byte, error) {
	switch {
	case len(c.byName) > 0:
		return json.Marshal(c.byName)
	case c.each == nil:
		return []byte("[]"), nil
	}
	return json.Marshal(c.each)
}

// ParamSchema is for package registry.
func (Constraints) ParamSchema() (typ string, schema map[string]any) {
	sign := map[string]any{"type": "integer", "minimum": -1, "maximum": 1}
	return "list of -1, 0 and 1, or map from features to them", map[string]any{"anyOf": []any{
		map[string]any{"type": "array", "items": sign}, map[string]any{"type": "object"},
	}}
}

func (c Constraints) check() error {
	for i, sign := range c.each {
		if sign < -1 || sign > 1 {
			return fmt.Errorf("feature %d has %d, which is not -1, 0 or 1", i, sign)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(c.byName)) {
		if sign := c.byName[name]; sign < -1 || sign > 1 {
			return fmt.Errorf("%q has %d, which is not -1, 0 or 1", name, sign)
		}
	}
	return nil
}

// any reports whether there is a constraint.
func (c Constraints) any() bool {
	isOne := func(sign int) bool { return sign != 0 }
	return slices.ContainsFunc(c.each, isOne) || slices.ContainsFunc(slices.Collect(maps.Values(c.byName)), isOne)
}

// of are the constraints of each feature of a schema; nil: there are none.
func (c Constraints) of(s learner.Schema) ([]int, error) {
	if !c.any() {
		return nil, nil
	}
	wrong := func(format string, args ...any) ([]int, error) {
		return nil, &learner.ParamError{Param: "monotonic_cst", Reason: fmt.Sprintf(format, args...)}
	}
	if len(s.Classes) > 2 {
		return wrong("there are %d classes, and constraints are for two, or for numbers", len(s.Classes))
	}
	if c.byName == nil {
		if len(c.each) != len(s.Features) {
			return wrong("%d numbers for %d features", len(c.each), len(s.Features))
		}
		return c.each, nil
	}
	signs := make([]int, len(s.Features))
	for _, name := range slices.Sorted(maps.Keys(c.byName)) {
		j := slices.Index(s.Features, name)
		if j < 0 {
			return wrong("no feature has the name %q", name)
		}
		signs[j] = c.byName[name]
	}
	return signs, nil
}

// limits are what a node, and so its children, may add at least and at most.
type limits struct{ low, high float64 }

// noLimits are those of a root.
var noLimits = limits{low: math.Inf(-1), high: math.Inf(1)}

// child are the limits of a child of a node: between those of the children, their middle is the limit (as in scikit-learn).
func (l limits) child(side, sign int, values [2]float64) limits {
	if middle := values[0]/2 + values[1]/2; sign != 0 {
		if (side == 0) == (sign > 0) {
			l.high = middle
		} else {
			l.low = middle
		}
	}
	return l
}

// within is a value inside the limits.
func (l limits) within(v float64) float64 { return min(max(v, l.low), l.high) }

// worth is how much smaller the loss becomes if rows get a value, but for what is the same for all values near the best.
func (s *searcher) worth(a totals, value float64) float64 {
	return float64(-float64(a.g) * s.g * (value / s.t.LearningRate / s.bound)) // rounded, so that it is the same where products and sums are fused
}

// bounded is column for a node with limits, whose children get values inside of them, in the order of the column's constraint.
func (s *searcher) bounded(j int, histogram []int64, best *found) {
	c := &s.columns[j]
	numbers := histogram[s.layout.first[j]*s.layout.width:]
	var missing totals
	if c.missing {
		missing = s.of(numbers[(len(c.thresholds)+1)*s.layout.width:])
	}
	for side := range 2 {
		left, last := totals{}, len(c.thresholds)
		if side == 0 && c.missing {
			last++
		}
		if side == 1 {
			if missing.w == 0 {
				return
			}
			left = missing
		}
		for b := range last {
			here := s.of(numbers[b*s.layout.width:])
			if here.w == 0 {
				continue
			}
			left = left.plus(here)
			s.consider(split{feature: j, bin: b, missingLeft: side == 1}, left, missing.w, best)
		}
	}
}

// consider takes a split if it is allowed and gains more than the best so far.
func (s *searcher) consider(sp split, left totals, missing int64, best *found) {
	right := best.total.minus(left)
	for _, a := range []totals{left, right} {
		if float64(a.w)*s.w < float64(s.t.MinSamplesLeaf) || float64(a.h)*s.h < leastCurvature {
			return
		}
	}
	if gain := s.gain(left, right, s.columns[sp.feature].sign, best); gain > best.gain {
		best.gain, best.left, best.missing, best.split = gain, left, missing, sp
	}
}

// gain is that of a split into two sides, 0 if the constraint forbids it.
func (s *searcher) gain(left, right totals, sign int, best *found) float64 {
	if best.limits == nil {
		return s.strength(left) + s.strength(right) - s.strength(best.total)
	}
	l, r := best.limits.within(s.value(left)), best.limits.within(s.value(right))
	if sign > 0 && l > r || sign < 0 && l < r {
		return 0
	}
	return s.worth(left, l) + s.worth(right, r) - s.worth(best.total, best.limits.within(s.value(best.total)))
}

var _ registry.Schemer = Constraints{}
