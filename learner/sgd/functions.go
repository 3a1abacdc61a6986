package sgd

import (
	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"

	"github.com/gochimera/chimera/learner"
	"github.com/gochimera/chimera/learner/moments"
	"github.com/gochimera/chimera/learner/numeric"
)

// functions are linear functions of the features, one per output.
type functions struct {
	outputs, features int
	intercept         bool
	params            []float64 // outputs x features coefficients, then one intercept per output if there are any; nil before Init
}

func newFunctions(outputs, features int, intercept bool) functions {
	f := functions{outputs: outputs, features: features, intercept: intercept}
	f.params = make([]float64, f.size())
	return f
}

// size is the number of parameters.
func (f functions) size() int {
	if f.intercept {
		return f.outputs * (f.features + 1)
	}
	return f.outputs * f.features
}

// blocks describes the parameters.
func (f functions) blocks() []learner.Block {
	blocks := []learner.Block{{Name: moments.CoefBlock, Shape: []int{f.outputs, f.features}, Penalised: true}}
	if f.intercept {
		blocks = append(blocks, learner.Block{Name: moments.InterceptBlock, Shape: []int{f.outputs}})
	}
	return blocks
}

func (f functions) coef(o int) []float64 { return f.params[o*f.features : (o+1)*f.features] }

// intercepts is nil if there are none.
func (f functions) intercepts() []float64 { return f.params[f.outputs*f.features:] }

// scores writes one score per output for one row. The bits of a score do not
// depend on the other rows of a request.
func (f functions) scores(row, into []float64) {
	for o := range into {
		into[o] = floats.Dot(f.coef(o), row)
	}
	if f.intercept {
		floats.Add(into, f.intercepts())
	}
}

// each calls do with the scores of each row of x, until that is an error.
func (f functions) each(x *mat.Dense, do func(i int, scores []float64) error) error {
	rows, _ := x.Dims()
	scores := make([]float64, f.outputs)
	for i := range rows {
		f.scores(x.RawRowView(i), scores)
		if !numeric.FiniteSum(scores) {
			return &learner.DataError{Row: i, Column: -1, Reason: "its values are too large: the prediction overflows"}
		}
		if err := do(i, scores); err != nil {
			return err
		}
	}
	return nil
}
