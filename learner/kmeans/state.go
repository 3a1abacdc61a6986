package kmeans

import (
	"fmt"
	"math"
	"slices"

	"gonum.org/v1/gonum/floats"

	"github.com/gochimera/chimera/learner/numeric"
)

// phase is what a state asks rows for.
type phase int

const (
	moments phase = iota
	spread
	draw
	count
	lloyd
	refill
	finish
	done
)

// state is where a training is. On the wire it is a list of numbers: the fields up to fromMean, then the points, then the weights.
type state struct {
	phase     phase
	wanted    int     // clusters
	iteration int     // of Lloyd's, complete
	round     int     // of draws, complete: it salts the next one
	weight    float64 // of all rows
	distinct  float64 // about how many different rows there are
	tolerance float64 // of the squared moves of the centers
	potential float64 // the sum of the rows' squared distances to the nearest point, each times its weight
	converged bool    // it ended by the tolerance
	fromMean  bool    // the only point is the mean of the rows, and no candidate

	points  [][]float64 // candidates, or centers
	weights []float64   // when done: of the rows of each cluster
}

// header is how many numbers come before the points.
const header = 10

func (s *state) encode(cols int) []float64 {
	out := make([]float64, 0, header+len(s.points)*cols)
	out = append(out, float64(s.phase), float64(s.wanted), float64(s.iteration), float64(s.round),
		s.weight, s.distinct, s.tolerance, s.potential, truth(s.converged), truth(s.fromMean))
	for _, p := range s.points {
		out = append(out, p...)
	}
	return append(out, s.weights...)
}

func truth(b bool) float64 {
	if b {
		return 1
	}
	return 0
}

// decode reads a state for rows of cols features. The points are in the memory of numbers.
func decode(numbers []float64, cols int) (*state, error) {
	each := cols // numbers of a point
	if len(numbers) > 0 && numbers[0] == float64(done) {
		each++ // and its weight
	}
	if cols < 1 || len(numbers) < header || (len(numbers)-header)%each != 0 {
		return nil, fmt.Errorf("kmeans: a state of %d numbers is none for %d features", len(numbers), cols)
	}
	if !numeric.AllFinite(numbers) {
		return nil, fmt.Errorf("kmeans: the state has numbers that are not finite")
	}
	var whole [4]int
	for i := range whole {
		v := numbers[i]
		if v != math.Trunc(v) || v < 0 || v > 1<<31 {
			return nil, fmt.Errorf("kmeans: number %d of the state is %v", i, v)
		}
		whole[i] = int(v)
	}
	s := &state{
		phase: phase(whole[0]), wanted: whole[1], iteration: whole[2], round: whole[3],
		weight: numbers[4], distinct: numbers[5], tolerance: numbers[6], potential: numbers[7],
		converged: numbers[8] == 1, fromMean: numbers[9] == 1,
	}
	rest := numbers[header:]
	for range len(rest) / each {
		s.points, rest = append(s.points, rest[:cols:cols]), rest[cols:]
	}
	s.weights = rest
	switch {
	case s.phase > done:
		return nil, fmt.Errorf("kmeans: the state is of phase %d, which is none", s.phase)
	case s.phase > moments && len(s.points) == 0:
		return nil, fmt.Errorf("kmeans: the state has no points")
	case s.phase != moments && !(s.weight > 0 && s.distinct > 0 && s.tolerance >= 0 && s.potential >= 0):
		return nil, fmt.Errorf("kmeans: the state has a negative weight or distance")
	case len(s.weights) > 0 && slices.Min(s.weights) < 0:
		return nil, fmt.Errorf("kmeans: the state has a cluster of negative weight")
	case s.phase == done && math.Abs(floats.Sum(s.weights)-s.weight) > 1e-9*s.weight:
		return nil, fmt.Errorf("kmeans: the clusters of the state weigh %v, and its rows %v", floats.Sum(s.weights), s.weight)
	case s.wanted < 1:
		return nil, fmt.Errorf("kmeans: the state wants %d clusters", s.wanted)
	}
	for _, p := range s.points {
		for _, v := range p {
			if math.Abs(v) > largest {
				return nil, fmt.Errorf("kmeans: the state has a point at %v, which is too far away to square", v)
			}
		}
	}
	return s, nil
}

// shape is how long the sums are that a state asks for.
func (s *state) shape(cols int) (counts, reals int) {
	switch s.phase {
	case moments:
		return buckets * levels, 1 + cols
	case spread:
		return 0, 1
	case finish:
		return 0, 1 + len(s.points)
	case draw, refill:
		n := s.slots()
		return n * slotCounts, n * cols
	case count:
		return 0, len(s.points)
	case lloyd:
		return 0, 1 + len(s.points)*(1+cols)
	default:
		return 0, 0
	}
}

// A draw is to find about oversampling candidates for each cluster that is wanted, the factor with which Bahmani et al.
// found centers as good as those of k-means++ after five rounds. With spacious slots for each of them, one in eight is
// lost to another one.
const (
	oversampling = 2
	spacious     = 8
	slotCounts   = 3 // the number of rows, and the sums of their marks and of the squares of those
	rounds       = 5
	moreRounds   = 20 // while there are fewer candidates than clusters
	marks        = 1 << 16
)

// aimed is how many rows a draw is to find.
func (s *state) aimed() int { return oversampling * s.wanted }

func (s *state) slots() int { return spacious * s.aimed() }

// share is what a row's squared distance is multiplied with to be its probability of being drawn.
func (s *state) share() float64 {
	if s.potential == 0 {
		return 0
	}
	// The mean squared distance, of all weight, is about that of the different rows.
	return float64(s.aimed()) / s.distinct / s.potential * s.weight
}
