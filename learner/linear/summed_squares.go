package linear

import (
	"context"
	"math"

	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/blas/blas64"
	"gonum.org/v1/gonum/lapack"
	"gonum.org/v1/gonum/lapack/lapack64"
	"gonum.org/v1/gonum/mat"

	"github.com/gochimera/chimera/learner"
	"github.com/gochimera/chimera/learner/exact"
	"github.com/gochimera/chimera/learner/numeric"
)

// summedSquares are the normal equations of a least-squares problem, made from exact sums: features centred if there
// is an intercept, columns times powers of two such that all are of about the same length. Each number is right to
// 106 bits, so that the condition of the equations, which is the square of that of the rows, takes no more digits from
// the coefficients than a QR factorisation of the rows in float64s loses, and most often none.
type summedSquares struct {
	features int
	rows     int
	a        []pair    // features x features, upper triangle
	c        []pair    // one per feature
	yy       pair      // the sum of squares of the targets
	scale    []float64 // one per feature, then the target's
	weight   pair      // of the rows
	total    []pair    // the sums of the columns, not scaled; nil without an intercept
}

// newSummedSquares makes the equations from the sums of the products of the columns 1, features, target.
func newSummedSquares(sums *learner.Sums, features int, intercept bool, alpha float64) *summedSquares {
	columns := features + 2
	sum := func(j, k int) *exact.Sum { return &sums.Reals[exact.GramIndex(columns, j, k)] }
	centred := func(j, k int) pair {
		var p pair
		if intercept {
			p.high, p.low = exact.Centred(sum(0, 0), sum(0, j), sum(0, k), sum(j, k))
		} else {
			p.high, p.low = sum(j, k).Pair()
		}
		return p
	}
	s := &summedSquares{
		features: features, rows: int(sums.Counts[0]),
		a: make([]pair, features*features), c: make([]pair, features), scale: make([]float64, features+1),
	}
	s.weight.high, s.weight.low = sum(0, 0).Pair()
	if intercept {
		s.total = make([]pair, features+1)
		for j := range s.total {
			s.total[j].high, s.total[j].low = sum(0, j+1).Pair()
		}
	}
	diagonal := make([]pair, features+1)
	for j := range diagonal {
		diagonal[j] = centred(j+1, j+1)
		if j < features {
			diagonal[j] = diagonal[j].plus(single(alpha))
		}
		s.scale[j] = 1
		if v := diagonal[j].high; v > 0 {
			_, exponent := math.Frexp(v)
			s.scale[j] = math.Ldexp(1, -exponent/2)
		}
	}
	for j := range features {
		if !(diagonal[j].high > 0) { // a constant column: its coefficient is 0
			s.a[j*features+j] = single(1)
			continue
		}
		s.a[j*features+j] = diagonal[j].scaled(s.scale[j]).scaled(s.scale[j])
		for k := j + 1; k < features; k++ {
			if diagonal[k].high > 0 {
				s.a[j*features+k] = centred(j+1, k+1).scaled(s.scale[j]).scaled(s.scale[k])
			}
		}
		s.c[j] = centred(j+1, columns-1).scaled(s.scale[j]).scaled(s.scale[features])
	}
	s.yy = diagonal[features].scaled(s.scale[features]).scaled(s.scale[features])
	return s
}

// factorise is Cholesky's: the upper triangular r with r' r = a, and the solution of r' z = c. A row whose pivot is
// not known to be more than 0 is 0.
func (s *summedSquares) factorise(ctx context.Context) (r, z []pair, whole bool, err error) {
	d := s.features
	r, z = make([]pair, d*d), make([]pair, d)
	copy(r, s.a)
	copy(z, s.c)
	whole = true
	for k := range d {
		if err := ctx.Err(); err != nil {
			return nil, nil, false, err
		}
		row := r[k*d : (k+1)*d]
		limit := float64(d+4) * 0x1p-100 * s.a[k*d+k].high
		if row[k].high <= limit {
			clear(row[k:])
			z[k], whole = pair{}, false
			continue
		}
		root := row[k].root()
		row[k] = root
		for j := k + 1; j < d; j++ {
			row[j] = row[j].over(root)
		}
		z[k] = z[k].over(root)
		for i := k + 1; i < d; i++ {
			factor, other := row[i], r[i*d:(i+1)*d]
			if factor == (pair{}) {
				continue
			}
			for j := i; j < d; j++ {
				other[j] = other[j].minus(factor.times(row[j]))
			}
			z[i] = z[i].minus(factor.times(z[k]))
		}
	}
	return r, z, whole, nil
}

