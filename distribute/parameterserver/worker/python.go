package worker

import (
	"context"
	"errors"
	"fmt"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
	"gonum.org/v1/gonum/mat"

	"github.com/gochimera/chimera/api"
	"github.com/gochimera/chimera/distribute/endpoint"
	"github.com/gochimera/chimera/distribute/parameterserver"
	"github.com/gochimera/chimera/internal/dataio"
	"github.com/gochimera/chimera/learner"
	"github.com/gochimera/chimera/learner/moments"
	"github.com/gochimera/chimera/learner/numeric"
)

// The defaults of scikit-learn's SGDRegressor and SGDClassifier; the learner's own parameters of these
// names take precedence.
const (
	pythonEta0  = 0.01
	pythonAlpha = 0.0001
	pythonRatio = 0.15
)

// epoch is a fit-step of the Python package's master: one local epoch over all rows, one row at a time
// in shuffled order, from the parameters in the request, with the learner's eta0, alpha, penalty and
// l1_ratio. The package's own worker ignores the first parameters it receives, and shortens its steps
// from call to call; here an answer does not depend on earlier requests, except for injected faults,
// which count the calls.
func (w *sgd) epoch(ctx context.Context, body []byte) (a parameterserver.FitStepResponse, err error) {
	request, err := readFitStep(body)
	if err != nil {
		return a, err
	}
	s, rate, err := w.pythonSession(ctx, len(request.Weights), len(request.Bias))
	if err != nil {
		return a, err
	}
	step := int(w.epochs.Add(1) - 1) // the request does not contain it
	if err := w.Faults.Misbehave(ctx, step); err != nil {
		return a, err
	}
	p := append(append([]float64(nil), request.Weights...), request.Bias...)
	if err := s.model.SetParameters(p); err != nil {
		return a, err
	}
	head, answer := parameterserver.StepFrame{Mode: parameterserver.LocalMode, Rate: rate}, parameterserver.StepAnswer{}
	out, err := s.local(ctx, head, p, make([]float64, len(p)), &answer)
	if err == nil && w.Faults.Estimates(step) {
		err = w.little(ctx, s, head, p, out.Data, answer)
	}
	if err != nil {
		return a, w.stepProblem(step, err)
	}
	w.Faults.Spoil(step, out.Data)
	if i := numeric.FirstNotFinite(out.Data); i >= 0 {
		return a, w.stepProblem(step, w.unsendable(i, out.Data[i]))
	}
	n := len(request.Weights)
	return parameterserver.FitStepResponse{Weights: out.Data[:n], Bias: out.Data[n:]}, nil
}

// readFitStep reads the body of a fit-step in JSON.
func readFitStep(body []byte) (request parameterserver.FitStepRequest, err error) {
	if len(body) == 0 {
		return request, api.NewProblem(api.CodeInvalidRequest, "The body is empty; send weights and bias.")
	}
	if err := json.Unmarshal(body, &request); err != nil {
		code := api.CodeInvalidRequest
		if !jsontext.Value(body).IsValid() {
			code = api.CodeMalformedBody
		}
		return request, api.Problemf(code, "The fit-step cannot be read; want weights and bias, each a list of numbers: %v.", err)
	}
	return request, nil
}

// unsendable explains why an answer cannot be sent: its i-th number is not finite.
func (w *sgd) unsendable(i int, v float64) error {
	if w.Faults.MakesNaN() && i == 0 {
		return errors.New("the answer is NaN, as faults.corrupt asks, which JSON cannot hold")
	}
	return fmt.Errorf("the parameters diverged within one epoch: number %d of the answer is %v; lower the learner's eta0, or standardise the features", i, v)
}

// pythonSession is the session that a fit-step in JSON implies.
func (w *sgd) pythonSession(ctx context.Context, weights, biases int) (*session, float64, error) {
	rows, err := w.Numeric()
	if err != nil {
		return nil, 0, err
	}
	head := parameterserver.BeginFrame{
		FitID: "python", Features: rows.Columns, Classes: rows.Classes, Mode: parameterserver.LocalMode, BatchSize: 1, LocalEpochs: 1, Seed: w.Spec.Seed,
		Penalty: given(w, "penalty", "l2"), Alpha: given(w, "alpha", pythonAlpha), L1Ratio: given(w, "l1_ratio", pythonRatio),
	}
	s, err := w.newSession(ctx, head, nil)
	if err != nil {
		return nil, 0, err
	}
	s.alone = true
	coef, intercept := 0, 0
	for i, b := range s.blocks {
		switch {
		case b.Name == moments.CoefBlock && i == 0:
			coef = b.Len()
		case b.Name == moments.InterceptBlock && i == 1:
			intercept = b.Len()
		default:
			return nil, 0, api.Problemf(api.CodeUnusableData, "The Python package's master trains linear models; %s has a block %q.", w.Spec.Learner, b.Name)
		}
	}
	if weights != coef || biases != intercept {
		return nil, 0, api.Problemf(api.CodeInvalidRequest,
			"The fit-step has %d weights and %d biases; the model of worker %s has %d and %d.", weights, biases, w.Spec.Name, coef, intercept)
	}
	return s, given(w, "eta0", pythonEta0), nil
}

// given is the value of a learner's parameter if the worker's main sets it, or else otherwise. The
// learner's own defaults do not apply, because they are meant for mini-batches of standardised rows,
// and these are single rows as they are.
func given[T any](w *sgd, name string, otherwise T) T {
	all := map[string]any{}
	if w.Spec.Params != "" && json.Unmarshal([]byte(w.Spec.Params), &all) == nil {
		if v, ok := all[name].(T); ok {
			return v
		}
	}
	return otherwise
}

// sample returns the rows from which the Python package's master infers the shape of the model.
func (w *sgd) sample(context.Context, endpoint.None) (parameterserver.DataSample, error) {
	rows, err := w.Numeric()
	if err != nil {
		return parameterserver.DataSample{}, err
	}
	return sampleOf(rows)
}

// sampleOf takes the first two rows for a regression; for a classification the first five rows, and
// one row of each class that they lack.
func sampleOf(rows *dataio.Table) (parameterserver.DataSample, error) {
	var chosen []int
	first := 2
	if len(rows.Classes) > 1 {
		first = 5
	}
	seen := map[float64]bool{}
	for i, y := range rows.Y {
		if i < first || rows.Classes != nil && !seen[y] {
			chosen = append(chosen, i)
		}
		seen[y] = true
	}
	s := parameterserver.DataSample{Columns: rows.Columns, TargetColumns: []string{rows.Target}}
	x := mat.NewDense(len(chosen), len(rows.Columns), nil)
	for i, r := range chosen {
		row := rows.X.RawRowView(r)
		if j := numeric.FirstNotFinite(row); j >= 0 {
			return s, &learner.DataError{Row: r, Column: j, Name: rows.Columns[j], Reason: fmt.Sprintf("the value is %v, which the sample cannot hold", row[j])}
		}
		x.SetRow(i, row)
		if rows.Classes != nil {
			s.Targets = append(s.Targets, api.LabelRows([]learner.Label{rows.Classes[int(rows.Y[r])]}))
			continue
		}
		s.Targets = append(s.Targets, api.YRows{Values: []float64{rows.Y[r]}})
	}
	s.Rows = api.NewProbaRows(x)
	return s, nil
}
