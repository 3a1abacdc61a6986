package metrics

import (
	"fmt"
	"math"

	"github.com/gochimera/chimera/learner"
	"github.com/gochimera/chimera/learner/numeric"
)

// Regression measures how well a regressor predicts some rows.
type Regression struct {
	Rows     int     `json:"rows"`
	R2       float64 `json:"r2" doc:"Coefficient of determination: 1 is perfect, 0 is as good as predicting the mean."`
	MSE      float64 `json:"mean_squared_error"`
	MAE      float64 `json:"mean_absolute_error"`
	Baseline float64 `json:"baseline" doc:"Mean squared error of always predicting the mean of these rows."`
}

// NewRegression compares predicted values, one per row, with the truth. weights has one number per
// row; nil means 1 for each. For inputs that do not fit together, or are so large that their squares
// are infinite, the error is a *learner.DataError.
func NewRegression(y, predicted, weights []float64) (Regression, error) {
	if err := checkRows(y, predicted, weights); err != nil {
		return Regression{}, err
	}
	for i := range y {
		if !numeric.IsFinite(y[i] - predicted[i]) {
			return Regression{}, &learner.DataError{
				Row: i, Column: -1, Name: "predicted", Reason: fmt.Sprintf("%v against the target %v has no finite difference", predicted[i], y[i]),
			}
		}
	}
	out := Regression{Rows: len(y), R2: R2(y, predicted, weights)}
	mean := Mean(y, weights)
	var total float64
	for i := range y {
		w := weight(weights, i)
		total += w
		out.MSE += w * (y[i] - predicted[i]) * (y[i] - predicted[i])
		out.MAE += w * math.Abs(y[i]-predicted[i])
		out.Baseline += w * (y[i] - mean) * (y[i] - mean)
	}
	out.MSE /= total
	out.MAE /= total
	out.Baseline /= total
	if !numeric.IsFinite(out.R2 + out.MSE + out.MAE + out.Baseline) {
		return Regression{}, &learner.DataError{
			Row: -1, Column: -1, Name: "predicted", Reason: "targets or predictions are so large that the squared errors are infinite",
		}
	}
	return out, nil
}

// R2 is 1 - (residual sum of squares) / (total sum of squares). For a constant target it is 1 if all
// predictions are right, or else 0. weights may be nil.
func R2(y, predicted, weights []float64) float64 {
	mean := Mean(y, weights)
	var residual, total float64
	for i := range y {
		w := weight(weights, i)
		residual += w * (y[i] - predicted[i]) * (y[i] - predicted[i])
		total += w * (y[i] - mean) * (y[i] - mean)
	}
	switch {
	case total > 0:
		return 1 - residual/total
	case residual == 0:
		return 1
	default:
		return 0
	}
}

// HeldOutR2 is R2 of rows that were held out of a training, for it to go by. If their targets do not
// differ, which they do not if it is a single row, R2 would be the same for almost all predictions: the
// squared errors are then compared with the variance of all targets, or with 1 if that is 0. weights and
// allWeights may be nil.
func HeldOutR2(y, predicted, weights, all, allWeights []float64) float64 {
	if meanSquare(y, Mean(y, weights), weights) > 0 {
		return R2(y, predicted, weights)
	}
	unit := meanSquare(all, Mean(all, allWeights), allWeights)
	if unit == 0 {
		unit = 1
	}
	var residual, total float64
	for i := range y {
		w := weight(weights, i)
		residual += w * (y[i] - predicted[i]) * (y[i] - predicted[i])
		total += w
	}
	return 1 - residual/total/unit
}

// meanSquare is the weighted mean of the squared distances from a value.
func meanSquare(y []float64, from float64, weights []float64) float64 {
	var sum, total float64
	for i, v := range y {
		w := weight(weights, i)
		sum += w * (v - from) * (v - from)
		total += w
	}
	return sum / total
}

// Mean is the weighted mean of y, which is what a regressor predicts that learns nothing; weights may
// be nil. The mean of a constant target is exact. Without rows it is NaN.
func Mean(y, weights []float64) float64 {
	if len(y) == 0 {
		return math.NaN()
	}
	var shift, total float64 // relative to the first value, so that the mean of a constant target is exact
	for i, v := range y {
		w := weight(weights, i)
		shift += w * (v - y[0])
		total += w
	}
	return y[0] + shift/total
}
