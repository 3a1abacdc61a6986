package explain

import (
	"fmt"
	"slices"

	"gonum.org/v1/gonum/mat"

	"github.com/gochimera/chimera/prepare"
)

// Origins are those of a model's features: a column each, as it comes, or what the preparation, which may be nil, says.
func Origins(features []string, p *prepare.Preparation) []prepare.Origin {
	if p != nil {
		return p.Origins()
	}
	origins := make([]prepare.Origin, len(features))
	for i, name := range features {
		origins[i] = prepare.Origin{Feature: name, Column: name}
	}
	return origins
}

// Columns sums up what belongs to the features of one column, such as those of its categories; columns are in the order
// of their first features. What belongs to no column, such as a component of a kernel, is left out.
func Columns(origins []prepare.Origin, values []float64) (columns []string, sums []float64) {
	for i, o := range origins {
		if o.Column == "" {
			continue
		}
		k := slices.Index(columns, o.Column)
		if k < 0 {
			k = len(columns)
			columns, sums = append(columns, o.Column), append(sums, 0)
		}
		sums[k] += values[i]
	}
	return columns, sums
}

// Unscale takes coefficients (outputs x features) and intercepts (one per output) of scaled features to the scale of the columns as they
// come: the model with them answers for a row before the preparation has scaled it as the given one does after that. scaled
// is false if no feature is scaled: then they stay as they are. What is given is not changed.
func Unscale(origins []prepare.Origin, coef *mat.Dense, intercept []float64) (original *mat.Dense, shifted []float64, scaled bool, err error) {
	outputs, features := coef.Dims()
	if features != len(origins) || outputs != len(intercept) {
		return nil, nil, false, fmt.Errorf("%d x %d coefficients and %d intercepts for %d features", outputs, features, len(intercept), len(origins))
	}
	original, shifted = mat.DenseCopyOf(coef), slices.Clone(intercept)
	for j, o := range origins {
		if o.Scale == 0 {
			continue
		}
		scaled = true
		for k := range outputs {
			v := coef.At(k, j) / o.Scale
			original.Set(k, j, v)
			shifted[k] -= v * o.Center
		}
	}
	return original, shifted, scaled, nil
}
