package layertest_test

import (
	"fmt"
	"math"
	"strings"
	"testing"

	"github.com/gochimera/chimera/learner"
	"github.com/gochimera/chimera/learner/mlp"
	"github.com/gochimera/chimera/learner/mlp/layertest"
)

// scale multiplies each value by a parameter: a layer as a user writes one. A
// flaw makes it wrong in one way.
type scale struct {
	size int
	flaw string
}

func (s scale) Spec() mlp.Spec {
	spec := mlp.Spec{Name: "scale", In: s.size, Out: s.size, Blocks: []learner.Block{{Name: "factor", Shape: []int{s.size}, Penalised: true}}}
	switch s.flaw {
	case "no name":
		spec.Name = ""
	case "empty block":
		spec.Blocks[0].Shape = []int{0}
	}
	return spec
}

// calls lets a flawed Init depend on more than the seed.
var calls float64

func (s scale) Init(_ uint64, params []float64) {
	for i := range params {
		params[i] = 1
		switch s.flaw {
		case "init remembers":
			calls++
			params[i] = calls
		case "init not finite":
			params[i] = math.Inf(1)
		}
	}
}

func (s scale) Forward(p *mlp.Pass, params []float64) {
	rows, _ := p.X.Dims()
	for i := range rows {
		for j := range s.size {
			if s.flaw == "out not filled" && i == 3 && j == 1 {
				continue
			}
			v := params[j] * p.X.At(i, j)
			if s.flaw == "looks at other rows" {
				v += p.X.At(rows-1, j)
			}
			p.Out.Set(i, j, v)
		}
	}
	if s.flaw == "changes X" {
		p.X.Set(0, 0, 1)
	}
	if s.flaw == "changes parameters" {
		params[0]++
	}
}

func (s scale) Backward(p *mlp.Pass, params, grad []float64) {
	rows, _ := p.X.Dims()
	for i := range rows {
		for j := range s.size {
			d := p.DOut.At(i, j)
			switch {
			case s.flaw == "does not add" && i == 0:
				grad[j] = d * p.X.At(i, j)
			case s.flaw == "wrong parameter gradient":
				grad[j] += d
			case s.flaw == "needs DX" && p.DX == nil:
			default:
				grad[j] += d * p.X.At(i, j)
			}
			if p.DX == nil || s.flaw == "dx not filled" {
				continue
			}
			dx := d * params[j]
			if s.flaw == "wrong input gradient" && j == 1 {
				dx *= 1 + 1e-5
			}
			p.DX.Set(i, j, dx)
		}
	}
	if s.flaw == "changes out" {
		p.Out.Set(0, 0, 1)
	}
}

// recorder notes failures instead of failing.
type recorder struct {
	testing.TB
	failures []string
}

func (r *recorder) Helper() {}
func (r *recorder) Errorf(format string, args ...any) {
	r.failures = append(r.failures, fmt.Sprintf(format, args...))
}

// TestRunNotices: each flaw is found, by the check that is there for it.
func TestRunNotices(t *testing.T) {
	for _, tc := range []struct{ flaw, want string }{
		{"", ""},
		{"no name", `name ""`},
		{"empty block", "of shape [0]"},
		{"init remembers", "twice: other parameters"},
		{"init not finite", "is +Inf"},
		{"out not filled", "element 10 of Out"},
		{"dx not filled", "element 0 of DX"},
		{"changes X", "X or DOut was changed"},
		{"changes parameters", "the parameters were changed"},
		{"changes out", "Backward changed Out"},
		{"needs DX", "Backward without DX"},
		{"does not add", "must add"},
		{"looks at other rows", "row 0 alone has the output"},
		{"wrong parameter gradient", "the gradient by parameter 0"},
		{"wrong input gradient", "the gradient by input 1"},
	} {
		t.Run(tc.flaw, func(t *testing.T) {
			r := &recorder{TB: t}
			layertest.Run(r, scale{size: 3, flaw: tc.flaw})
			switch {
			case tc.want == "" && len(r.failures) > 0:
				t.Errorf("a layer without flaws fails: %s", r.failures)
			case tc.want != "" && len(r.failures) == 0:
				t.Error("not noticed")
			case tc.want != "" && !strings.Contains(r.failures[0], tc.want):
				t.Errorf("noticed as %q, want %q", r.failures[0], tc.want)
			}
		})
	}
}
