package worker

import (
	"context"
	"fmt"

	"github.com/gochimera/chimera/api"
	"github.com/gochimera/chimera/learner"
	"github.com/gochimera/chimera/learner/numeric"
)

// bootstrap draws n of n rows with replacement (Efron 1979) and returns how often each was drawn. Used
// as row weights, this is equivalent to repeating the rows.
func bootstrap(n int, seed uint64) []float64 {
	counts := make([]float64, n)
	random := learner.NewRand(seed)
	for range n {
		counts[random.IntN(n)]++
	}
	return counts
}

// maxOutOfBag bounds the number of scored rows, and so the cost of the score.
const maxOutOfBag = 2000

// outOfBag scores a learner on rows that its bootstrap left out (Breiman 1996), evenly spread over
// them; nil if there are none. A regressor's R2 is relative to the mean of the same rows; it is nil if
// their target is constant.
func outOfBag(ctx context.Context, est learner.Estimator, train learner.Dataset) (*api.OutOfBag, error) {
	var left []int
	for i, w := range train.Weights {
		if w == 0 {
			left = append(left, i)
		}
	}
	if len(left) == 0 {
		return nil, nil
	}
	rows := left
	if len(left) > maxOutOfBag {
		rows = make([]int, maxOutOfBag)
		for i := range rows {
			rows[i] = left[i*len(left)/maxOutOfBag]
		}
	}
	held := train.Select(rows)
	predicted, err := est.Predict(ctx, held.X)
	if err != nil {
		return nil, fmt.Errorf("scoring the out-of-bag rows: %w", err)
	}
	score := &api.OutOfBag{Metric: "accuracy", Rows: len(rows)}
	if train.Task() == learner.Classification {
		for i, y := range held.Y {
			if predicted[i] == y {
				score.Score++
			}
		}
		score.Score /= float64(len(rows))
		return score, nil
	}
	var mean, residual, total float64
	for _, y := range held.Y {
		mean += y / float64(len(rows))
	}
	for i, y := range held.Y {
		residual += (y - predicted[i]) * (y - predicted[i])
		total += (y - mean) * (y - mean)
	}
	score.Metric, score.Score = "r2", 1-residual/total
	if !numeric.IsFinite(score.Score) {
		return nil, nil
	}
	return score, nil
}
