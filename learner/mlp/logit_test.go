package mlp

import (
	"testing"

	"gonum.org/v1/gonum/mat"
)

// TestLogit: the layer within goes on as if it were alone, whatever the first score's derivative is.
func TestLogit(t *testing.T) {
	within := Dense{In: 3, Out: 1}
	l := logit{within}
	if s := l.Spec(); s.Out != 2 || s.Parameters() != 4 || s.Name != "dense" {
		t.Errorf("the layer says %+v", s)
	}
	params := []float64{0.5, -1, 2, 0.25}
	for rows := 3; rows > 0; rows-- { // memory is used again
		x, dOut := mat.NewDense(rows, 3, nil), mat.NewDense(rows, 2, nil)
		for i := range rows {
			x.SetRow(i, []float64{float64(i), 1 - float64(i), 0.5})
			dOut.SetRow(i, []float64{100, float64(i) - 0.5})
		}
		alone := &Pass{Train: true, X: x, Out: mat.NewDense(rows, 1, nil), DOut: mat.DenseCopyOf(dOut.Slice(0, rows, 1, 2)), DX: mat.NewDense(rows, 3, nil)}
		p := &Pass{Train: true, X: x, Out: mat.NewDense(rows, 2, nil), DOut: dOut, DX: mat.NewDense(rows, 3, nil)}
		wantGrad, grad := []float64{1, 1, 1, 1}, []float64{1, 1, 1, 1}
		within.Forward(alone, params)
		within.Backward(alone, params, wantGrad)
		l.Forward(p, params)
		l.Backward(p, params, grad)
		for i := range rows {
			if p.Out.At(i, 0) != 0 || p.Out.At(i, 1) != alone.Out.At(i, 0) {
				t.Errorf("%d rows: the scores are %v, want 0 and %v", rows, p.Out.RawRowView(i), alone.Out.At(i, 0))
			}
		}
		if !mat.Equal(p.DX, alone.DX) {
			t.Errorf("%d rows: the gradient by the rows is %v, want %v", rows, p.DX, alone.DX)
		}
		for j, v := range wantGrad {
			if grad[j] != v {
				t.Errorf("%d rows: the gradient is %v, want %v", rows, grad, wantGrad)
			}
		}
	}
}
