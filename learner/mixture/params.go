package mixture

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"slices"

	"gonum.org/v1/gonum/floats"

	"github.com/gochimera/chimera/learner"
	"github.com/gochimera/chimera/learner/numeric"
	"github.com/gochimera/chimera/registry"
)

// The values of covariance_type.
const (
	Full      = "full"
	Tied      = "tied"
	Diag      = "diag"
	Spherical = "spherical"
)

// Params are the parameters of gaussian-mixture, named as in scikit-learn.
type Params struct {
	NComponents    int     `json:"n_components" default:"1" validate:"gte=1,lte=10000" doc:"how many components; fewer, if rows have fewer different values"`
	CovarianceType string  `json:"covariance_type" default:"full" validate:"oneof=full tied diag spherical"`
	Tol            float64 `json:"tol" default:"1e-3" validate:"gte=0" doc:"an iteration ends the fit if the mean log-likelihood of the rows gains less"`
	RegCovar       float64 `json:"reg_covar" default:"1e-6" validate:"gte=0" doc:"is added to each variance, so that none is 0"`
	MaxIter        int     `json:"max_iter" default:"100" validate:"gte=1" doc:"most iterations"`
	WeightsInit    List    `json:"weights_init" default:"[]"`
	MeansInit      List    `json:"means_init" default:"[]"`
	PrecisionsInit List    `json:"precisions_init" default:"[]"`
}

// Docs says what each parameter is.
func (Params) Docs() map[string]string {
	return map[string]string{
		"covariance_type": "full: each component has covariances of its own; tied: all have the same; diag: each has a variance for each feature; spherical: one",
		"weights_init":    "the weights to begin with, which add up to 1; [] for those of the clusters of kmeans",
		"means_init":      "the means to begin with, n_components lists with one number per feature; [] for those of the clusters",
		"precisions_init": "the inverses of the covariances to begin with: full wants a list of matrices, tied a matrix, diag a list of lists, spherical a list",
	}
}

// List is a list of numbers, or of lists of one length. The zero value is empty.
type List struct {
	shape  []int
	values []float64 // row by row
}

// ListOf is a list with this shape, whose numbers are given row by row.
func ListOf(values []float64, shape ...int) List { return List{shape: shape, values: values} }

func (l List) empty() bool { return len(l.values) == 0 }

// UnmarshalJSON reads nested lists, at most three deep.
func (l *List) UnmarshalJSON(b []byte) error {
	var v any
	if err := json.Unmarshal(bytes.TrimSpace(b), &v); err != nil {
		return err
	}
	read := List{}
	if list, ok := v.([]any); !ok {
		return fmt.Errorf("want a list of numbers, or of lists of them")
	} else if len(list) > 0 {
		if err := read.take(list, 0); err != nil {
			return err
		}
	}
	*l = read
	return nil
}

// take reads a list at a depth.
func (l *List) take(list []any, depth int) error {
	switch {
	case depth == 3:
		return fmt.Errorf("lists are nested more than three deep")
	case depth == len(l.shape):
		l.shape = append(l.shape, len(list))
	case l.shape[depth] != len(list):
		return fmt.Errorf("lists of %d and of %d are side by side", l.shape[depth], len(list))
	}
	for _, v := range list {
		if v == nil {
			v = math.NaN() // which check refuses, with the parameter's name
		}
		switch v := v.(type) {
		case float64:
			if depth != len(l.shape)-1 {
				return fmt.Errorf("a number is beside a list")
			}
			l.values = append(l.values, v)
		case []any:
			if depth == len(l.shape)-1 && len(l.values) > 0 || len(v) == 0 {
				return fmt.Errorf("a list is beside a number, or empty")
			}
			if err := l.take(v, depth+1); err != nil {
				return err
			}
		default:
			return fmt.Errorf("%v is neither a number nor a list", v)
		}
	}
	return nil
}

// MarshalJSON writes what UnmarshalJSON reads.
func (l List) MarshalJSON() ([]byte, error) {
	if l.empty() {
		return []byte("[]"), nil
	}
	return json.Marshal(l.nested(l.shape, l.values))
}

func (l List) nested(shape []int, values []float64) any {
	if len(shape) == 1 {
		return values
	}
	out := make([]any, shape[0])
	for i := range out {
		each := len(values) / shape[0]
		out[i] = l.nested(shape[1:], values[i*each:][:each])
	}
	return out
}

// ParamSchema is for package registry.
func (List) ParamSchema() (typ string, schema map[string]any) {
	of := func(items map[string]any) map[string]any {
		return map[string]any{"type": "array", "items": items, "minItems": 1}
	}
	number := map[string]any{"type": "number"}
	return "list of numbers, or of lists", map[string]any{"anyOf": []any{
		map[string]any{"type": "array", "items": number}, of(of(number)), of(of(of(number))),
	}}
}

// check refuses what the tags cannot express.
func (p Params) check() error {
	fail := func(param, format string, args ...any) error {
		return &learner.ParamError{Param: param, Reason: fmt.Sprintf(format, args...)}
	}
	k := p.NComponents
	switch {
	case k < 1:
		return fail("n_components", "must be at least 1")
	case p.MaxIter < 1:
		return fail("max_iter", "must be at least 1")
	case !numeric.IsFinite(p.Tol) || p.Tol < 0:
		return fail("tol", "must be a number >= 0")
	case !numeric.IsFinite(p.RegCovar) || p.RegCovar < 0 || p.RegCovar > largest:
		return fail("reg_covar", "must be a number >= 0")
	case !slices.Contains([]string{Full, Tied, Diag, Spherical}, p.CovarianceType):
		return fail("covariance_type", "must be full, tied, diag or spherical")
	}
	for param, l := range map[string]List{"weights_init": p.WeightsInit, "means_init": p.MeansInit, "precisions_init": p.PrecisionsInit} {
		if !numeric.AllFinite(l.values) || !l.empty() && floats.Norm(l.values, math.Inf(1)) > largest {
			return fail(param, "has a number that is not finite, or too large to square")
		}
	}
	if w := p.WeightsInit; !w.empty() {
		if len(w.shape) != 1 || len(w.values) != k || slices.Min(w.values) <= 0 || math.Abs(floats.Sum(w.values)-1) > 1e-6 {
			return fail("weights_init", "must be %d weights above 0 that add up to 1", k)
		}
	}
	if m := p.MeansInit; !m.empty() && (len(m.shape) != 2 || m.shape[0] != k) {
		return fail("means_init", "must be %d lists with one number per feature", k)
	}
	if q := p.PrecisionsInit; !q.empty() {
		n := q.shape[len(q.shape)-1]
		if !slices.Equal(q.shape, map[string][]int{Full: {k, n, n}, Tied: {n, n}, Diag: {k, n}, Spherical: {k}}[p.CovarianceType]) {
			return fail("precisions_init", "has not the shape for %d components and covariance_type: %s", k, p.CovarianceType)
		}
	}
	return nil
}

// fits refuses a beginning that is for another number of features.
func (p Params) fits(cols int) error {
	wrong := func(param string, n int) error {
		return &learner.ParamError{Param: param, Reason: fmt.Sprintf("is for %d features, the rows have %d", n, cols)}
	}
	if m := p.MeansInit; !m.empty() && m.shape[1] != cols {
		return wrong("means_init", m.shape[1])
	}
	if q := p.PrecisionsInit; !q.empty() && p.CovarianceType != Spherical && q.shape[len(q.shape)-1] != cols {
		return wrong("precisions_init", q.shape[len(q.shape)-1])
	}
	return nil
}

var _ registry.Schemer = List{}
