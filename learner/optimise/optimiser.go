package optimise

import (
	"fmt"
	"slices"

	"github.com/gochimera/chimera/learner/numeric"
)

// Optimiser moves parameters against a gradient. It has a state (velocities,
// running moments) that belongs to one parameter vector. It is for use by one
// goroutine at a time.
type Optimiser interface {
	// Step moves params by one step against grad, at the learning rate lr. The two
	// are as long as each other and as in the steps before; anything else
	// is a programmer's mistake, and panics.
	Step(params, grad []float64, lr float64)
	// State returns a copy of what the optimiser remembers.
	State() State
	// Restore goes on from a state that an optimiser of the same kind returned.
	Restore(State) error
}

// State is what an optimiser remembers between steps.
type State struct {
	Name    string      `json:"name"`              // of the optimiser
	Steps   int         `json:"steps"`             // taken so far
	Vectors [][]float64 `json:"vectors,omitempty"` // each as long as the parameters; none before the first step
}

// The optimisers.
const (
	NameSGD      = "sgd"
	NameMomentum = "momentum"
	NameNesterov = "nesterov"
	NameAdaGrad  = "adagrad"
	NameAdam     = "adam"
	NameAdamW    = "adamw"
)

// Settings say which optimiser, and how it is set. Each optimiser looks at its
// own settings only.
type Settings struct {
	Name        string
	Momentum    float64 // momentum, nesterov: in [0, 1)
	Beta1       float64 // adam, adamw: decay of the first moment, in [0, 1)
	Beta2       float64 // adam, adamw: decay of the second moment, in [0, 1)
	Epsilon     float64 // adagrad, adam, adamw: > 0, keeps the division defined
	WeightDecay float64 // adamw: >= 0
}

// New makes the optimiser that s names. It refuses an unknown name, and a
// setting of that optimiser that is out of range.
func New(s Settings) (Optimiser, error) {
	if err := s.check(); err != nil {
		return nil, err
	}
	adam := Adam{Beta1: s.Beta1, Beta2: s.Beta2, Epsilon: s.Epsilon}
	switch s.Name {
	case NameSGD:
		return &SGD{}, nil
	case NameMomentum:
		return &Momentum{Momentum: s.Momentum}, nil
	case NameNesterov:
		return &Nesterov{Momentum: s.Momentum}, nil
	case NameAdaGrad:
		return &AdaGrad{Epsilon: s.Epsilon}, nil
	case NameAdam:
		return &adam, nil
	case NameAdamW:
		return &AdamW{Adam: adam, WeightDecay: s.WeightDecay}, nil
	default:
		return nil, fmt.Errorf("unknown optimiser %q: want one of %s, %s, %s, %s, %s, %s",
			s.Name, NameSGD, NameMomentum, NameNesterov, NameAdaGrad, NameAdam, NameAdamW)
	}
}

// check looks at the settings that the named optimiser uses.
func (s Settings) check() error {
	type setting struct {
		name, want string
		value      float64
		ok         bool
	}
	unit := func(name string, v float64) setting { return setting{name, "in [0, 1)", v, v >= 0 && v < 1} }
	var all []setting
	switch s.Name {
	case NameMomentum, NameNesterov:
		all = append(all, unit("momentum", s.Momentum))
	case NameAdam, NameAdamW:
		all = append(all, unit("beta_1", s.Beta1), unit("beta_2", s.Beta2))
		fallthrough
	case NameAdaGrad:
		all = append(all, setting{"epsilon", "finite and > 0", s.Epsilon, s.Epsilon > 0 && numeric.IsFinite(s.Epsilon)})
	}
	if s.Name == NameAdamW {
		all = append(all, setting{"the weight decay", "finite and >= 0", s.WeightDecay, s.WeightDecay >= 0 && numeric.IsFinite(s.WeightDecay)})
	}
	for _, v := range all {
		if !v.ok {
			return fmt.Errorf("optimiser %s: %s must be %s, not %v", s.Name, v.name, v.want, v.value)
		}
	}
	return nil
}

// memory is the state of an optimiser: how many steps it has taken, and its
// vectors, which the first step makes.
type memory struct {
	steps   int
	vectors [][]float64
}

// begin counts a step, and checks lengths once for all loops.
func (m *memory) begin(vectors int, params, grad []float64) {
	if len(params) != len(grad) {
		panic(fmt.Sprintf("optimise: %d parameters, a gradient of %d", len(params), len(grad)))
	}
	if m.steps == 0 {
		m.vectors = make([][]float64, vectors)
		for i := range m.vectors {
			m.vectors[i] = make([]float64, len(params))
		}
	}
	for _, v := range m.vectors {
		if len(v) != len(params) {
			panic(fmt.Sprintf("optimise: %d parameters, in the steps before %d", len(params), len(v)))
		}
	}
	m.steps++
}

func (m *memory) state(name string) State {
	s := State{Name: name, Steps: m.steps}
	for _, v := range m.vectors {
		s.Vectors = append(s.Vectors, slices.Clone(v))
	}
	return s
}

func (m *memory) restore(name string, vectors int, s State) error {
	if s.Name != name {
		return fmt.Errorf("optimiser %s: the state is that of %q", name, s.Name)
	}
	if s.Steps < 0 {
		return fmt.Errorf("optimiser %s: the state is after %d steps", name, s.Steps)
	}
	if s.Steps == 0 {
		*m = memory{}
		return nil
	}
	if len(s.Vectors) != vectors {
		return fmt.Errorf("optimiser %s: the state has %d vectors, want %d", name, len(s.Vectors), vectors)
	}
	next := memory{steps: s.Steps}
	for _, v := range s.Vectors {
		if len(v) != len(s.Vectors[0]) {
			return fmt.Errorf("optimiser %s: the state has vectors of %d and of %d values", name, len(s.Vectors[0]), len(v))
		}
		if i := numeric.FirstNotFinite(v); i >= 0 {
			return fmt.Errorf("optimiser %s: value %d of the state is %v", name, i, v[i])
		}
		next.vectors = append(next.vectors, slices.Clone(v))
	}
	*m = next
	return nil
}
