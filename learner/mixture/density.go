package mixture

import (
	"math"

	"gonum.org/v1/gonum/mat"

	"github.com/gochimera/chimera/learner/numeric"
)

// density is a mixture prepared to measure rows. One goroutine uses it.
type density struct {
	mixture
	covariance string
	peaks      []float64 // the logarithm of each component's density at its mean, times its weight
	off        []float64 // a row less a mean
}

func newDensity(m mixture, covariance string) *density {
	d := &density{mixture: m, covariance: covariance, peaks: make([]float64, m.k), off: make([]float64, m.cols)}
	for c := range d.peaks {
		var logs float64 // of the determinant
		switch w := d.part(c, covariance); covariance {
		case Full, Tied:
			for j := range m.cols {
				logs += math.Log(w[j*(m.cols+1)])
			}
		case Diag:
			for _, v := range w {
				logs += math.Log(v)
			}
		default:
			logs = float64(m.cols) * math.Log(w[0])
		}
		d.peaks[c] = math.Log(m.weights[c]) + logs - float64(m.cols)*math.Log(2*math.Pi)/2
	}
	return d
}

// part is the whitening of a component.
func (m *mixture) part(c int, covariance string) []float64 {
	if covariance == Tied {
		return m.whitening
	}
	n := len(m.whitening) / m.k
	return m.whitening[c*n:][:n]
}

// less writes a row less a component's mean into d.off.
func (d *density) less(row []float64, c int) []float64 {
	mean := d.means[c*d.cols:][:d.cols]
	for j, v := range row {
		d.off[j] = v - mean[j]
	}
	return d.off
}

// logs writes, for each component, the logarithm of its weight times its density at a row. Products are rounded before they are
// added, so no system fuses the two.
func (d *density) logs(row, into []float64) {
	for c := range into {
		off, w := d.less(row, c), d.part(c, d.covariance)
		var squares float64
		switch d.covariance {
		case Full, Tied:
			for j := range off {
				var sum float64
				for i := range j + 1 {
					sum += float64(off[i] * w[i*d.cols+j])
				}
				squares += float64(sum * sum)
			}
		case Diag:
			for j, v := range off {
				v = float64(v * w[j])
				squares += float64(v * v)
			}
		default:
			for _, v := range off {
				v = float64(v * w[0])
				squares += float64(v * v)
			}
		}
		if into[c] = d.peaks[c] - squares/2; math.IsNaN(into[c]) {
			into[c] = math.Inf(-1) // so far away that squares are infinite
		}
	}
}

// shares makes probabilities of logs, in their place, and returns the logarithm of the density of the row. A row that is
// too far from all components for numbers to tell comes from the first.
func shares(logs []float64) float64 {
	at := numeric.ArgMax(logs)
	most := logs[at]
	if math.IsInf(most, -1) {
		clear(logs)
		logs[at] = 1
		return -math.MaxFloat64
	}
	var sum float64
	for c, v := range logs {
		logs[c] = math.Exp(v - most)
		sum += logs[c]
	}
	for c := range logs {
		logs[c] /= sum
	}
	return most + math.Log(sum)
}

// covariances are those of the components, cols x cols each, one for tied.
func (m *mixture) covariances(covariance string) []*mat.SymDense {
	var out []*mat.SymDense
	n := m.k
	if covariance == Tied {
		n = 1
	}
	for c := range n {
		s := mat.NewSymDense(m.cols, nil)
		w := m.part(c, covariance)
		switch covariance {
		case Full, Tied:
			u := mat.NewTriDense(m.cols, mat.Upper, append([]float64(nil), w...))
			var inverse mat.TriDense
			_ = inverse.InverseTri(u) // its error says that few digits are right
			s.SymOuterK(1, inverse.T())
		case Diag:
			for j, v := range w {
				s.SetSym(j, j, 1/(v*v))
			}
		default:
			for j := range m.cols {
				s.SetSym(j, j, 1/(w[0]*w[0]))
			}
		}
		out = append(out, s)
	}
	return out
}
