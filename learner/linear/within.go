package linear

import (
	"errors"
	"fmt"
	"math"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"

	"github.com/gochimera/chimera/learner/exact"
	"github.com/gochimera/chimera/learner/numeric"
)

// within is what the sums say of the classes.
type within struct {
	classes, features int
	weights           []float64 // one per class
	weight            float64   // of all rows
	vote              vote
	means             []float64 // classes x features, less the mean of all rows
	mean              []float64 // of all rows
	scatter           *mat.SymDense
}

// newWithin takes apart the sums of LDA.Shape.
func newWithin(sums []exact.Sum, classes, features int) (*within, error) {
	columns := 1 + features
	products := exact.GramLen(columns)
	w := &within{
		classes: classes, features: features, weight: sums[0].Value(), scatter: mat.NewSymDense(features, nil),
		weights: make([]float64, classes), means: make([]float64, classes*features), mean: make([]float64, features),
		vote: vote{classes: classes, features: features, index: make([]float64, classes), only: -1},
	}
	if !(w.weight > 0) {
		return nil, fmt.Errorf("sums of rows that weigh %v; there is nothing to learn from", w.weight)
	}
	for j := range features {
		w.mean[j] = exact.Quotient(&sums[1+j], &sums[0])
	}
	by := make([][]exact.Sum, columns) // of each column, the sums of the classes
	for c := range classes {
		of := sums[products+c*columns:][:columns]
		for j := range of {
			by[j] = append(by[j], of[j])
		}
		w.vote.index[c] = -1
		if w.weights[c] = of[0].Value(); !(w.weights[c] > 0) {
			continue
		}
		w.vote.index[c] = float64(w.vote.present)
		w.vote.only = c
		w.vote.present++
		for j := range features {
			v, _ := exact.Centred(&sums[0], &of[0], &sums[1+j], &of[1+j])
			w.means[c*features+j] = v / w.weights[c]
		}
	}
	if w.vote.present > 1 {
		w.vote.only = -1
	}
	for j := range features {
		for k := j; k < features; k++ {
			v, _ := exact.CentredWithin(by[0], by[1+j], by[1+k], &sums[exact.GramIndex(columns, 1+j, 1+k)])
			w.scatter.SetSym(j, k, v)
		}
	}
	return w, nil
}

// functions are the logarithms of the classes' densities, but for what is common to all.
func (w *within) functions(tol float64) (functions, error) {
	if w.vote.only >= 0 {
		return w.vote.certain(), nil
	}
	d := w.features
	whitening, err := w.whiten(tol)
	if err != nil {
		return functions{}, err
	}
	each := functions{w.classes, d, make([]float64, w.classes*d), make([]float64, w.classes)} // one for each of two classes too
	for c := range w.classes {
		coef, offset := each.coef[c*d:][:d], w.means[c*d:][:d]
		if w.vote.index[c] < 0 {
			continue
		}
		var distance float64
		for _, direction := range whitening {
			along := floats.Dot(direction, offset)
			floats.AddScaled(coef, along, direction)
			distance += along * along
		}
		each.intercept[c] = math.Log(w.weights[c]/w.weight) - distance/2 - floats.Dot(coef, w.mean)
	}
	w.denyAbsent(each)
	f := newFunctions(w.classes, d)
	if w.classes == 2 {
		floats.SubTo(f.coef, each.coef[d:], each.coef[:d])
		f.intercept[0] = each.intercept[1] - each.intercept[0]
	} else {
		copy(f.coef, each.coef)
		copy(f.intercept, each.intercept)
	}
	if !numeric.AllFinite(f.coef) || !numeric.AllFinite(f.intercept) {
		return functions{}, errOverflow
	}
	return f, nil
}

// denyAbsent gives classes without rows the mean of the others' functions, less so much that it is far below the largest of them everywhere.
func (w *within) denyAbsent(each functions) {
	mean, offset, present := make([]float64, w.features), 0., 0.
	for c, at := range w.vote.index {
		if at >= 0 {
			floats.Add(mean, each.coef[c*w.features:][:w.features])
			offset += each.intercept[c]
			present++
		}
	}
	floats.Scale(1/present, mean)
	for c, at := range w.vote.index {
		if at < 0 {
			copy(each.coef[c*w.features:], mean)
			each.intercept[c] = offset/present - certain
		}
	}
}

// whiten returns directions along which rows are independent and of variance 1 within their class.
func (w *within) whiten(tol float64) ([][]float64, error) {
	d := w.features
	deviations := make([]float64, d)
	for j := range deviations {
		if deviations[j] = math.Sqrt(max(w.scatter.At(j, j), 0) / w.weight); deviations[j] == 0 {
			deviations[j] = 1
		}
	}
	degrees := w.weight - float64(w.vote.present)
	if degrees <= 0 { // a row for each class, or weights that are shares
		degrees = w.weight
	}
	scaled := mat.NewSymDense(d, nil)
	for j := range d {
		for k := j; k < d; k++ {
			scaled.SetSym(j, k, w.scatter.At(j, k)/deviations[j]/deviations[k]/degrees)
		}
	}
	var eigen mat.EigenSym
	if !eigen.Factorize(scaled, true) {
		return nil, errors.New("the covariances within classes have no eigenvalues: rescale the features")
	}
	var vectors mat.Dense
	eigen.VectorsTo(&vectors)
	var directions [][]float64
	for i, v := range eigen.Values(nil) {
		if v <= 0 || math.Sqrt(v) <= max(tol, 1e-8) {
			continue
		}
		direction := mat.Col(nil, i, &vectors)
		for j := range direction {
			direction[j] /= math.Sqrt(v) * deviations[j]
		}
		directions = append(directions, direction)
	}
	return directions, nil
}
