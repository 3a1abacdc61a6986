package mixture

import (
	"fmt"
	"math"
	"slices"

	"github.com/gochimera/chimera/learner/exact"
	"github.com/gochimera/chimera/learner/numeric"
)

// phase is what a state asks rows for.
type phase int

const (
	clusters phase = iota // what the state of kmeans in it asks for
	hard
	em
	done
)

// state is where a training is. On the wire it is a list of numbers: the fields up to total, then the rest.
type state struct {
	phase     phase
	iteration int     // complete
	bound     float64 // the mean log-likelihood of the rows before the last iteration
	converged bool
	total     float64 // the weight of all rows

	inner []float64 // clusters: the state of kmeans
	mixture
}

// mixture are components: of a state in the phase hard, the means alone.
type mixture struct {
	k, cols int
	weights []float64 // add up to 1
	means   []float64 // k x cols
	// whitening makes rows less the mean independent, with variance 1: for full k upper triangular matrices, cols x cols,
	// whose product with their transpose is the precision; for tied one; for diag k x cols factors, for spherical k.
	whitening []float64
}

// header is how many numbers come before the components.
const header = 6

// largest is the largest value of a feature, and heaviest the largest weight, so that all sums are finite.
const (
	largest  = 0x1p400
	heaviest = 0x1p50
	lightest = 0x1p-300 // of all rows together
)

func (s *state) encode() []float64 {
	converged := 0.
	if s.converged {
		converged = 1
	}
	return slices.Concat([]float64{float64(s.phase), float64(s.iteration), s.bound, converged, s.total, float64(s.k)}, s.inner, s.weights, s.means, s.whitening)
}

// whiteningLen is how many numbers the whitening has.
func whiteningLen(covariance string, k, cols int) int {
	switch covariance {
	case Full:
		return k * cols * cols
	case Tied:
		return cols * cols
	case Diag:
		return k * cols
	default:
		return k
	}
}

// decode reads a state for rows of cols features. Its parts are in the memory of numbers.
func decode(numbers []float64, covariance string, cols int) (*state, error) {
	fail := func(format string, args ...any) (*state, error) {
		return nil, fmt.Errorf("gaussian-mixture: "+format, args...)
	}
	if cols < 1 || len(numbers) < header {
		return fail("a state of %d numbers is none for %d features", len(numbers), cols)
	}
	if !numeric.AllFinite(numbers) {
		return fail("the state has numbers that are not finite")
	}
	for _, i := range []int{0, 1, 5} {
		if v := numbers[i]; v != math.Trunc(v) || v < 0 || v > 1<<31 {
			return fail("number %d of the state is %v", i, v)
		}
	}
	s := &state{
		phase: phase(numbers[0]), iteration: int(numbers[1]), bound: numbers[2], converged: numbers[3] == 1, total: numbers[4],
		mixture: mixture{k: int(numbers[5]), cols: cols},
	}
	rest := numbers[header:]
	var want int
	if s.phase != clusters && (s.k > len(rest) || cols > len(rest) || s.k*cols > len(rest)) { // so that no product overflows
		return fail("a state of %d numbers has not %d components of %d features", len(numbers), s.k, cols)
	}
	switch s.phase {
	case clusters:
		s.inner = rest
		return s, nil
	case hard:
		want = s.k * cols
	case em, done:
		want = s.k + s.k*cols + whiteningLen(covariance, s.k, cols)
	default:
		return fail("the state is of phase %d, which is none", s.phase)
	}
	if s.k < 1 || len(rest) != want || s.total < 0 {
		return fail("a state of %d numbers has not %d components of %d features", len(numbers), s.k, cols)
	}
	if s.phase != hard {
		s.weights, rest = rest[:s.k:s.k], rest[s.k:]
		if slices.Min(s.weights) <= 0 {
			return fail("the state has a component without weight")
		}
	}
	s.means, s.whitening = rest[:s.k*cols:s.k*cols], rest[s.k*cols:]
	for _, v := range s.means {
		if math.Abs(v) > largest {
			return fail("the state has a mean at %v, which is too far away to square", v)
		}
	}
	for i := range s.whitening {
		onDiagonal := covariance == Diag || covariance == Spherical || i%(cols*cols)%(cols+1) == 0
		if onDiagonal && s.whitening[i] <= 0 {
			return fail("the state has a variance that is not above 0")
		}
	}
	return s, nil
}

// each is how many sums there are of a component.
func each(covariance string, cols int) int {
	if covariance == Full || covariance == Tied {
		return exact.GramLen(1 + cols)
	}
	return exact.DiagonalLen(1 + cols)
}

// Behind the log-likelihood and the weight of the rows come the sums of the components.
const (
	sumOfLogs = iota
	sumOfWeights
	sumsOfAll
)
