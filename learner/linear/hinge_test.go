package linear

import (
	"errors"
	"fmt"
	"math"
	"testing"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"
	"pgregory.net/rapid"

	"github.com/gochimera/chimera/internal/testdata"
	"github.com/gochimera/chimera/learner"
)

// unscaled are 80 rows of three columns whose sizes are 1, 30 and 1000, and of three classes.
func unscaled() learner.Dataset {
	const n = 80
	d := learner.Dataset{
		Schema: learner.Schema{Features: []string{"a", "b", "c"}, Classes: []learner.Label{"0", "1", "2"}}, X: mat.NewDense(n, 3, nil), Y: make([]float64, n),
	}
	for i := range n {
		part := func(k, m int) float64 { return float64((i*k+3*k)%m)/float64(m) - 0.5 }
		u, v, w := part(37, 83), part(29, 97), part(53, 101)
		d.X.SetRow(i, []float64{u, 30*v + 10, 1000 * w})
		switch s := 2*u - v + w + 0.8*(float64((i*71)%59)/59-0.5); {
		case s > 0.45:
			d.Y[i] = 2
		case s > 0:
			d.Y[i] = 1
		}
	}
	return d
}

// Rows whose squares only just fit, while sums of those do not, are an error that says what to do.
func TestHingeOfHugeRows(t *testing.T) {
	d := unscaled()
	d.Classes = d.Classes[:2]
	for i := range d.Y {
		d.Y[i] = float64(i % 2)
	}
	d.X.Apply(func(_, j int, v float64) float64 { return v / []float64{1, 30, 1000}[j] * 1e154 }, d.X)
	m, err := NewLinearSVC(LinearSVCParams{Loss: "hinge", C: 1, ClassWeight: "none", FitIntercept: true, MaxIter: 1000, Tol: 1e-4}, learner.Env{Seed: 1})
	if err != nil {
		t.Fatal(err)
	}
	if err := m.Fit(t.Context(), d); !errors.Is(err, errOverflow) {
		t.Errorf("got error %v, want %v", err, errOverflow)
	}
}

// The truths are those of scikit-learn 1.2, LinearSVC(loss="hinge", C=1, tol=1e-9, max_iter=100_000_000, random_state=0), on the rows of
// unscaled, with sample weights 1 + i%3 and the upper two classes as one in the first case. Its coordinates took up to 22,703,925 rounds.
func TestHingeOnUnscaledColumns(t *testing.T) {
	for _, tt := range []struct {
		name, classWeight string
		two               bool
		want              [][]float64
	}{
		{"two classes, weights", "none", true, [][]float64{{4.632637358116, -5.374236911631e-02, 1.999999997354e-03, 3.946031918931e-01}}},
		{"two classes, balanced", "balanced", true, [][]float64{{3.508925484176, -4.822054580852e-02, 1.766357750261e-03, 4.373147601187e-01}}},
		{"three classes", "none", false, [][]float64{
			{-3.999999995987, 5.843373476947e-02, -2.129518061801e-03, -3.960843356727e-01},
			{0, 0, 0, -1},
			{3.410512550479, -9.189468161808e-02, 2.740195641209e-03, -1.635323923531e-01},
		}},
	} {
		d := unscaled()
		if tt.two {
			d.Classes = d.Classes[:2]
			for i, y := range d.Y {
				d.Y[i] = min(y, 1)
				if tt.classWeight == "none" {
					d.Weights = append(d.Weights, float64(1+i%3))
				}
			}
		}
		m, err := NewLinearSVC(LinearSVCParams{Loss: "hinge", C: 1, ClassWeight: tt.classWeight, FitIntercept: true, MaxIter: 1000, Tol: 1e-4}, learner.Env{Seed: 1})
		if err != nil {
			t.Fatal(err)
		}
		if err := m.Fit(t.Context(), d); err != nil {
			t.Fatal(err)
		}
		if c := m.Convergence(); !c.Converged {
			t.Errorf("%s: %+v", tt.name, c)
		}
		coef, intercept := m.Coefficients()
		for o, want := range tt.want {
			for j, v := range append(mat.Row(nil, o, coef), intercept[o]) {
				size := []float64{1, 1. / 30, 1. / 1000, 1}[j] // of a coefficient that matters
				if math.Abs(v-want[j]) > 1e-5*size {
					t.Errorf("%s: output %d, parameter %d is %.10g, want %.10g", tt.name, o, j, v, want[j])
				}
			}
		}
	}
}

