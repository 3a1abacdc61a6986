package boosting

import (
	"fmt"
	"math"

	"github.com/gochimera/chimera/learner"
)

// The survey is the first round: how many rows and features there are, and sums of weights and targets.

const surveyCounts = 3 // rows, features times rows, rows whose weight is not 1

// The sums of the survey: of the weights of rows learned from, of those of rows held out, and, of rows learned from, of
// the weights of each class or of the targets.
const (
	weightSum = iota
	heldSum
	targetSums
)

func surveyReals(classes int) int { return targetSums + max(classes, 1) }

// survey adds up a part's rows.
func (p *part) survey(into *learner.Sums) error {
	if len(into.Counts) != surveyCounts || len(into.Reals) != surveyReals(p.classes) {
		return fmt.Errorf("the survey has %d and %d sums, not %d and %d", surveyCounts, surveyReals(p.classes), len(into.Counts), len(into.Reals))
	}
	for i, y := range p.y {
		w := 1.0
		if p.weights != nil {
			if w = p.weights[i]; w != 1 {
				into.Counts[2]++
			}
		}
		if p.isHeld(i) {
			into.Reals[heldSum].Add(w)
			continue
		}
		into.Counts[0]++
		into.Counts[1] += int64(p.features)
		into.Reals[weightSum].Add(w)
		if p.classes > 0 {
			into.Reals[targetSums+int(y)].Add(w)
		} else {
			into.Reals[targetSums].AddProduct(w, y)
		}
	}
	return nil
}

// surveyed makes of the survey what the next phase begins with.
func (t *trainer) surveyed(s learner.Schema, sums *learner.Sums) (learner.Advance, error) {
	rows := sums.Counts[0]
	if rows <= 0 {
		return learner.Advance{}, &learner.DataError{Row: -1, Column: -1, Reason: "no rows to fit on: all have weight 0, or are held out by early_stopping"}
	}
	classes, features := len(s.Classes), len(s.Features)
	if features == 0 || sums.Counts[1]%rows != 0 || sums.Counts[1]/rows != int64(features) {
		return learner.Advance{}, &learner.DataError{Row: -1, Column: -1, Reason: fmt.Sprintf("not all rows have the %d columns of the schema", features)}
	}
	weight := sums.Reals[weightSum].Value()
	h := &head{phase: counting, features: features, classes: classes, unit: sums.Counts[2] == 0}
	if all := weight + sums.Reals[heldSum].Value(); all < leastWeight {
		return learner.Advance{}, &learner.DataError{Row: -1, Column: -1, Name: "weight",
			Reason: fmt.Sprintf("all weights together are %v, which is too little to be told apart: multiply all of them by a number", all)}
	}
	if !h.unit { // losses are summed over the rows held out too
		h.weightExp = exponent(weight+sums.Reals[heldSum].Value()) - weightBits
	}
	of := make([]float64, len(sums.Reals)-targetSums)
	for k := range of {
		of[k] = sums.Reals[targetSums+k].Value()
	}
	if t.balanced {
		h.classWeights = balanced(of, weight)
		for k := range of {
			of[k] *= h.classWeights[k]
		}
	}
	if t.loss == poissonLoss && !(of[0] > 0) {
		return learner.Advance{}, &learner.DataError{Row: -1, Column: -1, Name: "y", Reason: "the loss poisson needs a target above 0"}
	}
	h.base = t.loss.base(weight, of)
	if classes == 1 { // there is one answer only
		h.phase = boosting
		state := append(h.write(), make([]float64, 2*h.features)...)
		at := len(state)
		state = appendRecord(state, beginRecord, append(bounds{}.numbers(), 0)...)
		state = cursor{start: at, known: true}.appendTo(appendRecord(state, endRecord))
		return learner.Advance{State: state, Done: true, Why: "one class"}, nil
	}
	columns := make([]cells, h.features)
	for j := range columns {
		columns[j] = firstCells()
	}
	c := counted{columns: columns}
	if t.loss.late() {
		c.base = newQuests(1)
	}
	return learner.Advance{State: c.appendTo(h.write()), Loss: math.NaN()}, nil
}

// base is the score that every row begins with: that of least loss. of are the sums of the weights of the classes, or
// the sum of the targets.
func (l lossKind) base(weight float64, of []float64) []float64 {
	switch {
	case l == squaredError:
		return []float64{of[0] / weight}
	case l == poissonLoss:
		return []float64{math.Log(max(of[0]/weight, 0x1p-500))}
	case l.late(): // not known yet
		return []float64{0}
	case len(of) <= 2:
		p := clipped(of[len(of)-1] / weight)
		return []float64{math.Log(p / (1 - p))}
	default:
		base := make([]float64, len(of))
		for k := range of {
			base[k] = math.Log(clipped(of[k] / weight))
		}
		return base
	}
}

// balanced are weights that give all classes with rows the same total, and leave that of all rows as it is.
func balanced(of []float64, weight float64) []float64 {
	present := 0
	for _, w := range of {
		if w > 0 {
			present++
		}
	}
	weights := make([]float64, len(of))
	for k, w := range of {
		if weights[k] = 1; w > 0 {
			weights[k] = weight / (float64(present) * w)
		}
	}
	return weights
}

// clipped is a probability that is neither 0 nor 1.
func clipped(p float64) float64 { return min(max(p, 0x1p-52), 1-0x1p-52) }

// exponent is the least e for which v is at most 2^e, for a v above 0; of 0 a very small one.
func exponent(v float64) int {
	fraction, e := math.Frexp(v)
	switch {
	case v == 0:
		return smallestExponent
	case fraction == 0.5:
		e--
	}
	return max(e, smallestExponent)
}

// The exponents that bounds may have.
const (
	smallestExponent = -900
	largestExponent  = 1024
)
