package prepare

import (
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"

	"github.com/gochimera/chimera/learner"
)

// The approximations of a kernel, beside None.
const (
	RBFSampler = "rbf-sampler"
	Nystroem   = "nystroem"
)

// DefaultGamma is the gamma that follows from the rows: 1 / (features * variance of all their numbers), as in scikit-learn.
const DefaultGamma = "scale"

// DefaultComponents is how many components an approximation has, unless a setting says otherwise.
const DefaultComponents = 100

// Limits of an approximation, so that nobody allocates what a lying master says.
const (
	MostComponents = 1 << 14
	mostWeights    = 1 << 25 // components x features
)

// Kernel takes the features that the columns make to others, whose scalar products are approximately a kernel of the
// rows: a linear learner on them is approximately a machine with that kernel. The kernel is the radial basis function
// exp(-gamma |x - y|^2).
//
// RBFSampler draws random waves (Rahimi and Recht 2007, "Random features for large-scale kernel machines"): component k
// is sqrt(2 / Components) cos(w_k x + b_k) with w_k normal of variance 2 gamma and b_k uniform in [0, 2 pi). The
// products are off by about 1 / sqrt(Components).
//
// Nystroem compares a row with landmarks, which are rows of the training (Williams and Seeger 2001, "Using the Nystroem
// method to speed up kernel machines"). With the kernel K = L L' of the landmarks (Cholesky), the components are
// L^-1 k(x), and so the products k(x)' K^-1 k(y): those of scikit-learn, whose K^-1/2 k(x) is a rotation of them.
type Kernel struct {
	By         string      `json:"by"` // RBFSampler or Nystroem
	Gamma      float64     `json:"gamma"`
	Components int         `json:"components"` // numbers that come out
	Seed       uint64      `json:"seed,string,omitempty"`
	Landmarks  [][]float64 `json:"landmarks,omitempty"` // components x features, none of which the others make redundant
	Asked      int         `json:"asked,omitempty"`     // components that were asked for, if there are fewer
}

// Gamma is scale, or a positive number as it is written.
type Gamma string

// ParamSchema names the type.
func (Gamma) ParamSchema() (string, map[string]any) {
	return "scale or a positive number", map[string]any{"anyOf": []any{
		map[string]any{"enum": []string{DefaultGamma}}, map[string]any{"type": "number", "exclusiveMinimum": 0},
	}}
}

// UnmarshalText reads the word or a number.
func (g *Gamma) UnmarshalText(text []byte) error {
	read := Gamma(text)
	if _, err := read.number(); err != nil {
		return err
	}
	*g = read
	return nil
}

// number is the number, or 0 for scale.
func (g Gamma) number() (float64, error) {
	if g == "" || g == DefaultGamma {
		return 0, nil
	}
	v, err := strconv.ParseFloat(string(g), 64)
	if err != nil || !(v > 0 && v <= math.MaxFloat64) {
		return 0, fmt.Errorf("want scale or a positive number, got %.60q", string(g))
	}
	return v, nil
}

// approximates reports whether a kernel is to be approximated.
func (s Settings) approximates() bool {
	return s.Approximation != "" && s.Approximation != None && s.Mode != None
}

// checkKernel checks what the settings say of a kernel.
func (s Settings) checkKernel() error {
	if !s.approximates() {
		return nil
	}
	if s.Approximation != RBFSampler && s.Approximation != Nystroem {
		return fmt.Errorf("kernel_approximation is %q, want %s, %s or %s", s.Approximation, None, RBFSampler, Nystroem)
	}
	if s.Components < 1 || s.Components > MostComponents {
		return fmt.Errorf("n_components is %d, want 1 to %d", s.Components, MostComponents)
	}
	if _, err := s.Gamma.number(); err != nil {
		return fmt.Errorf("gamma: %w", err)
	}
	return nil
}

// needs are those of the learners, or of a kernel: it compares whole rows, so all cells are wanted, on one scale, and
// the distance of two categories does not depend on their order.
func (q Question) needs() Needs {
	if q.Settings.approximates() {
		return Needs{Complete: true, Scale: true}
	}
	return q.Needs
}

// names are those of the components, as in scikit-learn: rbfsampler0, nystroem0 and so on.
func (k *Kernel) names() []string {
	word := strings.ReplaceAll(k.By, "-", "")
	names := make([]string, k.Components)
	for i := range names {
		names[i] = word + strconv.Itoa(i)
	}
	return names
}

// note says in one sentence what was made of how many features.
func (k *Kernel) note(features int) string {
	n := fmt.Sprintf("kernel approximation: %d features became %d components of %s with gamma %.6g", features, k.Components, k.By, k.Gamma)
	if k.Asked > k.Components {
		n += fmt.Sprintf(", not %d: the rows have no more that differ enough", k.Asked)
	}
	return n
}

// validate says what is wrong with an approximation of a kernel of so many features.
func (k *Kernel) validate(features int) error {
	switch {
	case k.By != RBFSampler && k.By != Nystroem:
		return fmt.Errorf("it is by %q, want %s or %s", k.By, RBFSampler, Nystroem)
	case !(k.Gamma > 0 && k.Gamma <= math.MaxFloat64):
		return fmt.Errorf("its gamma is %v, want a positive number", k.Gamma)
	case k.By == RBFSampler && len(k.Landmarks) > 0:
		return errors.New("it has landmarks, which it does not use")
	case k.By == Nystroem && len(k.Landmarks) != k.Components:
		return fmt.Errorf("it has %d landmarks for %d components", len(k.Landmarks), k.Components)
	}
	for _, row := range k.Landmarks {
		if len(row) != features {
			return fmt.Errorf("a landmark has %d features, want %d", len(row), features)
		}
		for _, v := range row {
			if !finite(v) {
				return fmt.Errorf("a landmark has the number %v", v)
			}
		}
	}
	return checkWeights(k.Components, features)
}

// checkWeights bounds the memory that components take.
func checkWeights(components, features int) error {
	switch {
	case components < 1 || components > MostComponents:
		return fmt.Errorf("n_components is %d, want 1 to %d", components, MostComponents)
	case components*features > mostWeights:
		return fmt.Errorf("%d components of %d features are more than %d numbers: lower prepare.n_components", components, features, mostWeights)
	}
	return nil
}

// agreeKernel makes the approximation for the features that the columns of p make.
func agreeKernel(q Question, p *Preparation, from *sources) (*Kernel, error) {
	s := q.Settings.defaults()
	features := p.compile().width
	if err := checkWeights(s.Components, features); err != nil {
		return nil, err
	}
	gamma, err := s.Gamma.number()
	if err != nil {
		return nil, err
	}
	if gamma == 0 {
		gamma = p.scaleGamma(from)
	}
	k := &Kernel{By: s.Approximation, Gamma: gamma, Components: s.Components, Seed: learner.Seed(q.Seed, s.Approximation)}
	if k.By == RBFSampler {
		return k, nil
	}
	k.Seed = 0
	if err := k.settle(q, p, from.summaries[0].Landmarks); err != nil {
		return nil, err
	}
	if k.Components < s.Components {
		k.Asked = s.Components
	}
	return k, nil
}
