package kmeans

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"slices"

	"github.com/gochimera/chimera/learner"
	"github.com/gochimera/chimera/learner/exact"
)

// Start asks for the moments of the rows.
func (m *KMeans) Start(s learner.Schema) ([]float64, error) {
	cols := len(s.Features)
	if cols == 0 {
		return nil, &learner.DataError{Row: -1, Column: -1, Reason: "there are no features to tell rows apart by"}
	}
	if centers := m.params.Init.centers; centers != nil && len(centers[0]) != cols {
		return nil, &learner.ParamError{Param: "init", Reason: fmt.Sprintf("its centers have %d numbers, the rows have %d features", len(centers[0]), cols)}
	}
	return (&state{phase: moments, wanted: m.params.NClusters}).encode(cols), nil
}

// Shape is how long the sums are that a state asks for, 0 for one that is none.
func (m *KMeans) Shape(s learner.Schema, numbers []float64) (counts, reals int) {
	now, err := decode(numbers, len(s.Features))
	if err != nil {
		return 0, 0
	}
	return now.shape(len(s.Features))
}

// Advance takes the training to its next phase, or to the next round of this one.
func (m *KMeans) Advance(ctx context.Context, schema learner.Schema, numbers []float64, sums *learner.Sums) (learner.Advance, error) {
	cols := len(schema.Features)
	s, err := decode(numbers, cols)
	if err != nil {
		return learner.Advance{}, err
	}
	if counts, reals := s.shape(cols); s.phase == done || len(sums.Counts) != counts || len(sums.Reals) != reals {
		return learner.Advance{}, fmt.Errorf("kmeans: sums of %d and %d numbers do not belong to the state", len(sums.Counts), len(sums.Reals))
	}
	out := learner.Advance{Loss: math.NaN(), Most: m.params.MaxIter}
	switch s.phase {
	case moments:
		switch all := sums.Reals[0].Value(); {
		case all <= 0:
			return learner.Advance{}, &learner.DataError{Row: -1, Column: -1, Name: "weight", Reason: "all row weights are 0"}
		case all < lightest:
			return learner.Advance{}, &learner.DataError{Row: -1, Column: -1, Name: "weight",
				Reason: fmt.Sprintf("all weights together are %v, which is too little to be told apart: multiply all of them by a number", all)}
		}
		s.meet(sums, cols)
	case spread:
		s.potential = max(sums.Reals[0].Value(), 0)
		m.spread(s, cols)
	case draw:
		s.found(drawn(sums, cols))
	case count:
		weights := make([]float64, len(s.points))
		for i := range weights {
			weights[i] = max(sums.Reals[i].Value(), 0)
		}
		if s.points, err = choose(ctx, learner.Seed(m.env.Seed, "kmeans", "choose"), s.points, weights, s.wanted); err != nil {
			return learner.Advance{}, err
		}
		s.phase = lloyd
	case lloyd:
		m.move(s, sums, cols)
		out.Iteration, out.Loss = s.iteration, s.potential/s.weight
	case refill:
		s.refill(drawn(sums, cols))
		out.Iteration = s.iteration
	case finish:
		s.potential, s.phase = max(sums.Reals[0].Value(), 0), done
		for c := range s.points {
			s.weights = append(s.weights, max(sums.Reals[1+c].Value(), 0))
		}
		out.Iteration, out.Loss, out.Done, out.Why = s.iteration, s.potential/s.weight, true, "max_iter"
		if s.converged {
			out.Why = "tol"
		}
	case done: // is refused above
	}
	out.State = s.encode(cols)
	return out, nil
}

// meet takes up the moments.
func (s *state) meet(sums *learner.Sums, cols int) {
	s.weight, s.distinct = sums.Reals[0].Value(), distinct(sums.Counts)
	mean := make([]float64, cols)
	for j := range mean {
		mean[j] = exact.Quotient(&sums.Reals[1+j], &sums.Reals[0])
	}
	s.points, s.fromMean, s.phase = [][]float64{mean}, true, spread
}

// spread says what follows when it is known how far rows are from the points.
func (m *KMeans) spread(s *state, cols int) {
	if s.round == 0 {
		s.tolerance = m.params.Tol * (s.potential / s.weight / float64(cols))
		if given := m.params.Init.centers; given != nil {
			s.points, s.fromMean, s.phase = given, false, lloyd
			return
		}
	}
	enough := !s.fromMean && len(s.points) >= s.wanted
	switch {
	case s.potential > 0 && (s.round < rounds || !enough && s.round < moreRounds):
		s.phase = draw
	case len(s.points) <= s.wanted:
		s.phase, s.fromMean, s.wanted = lloyd, false, len(s.points)
	default:
		s.phase = count
	}
}

// found adds candidates.
func (s *state) found(rows [][]float64) {
	if s.round++; len(rows) > 0 && s.fromMean {
		s.points, s.fromMean = nil, false
	}
	s.points, s.phase = append(s.points, rows...), spread
}

// move makes each center the mean of its rows.
func (m *KMeans) move(s *state, sums *learner.Sums, cols int) {
	s.potential = max(sums.Reals[0].Value(), 0)
	s.iteration++
	var old, means [][]float64
	var moved float64
	for c, point := range s.points {
		w := sums.Reals[1+c].Value()
		if w <= 0 {
			continue // no row is nearest to it
		}
		mean := make([]float64, cols)
		values := cluster(sums, len(s.points), c, cols)
		for j := range mean {
			mean[j] = exact.Quotient(&values[j], &sums.Reals[1+c])
		}
		old, means = append(old, point), append(means, mean)
		moved += squared(point, mean)
	}
	emptied := len(means) < len(s.points)
	switch {
	case emptied && s.iteration < m.params.MaxIter && s.potential > 0 && len(means) > 0:
		s.points, s.phase = old, refill
		return
	case len(means) > 0: // else the sums are of no rows at all
		s.points = means
	}
	s.wanted = len(s.points)
	s.converged = !emptied && moved <= s.tolerance
	if s.converged || s.iteration >= m.params.MaxIter {
		s.phase = finish
	}
}

// hopeless is after how many draws that found nothing there is nothing to be found.
const hopeless = 1000

// refill puts the drawn rows that are farthest from all centers where centers are missing.
func (s *state) refill(rows [][]float64) {
	if s.round++; len(rows) == 0 && s.round < hopeless {
		return // the next draw finds others
	}
	near := newPoints(s.points)
	far := func(row []float64) float64 {
		_, d := near.nearest(row)
		return d
	}
	slices.SortStableFunc(rows, func(a, b []float64) int { return cmp.Compare(far(b), far(a)) })
	s.points = append(s.points, rows[:min(len(rows), s.wanted-len(s.points))]...)
	s.phase = lloyd
}