// optimal fails unless a point of the dual is allowed, stands for the coefficients, and proves by its value that they are at the minimum:
// no value of the dual is above one of the primal (weak duality).
func optimal(t interface {
	Errorf(format string, args ...any)
}, what string, d *dualDescent, tol float64) {
	features := len(d.coef)
	w := make([]float64, features)
	var offset, primal, dual, bounds float64
	for _, i := range d.rows {
		if !(d.a[i] >= 0 && d.a[i] <= d.bound[i]) {
			t.Errorf("%s: variable %d is %v, its bound %v", what, i, d.a[i], d.bound[i])
		}
		row := d.x.RawRowView(i)
		floats.AddScaled(w, d.a[i]*d.y[i], row)
		score := floats.Dot(d.coef, row)
		if d.intercept {
			offset += d.a[i] * d.y[i]
			score += d.offset
		}
		primal += d.bound[i] * max(0, 1-d.y[i]*score)
		dual += d.a[i]
		bounds += d.bound[i]
	}
	half := (floats.Dot(d.coef, d.coef) + d.offset*d.offset) / 2
	primal, dual = primal+half, dual-(floats.Dot(w, w)+offset*offset)/2
	if gap := primal - dual; gap > tol*bounds {
		t.Errorf("%s: the primal's value is %.10g, the dual's %.10g: %.3g apart, of bounds of %.3g", what, primal, dual, gap, bounds)
	}
}

// Whatever the sizes of the columns, the bounds and the order, the default number of rounds comes to the minimum.
func TestHingeProvesItsMinimum(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		rows, features := rapid.IntRange(2, 60).Draw(r, "rows"), rapid.IntRange(1, 6).Draw(r, "features")
		rng := learner.NewRand(rapid.Uint64().Draw(r, "seed"))
		x, p := mat.NewDense(rows, features, nil), hingeDual{y: make([]float64, rows), bound: make([]float64, rows), intercept: rapid.Bool().Draw(r, "intercept")}
		scales := rapid.SliceOfN(rapid.IntRange(-1, 3), features, features).Draw(r, "powers of ten")
		c := math.Pow10(rapid.IntRange(-3, 1).Draw(r, "C"))
		for i := range rows {
			for j := range features {
				x.Set(i, j, rng.NormFloat64()*math.Pow10(scales[j]))
			}
			p.y[i] = float64(1 - 2*int(rng.Uint64()%2))
			if p.bound[i] = c * float64(rng.Uint64()%4); p.bound[i] > 0 {
				p.rows = append(p.rows, i)
			}
		}
		if len(p.rows) == 0 {
			return
		}
		p.x, p.order = x, rng.Shuffle
		d, err := newDualDescent(t.Context(), p)
		if err != nil {
			r.Fatal(err)
		}
		a, _, _, err := p.interior(t.Context(), 1e-10, interiorSteps)
		if err != nil {
			r.Fatal(err)
		}
		d.become(a)
		optimal(r, "from the interior alone", d, 1e-4)
		if d, err = newDualDescent(t.Context(), p); err != nil {
			r.Fatal(err)
		}
		if err := d.seek(t.Context(), 1e-4, 1000); err != nil {
			r.Fatal(err)
		}
		if d.slope > 1e-4 {
			r.Errorf("after the coordinates, derivatives are %g apart", d.slope)
		}
		optimal(r, "after the coordinates", d, 0.1) // a round looks at each derivative before it moves the rest
	})
}

// On the shipped sets as they are, whose columns have sizes from 0.001 to 1000, the hinge converges.
func TestHingeOnShippedSets(t *testing.T) {
	for _, set := range []string{"iris", "wine", "breast_cancer"} {
		train, _ := testdata.Load(t, set)
		for class := range train.Classes {
			p := hingeDual{x: train.X, intercept: true, order: learner.NewRand(1).Shuffle, bound: make([]float64, train.Len()), y: make([]float64, train.Len())}
			for i, y := range train.Y {
				p.bound[i], p.y[i], p.rows = 1, side(y, class, len(train.Classes)), append(p.rows, i)
			}
			d, err := newDualDescent(t.Context(), p)
			if err != nil {
				t.Fatal(err)
			}
			if err := d.seek(t.Context(), 1e-4, 1000); err != nil {
				t.Fatal(err)
			}
			if d.slope > 1e-4 {
				t.Errorf("%s: %d rounds lead to %g", set, d.rounds, d.slope)
			}
			optimal(t, fmt.Sprint(set, " class ", class), d, 1e-4)
		}
	}
}
