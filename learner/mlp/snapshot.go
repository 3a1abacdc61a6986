package mlp

import (
	"fmt"
	"slices"

	"github.com/gochimera/chimera/learner"
	"github.com/gochimera/chimera/learner/snapshot"
)

const snapshotVersion = 1

// MarshalBinary stores the network: its sizes, its architecture and its
// parameters. A Perceptron is stored whole; of another architecture only a
// description is, and the learner that reads it must have the same.
func (m *model) MarshalBinary() ([]byte, error) {
	if !m.fitted {
		return nil, learner.ErrNotFitted
	}
	w := snapshot.NewWriter(m.kind, snapshotVersion)
	w.Int(m.net.in())
	w.Int(m.net.out())
	p, ok := m.built.(Perceptron)
	w.Bool(ok)
	w.Ints(p.HiddenLayerSizes)
	w.String(p.Activation)
	w.String(p.Init)
	w.Float(p.Dropout)
	w.Bool(p.LayerNorm)
	w.Strings(m.net.fingerprint())
	w.Floats(m.net.params)
	return w.Seal(), nil
}

// fingerprint describes the layers, to tell architectures apart.
func (p plan) fingerprint() []string {
	all := make([]string, len(p.specs))
	for i, s := range p.specs {
		all[i] = fmt.Sprintf("%s: %d to %d, %d parameters", s.Name, s.In, s.Out, s.Parameters())
	}
	return all
}

// UnmarshalBinary reads what MarshalBinary stored. A later Fit trains the
// architecture that the learner was made with.
func (m *model) UnmarshalBinary(data []byte) error {
	r, err := snapshot.NewReader(data, m.kind, snapshotVersion)
	if err != nil {
		return err
	}
	in, out := r.Count(maxUnits), r.Count(maxUnits)
	perceptron := r.Bool()
	p := Perceptron{HiddenLayerSizes: r.Ints(), Activation: r.String(), Init: r.String(), Dropout: r.Float(), LayerNorm: r.Bool()}
	layers, params := r.Strings(), r.FiniteFloats()
	if err := r.Close(); err != nil {
		return err
	}
	a := m.architecture
	if perceptron {
		a = p
	}
	if in < 1 || out < 1 || m.task == learner.Regression && out != 1 {
		r.Failf("a network from %d to %d values", in, out)
		return r.Err()
	}
	plan, err := lay(a, in, out)
	if err != nil {
		r.Failf("%v", err)
		return r.Err()
	}
	if got := plan.fingerprint(); !slices.Equal(got, layers) {
		r.Failf("it holds a network of the layers %q, this learner makes one of %q", layers, got)
		return r.Err()
	}
	parameters := 0
	for _, s := range plan.specs {
		parameters += s.Parameters()
	}
	if parameters != len(params) {
		r.Failf("it holds %d parameters, its layers have %d", len(params), parameters)
		return r.Err()
	}
	net := m.network(plan, 0, len(plan.layers), 0)
	if err := net.set(params); err != nil {
		r.Failf("%v", err)
		return r.Err()
	}
	m.net, m.built, m.fitted, m.curve, m.ended = net, a, true, nil, nil
	return nil
}
