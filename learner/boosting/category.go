package boosting

import (
	"cmp"
	"encoding/json"
	"fmt"
	"math"
	"slices"

	"github.com/gochimera/chimera/learner"
	"github.com/gochimera/chimera/registry"
)

// A column of categories has a bin for each of its values, and one for rows without a value or with one that no row had
// that is learned from. A split says which of them go left. In each node, categories are put into the order of their means,
// in which the best split of all is a cut (Fisher 1958, On grouping for maximum homogeneity).

// Features is the parameter categorical_features: which features are categories, by their names or places, from 0. The zero
// value is none.
type Features struct {
	names  []string
	places []int
}

// FeaturesNamed are those with these names.
func FeaturesNamed(names ...string) Features { return Features{names: names} }

// FeaturesAt are those at these places, from 0.
func FeaturesAt(places ...int) Features { return Features{places: places} }

// UnmarshalJSON reads a list of names and places.
func (f *Features) UnmarshalJSON(b []byte) error {
	var list []json.RawMessage
	if err := json.Unmarshal(b, &list); err != nil {
		return fmt.Errorf("not a list of features: %w", err)
	}
	*f = Features{}
	for _, one := range list {
		var name string
		var place int
		switch {
		case json.Unmarshal(one, &name) == nil:
			f.names = append(f.names, name)
		case json.Unmarshal(one, &place) == nil && place >= 0:
			f.places = append(f.places, place)
		default:
			return fmt.Errorf("%s is neither the name of a feature nor its place, from 0", one)
		}
	}
	return nil
}

// MarshalJSON writes what UnmarshalJSON reads.
func (f Features) MarshalJSON() ([]byte, error) {
	list := []any{}
	for _, name := range f.names {
		list = append(list, name)
	}
	for _, place := range f.places {
		list = append(list, place)
	}
	return json.Marshal(list)
}

// ParamSchema is for package registry.
func (Features) ParamSchema() (typ string, schema map[string]any) {
	one := map[string]any{"anyOf": []any{map[string]any{"type": "string"}, map[string]any{"type": "integer", "minimum": 0}}}
	return "list of names or places of features", map[string]any{"type": "array", "items": one}
}

// of says of each feature of a schema if it is one of them; nil: none is.
func (f Features) of(s learner.Schema) ([]bool, error) {
	if len(f.names)+len(f.places) == 0 {
		return nil, nil
	}
	is := make([]bool, len(s.Features))
	for _, name := range f.names {
		j := slices.Index(s.Features, name)
		if j < 0 {
			return nil, &learner.ParamError{Param: "categorical_features", Reason: fmt.Sprintf("no feature has the name %q", name)}
		}
		is[j] = true
	}
	for _, j := range f.places {
		if j < 0 || j >= len(is) {
			return nil, &learner.ParamError{Param: "categorical_features", Reason: fmt.Sprintf("there is no feature %d of %d, counted from 0", j, len(is))}
		}
		is[j] = true
	}
	return is, nil
}

// marked are the columns of a training, of which is known what the parameters say.
func (t *trainer) marked(s learner.Schema) ([]column, error) {
	signs, err := t.MonotonicCst.of(s)
	if err != nil {
		return nil, err
	}
	are, err := t.CategoricalFeatures.of(s)
	if err != nil {
		return nil, err
	}
	columns := make([]column, len(s.Features))
	for j := range columns {
		c := &columns[j]
		c.sign, c.categorical = at(signs, j), at(are, j)
		if c.sign != 0 && c.categorical {
			return nil, &learner.ParamError{Param: "monotonic_cst", Reason: fmt.Sprintf("feature %d (%s) is one of categorical_features, which have no order",
				j, s.Features[j])}
		}
	}
	return columns, nil
}

func at[T any](list []T, j int) (v T) {
	if list != nil {
		v = list[j]
	}
	return v
}

// categories are the values that a column was found to have; there must not be more than bins.
func (c *cells) categories(bins, j int, name string) ([]float64, error) {
	var values []float64
	for _, one := range c.cells {
		if one.known < keyBits || len(c.cells) > bins {
			return nil, &learner.DataError{Row: -1, Column: j, Name: name, Reason: fmt.Sprintf(
				"it is one of categorical_features, and has more than %d categories (max_bins): make one of the rarer ones, or leave it out of those", bins)}
		}
		values = append(values, one.lowest())
	}
	return values, nil
}

// set is which bins of a column go left.
type set [codeBins / 64]uint64

func (s *set) add(bin int)      { s[bin>>6] |= 1 << (bin & 63) }
func (s *set) has(bin int) bool { return s[bin>>6]>>(bin&63)&1 != 0 }

func (s *set) numbers() []float64 {
	var words []float64
	for _, w := range s {
		words = append(words, float64(uint32(w)), float64(w>>32))
	}
	return words
}

func (s *scanner) set() (read set) {
	for i := range read {
		low, high := s.int(0, math.MaxUint32), s.int(0, math.MaxUint32)
		read[i] = uint64(low) | uint64(high)<<32
	}
	return read
}

// support is how many rows a category needs in a node to be put into the order, and what is added to its second
// derivatives there, as in scikit-learn.
const support = 10

// category is a bin of a node with its place in the order.
type category struct {
	bin  int
	mean float64
	totals
}

// ordered are the bins of a column that have support among the rows of a node, by the means of what they would add: those
// with the least gradients first, of equal ones the lower bin.
func (s *searcher) ordered(j int, numbers []int64, whole totals) []category {
	var order []category
	rows := float64(whole.w) * s.w / (float64(whole.h) * s.h) // per second derivative
	for bin := range s.columns[j].bins() {
		a := s.of(numbers[bin*s.layout.width:])
		if h := float64(a.h) * s.h; h*rows >= support {
			order = append(order, category{bin: bin, mean: float64(a.g) * s.g / (h + support), totals: a})
		}
	}
	slices.SortStableFunc(order, func(a, b category) int { return cmp.Compare(a.mean, b.mean) })
	return order
}

// categories looks for the best split of a column of categories, whose gain is above that of best. From either end of the order,
// up to half of the categories go left, and all others right, those without support too.
func (s *searcher) categories(j int, histogram []int64, best *found) {
	c := &s.columns[j]
	numbers := histogram[s.layout.first[j]*s.layout.width:]
	order := s.ordered(j, numbers, best.total)
	if len(order) < 2 {
		return
	}
	unknown := s.of(numbers[c.missingBin()*s.layout.width:])
	for end := range 2 {
		sp := split{feature: j}
		left := totals{}
		for _, one := range order[:(len(order)+1)/2-end] { // half of them go left from one end only, as in scikit-learn
			sp.left.add(one.bin)
			left = left.plus(one.totals)
			sp.missingLeft = sp.missingLeft || one.bin == c.missingBin()
			s.consider(sp, left, unknown.w, best)
		}
		slices.Reverse(order)
	}
}

var _ registry.Schemer = Features{}
