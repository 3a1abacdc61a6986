// Package scoreplots draws what is behind a score: for a classifier the confusion matrix, ROC and precision-recall curves and
// the calibration, for a regressor predictions and residuals; with the numbers in one JSON file beside the pictures.
//
// The curves are those of package metrics. It is for command score.
package scoreplots