// solve finds the coefficients, on the data's scale, and the rank of the features. Of several solutions it takes the
// one of least norm, by the same rule as a fit by QR.
func (s *summedSquares) solve(ctx context.Context) (coef []pair, rank int, err error) {
	d := s.features
	r, z, whole, err := s.factorise(ctx)
	if err != nil {
		return nil, 0, err
	}
	coef = make([]pair, d)
	rounded := mat.NewDense(d, d, nil)
	for j := range d {
		for k := j; k < d; k++ {
			rounded.Set(j, k, r[j*d+k].value())
		}
	}
	// The smallest condition of which minimumNorm would say that the rank is less is about 1e11.
	if !whole || 1/lapack64.Trcon(lapack.MaxColumnSum, blas64.Triangular{
		Uplo: blas.Upper, Diag: blas.NonUnit, N: d, Stride: d, Data: rounded.RawMatrix().Data,
	}, make([]float64, 3*d), make([]int, d)) > 1e8 {
		c := make([]float64, d)
		for j, v := range z {
			c[j] = v.value()
		}
		var b []float64
		if b, rank = minimumNorm(rounded, c, s.scale, s.rows); rank < d || !whole {
			for j, v := range b {
				coef[j] = single(v / s.scale[d])
			}
			return coef, rank, nil
		}
	}
	for j := d - 1; j >= 0; j-- {
		v := z[j]
		for k := j + 1; k < d; k++ {
			v = v.minus(r[j*d+k].times(coef[k]))
		}
		coef[j] = v.over(r[j*d+j])
	}
	for j := range coef {
		coef[j] = coef[j].scaled(s.scale[j]).scaled(1 / s.scale[d])
	}
	return coef, d, nil
}

// function is the minimum, with the intercept that belongs to it.
func (s *summedSquares) function(coef []pair) (function, error) {
	f := function{coef: make([]float64, s.features)}
	var intercept pair
	if s.total != nil {
		intercept = s.total[s.features]
	}
	for j, b := range coef {
		f.coef[j] = b.value()
		if s.total != nil {
			intercept = intercept.minus(b.times(s.total[j]))
		}
	}
	if s.total != nil {
		f.intercept = intercept.over(s.weight).value()
	}
	if !numeric.AllFinite(f.coef) || !numeric.IsFinite(f.intercept) {
		return function{}, errOverflow
	}
	return f, nil
}

// loss is the mean of half the squared error of coefficients, or NaN where it is too small to be known. The penalty
// is in the equations, and taken out.
func (s *summedSquares) loss(coef []pair, alpha float64) float64 {
	d := s.features
	y := s.scale[d]
	scaled := make([]pair, d)
	for j, b := range coef {
		scaled[j] = b.scaled(1 / s.scale[j]).scaled(y)
	}
	rest := s.yy
	for j, b := range scaled {
		toward := s.c[j].scaled(2).minus(s.a[j*d+j].times(b))
		for k := j + 1; k < d; k++ {
			toward = toward.minus(s.a[j*d+k].times(scaled[k]).scaled(2))
		}
		rest = rest.minus(b.times(toward))
		rest = rest.plus(b.times(b).times(single(-alpha).scaled(s.scale[j]).scaled(s.scale[j])))
	}
	half := rest.over(s.weight).value() / 2 / y / y
	if !(half >= 0) || !numeric.IsFinite(half) {
		return math.NaN()
	}
	return half
}
