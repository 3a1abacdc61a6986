package mlp

import "gonum.org/v1/gonum/mat"

// logit is a layer of one output x with the scores 0 and x of two classes made
// of it. The softmax of these is the logistic function of x, and minus the
// logarithm of a class's probability has the logistic loss's derivative, so a
// network that ends in it has one logistic unit for two classes.
type logit struct{ Layer }

// Spec is the layer's with two outputs.
func (l logit) Spec() Spec {
	s := l.Layer.Spec()
	s.Out = 2
	return s
}

// single is the way of some rows through the layer within.
type single struct {
	pass      Pass
	out, dOut buffer // rows x 1
}

// Forward puts a 0 before each output.
func (l logit) Forward(p *Pass, params []float64) {
	s, ok := p.Kept.(*single)
	if !ok {
		s = &single{}
		p.Kept = s
	}
	rows, _ := p.X.Dims()
	kept := s.pass.Kept
	s.pass = *p
	s.pass.Kept, s.pass.Out, s.pass.DX, s.pass.work = kept, s.out.at(rows, 1), nil, p.workspace()
	l.Layer.Forward(&s.pass, params)
	for i := range rows {
		out := p.Out.RawRowView(i)
		out[0], out[1] = 0, s.pass.Out.At(i, 0)
	}
}

// Backward goes by the derivative by the second score: that of the first moves nothing.
func (l logit) Backward(p *Pass, params, grad []float64) {
	s := p.Kept.(*single)
	rows, _ := p.DOut.Dims()
	d := s.dOut.at(rows, 1)
	d.Copy(p.DOut.Slice(0, rows, 1, 2).(*mat.Dense))
	s.pass.X, s.pass.DOut, s.pass.DX = p.X, d, p.DX
	l.Layer.Backward(&s.pass, params, grad)
	s.pass.X, s.pass.DX = nil, nil // they may be the caller's
}

var _ Layer = logit{}
