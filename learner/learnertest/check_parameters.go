package learnertest

import (
	"context"
	"math"
	"slices"

	"github.com/gochimera/chimera/learner"
	"github.com/gochimera/chimera/learner/numeric"
	"github.com/gochimera/chimera/registry"
)

var parameterChecks = []check{
	{name: "init_deterministic", of: registry.Differentiable, run: initDeterministic},
	{name: "parameters_are_copied", of: registry.Differentiable, run: parametersAreCopied},
	{name: "set_parameters_refused", of: registry.Differentiable, run: setParametersRefused},
	{name: "parameters_are_the_model", of: registry.Differentiable, run: parametersAreTheModel},
}

// differentiable makes a model and prepares it for the schema.
func (k *trial) differentiable(s learner.Schema) (learner.Differentiable, []learner.Block) {
	k.Helper()
	m := k.model().(learner.Differentiable)
	return m, k.initialise(m, s)
}

func (k *trial) initialise(m learner.Differentiable, s learner.Schema) []learner.Block {
	k.Helper()
	blocks, err := m.Init(s)
	k.must(err == nil, "Init: %v", err)
	return blocks
}

// nearby is p moved by normal noise of the given size; the same arguments
// give the same bits.
func nearby(p []float64, size float64, stream uint64) []float64 {
	rng := learner.NewRand(learner.Seed(stream, "nearby"))
	q := slices.Clone(p)
	for i := range q {
		q[i] += size * rng.NormFloat64()
	}
	return q
}

// initDeterministic: one seed, one beginning, and blocks that describe all of
// the parameter vector.
func initDeterministic(k *trial) {
	for _, t := range k.tasks() {
		m, blocks := k.differentiable(t.train.Schema)
		p := m.Parameters()
		names := map[string]bool{}
		sum := 0
		for _, b := range blocks {
			k.check(b.Name != "" && !names[b.Name], "%s: block name %q is empty or taken", t.name, b.Name)
			names[b.Name] = true
			k.check(len(b.Shape) > 0 && !slices.ContainsFunc(b.Shape, func(d int) bool { return d <= 0 }), "%s: block %s has shape %v", t.name, b.Name, b.Shape)
			sum += b.Len()
		}
		k.check(len(p) > 0 && sum == len(p), "%s: the blocks describe %d parameters, there are %d", t.name, sum, len(p))
		k.check(numeric.AllFinite(p), "%s: an initial parameter is not finite", t.name)

		again, _ := k.differentiable(t.train.Schema)
		k.none(bitsDiffer(p, again.Parameters()), "%s: initial parameters of two models with one seed", t.name)
		k.initialise(again, k.other().Schema)
		k.initialise(again, t.train.Schema)
		k.none(bitsDiffer(p, again.Parameters()), "%s: initial parameters after Init for other data", t.name)
		fitted := k.fitted(k.other()).(learner.Differentiable)
		k.initialise(fitted, t.train.Schema)
		k.none(bitsDiffer(p, fitted.Parameters()), "%s: initial parameters of a model fitted before", t.name)
	}
}

// parametersAreCopied: neither Parameters nor SetParameters shares memory.
func parametersAreCopied(k *trial) {
	t := k.main()
	m, _ := k.differentiable(t.train.Schema)
	want := nearby(m.Parameters(), 0.3, 1)
	given := slices.Clone(want)
	k.must(m.SetParameters(given) == nil, "SetParameters is refused")
	k.none(bitsDiffer(want, given), "SetParameters changed its input")
	fill(given, 5)
	k.none(bitsDiffer(want, m.Parameters()), "writing over what SetParameters was given")
	fill(m.Parameters(), 5)
	k.none(bitsDiffer(want, m.Parameters()), "writing over what Parameters returned")
	fitted := k.fitted(t.train).(learner.Differentiable)
	before := k.ask(fitted, t.test.X).clone()
	fill(fitted.Parameters(), 5)
	k.kept(fitted, t.test.X, before, "writing over a fitted model's Parameters")
}

// setParametersRefused: what cannot be the parameters changes nothing.
func setParametersRefused(k *trial) {
	t := k.main()
	k.check(k.model().(learner.Differentiable).SetParameters([]float64{1, 2, 3}) != nil, "SetParameters before Init: no error")
	m, _ := k.differentiable(t.train.Schema)
	p := nearby(m.Parameters(), 0.3, 2)
	k.must(m.SetParameters(p) == nil, "SetParameters is refused")
	last := len(p) - 1
	with := func(i int, v float64) []float64 {
		q := slices.Clone(p)
		q[i] = v
		return q
	}
	for _, tc := range []struct {
		what string
		p    []float64
	}{
		{"none", nil}, {"one too few", make([]float64, last)}, {"one too many", make([]float64, last+2)},
		{"NaN first", with(0, math.NaN())}, {"NaN last", with(last, math.NaN())},
		{"+Inf", with(last, math.Inf(1))}, {"-Inf", with(0, math.Inf(-1))},
	} {
		k.check(m.SetParameters(tc.p) != nil, "SetParameters with %s: no error", tc.what)
		k.none(bitsDiffer(p, m.Parameters()), "the parameters after SetParameters with %s", tc.what)
	}
}

// parametersAreTheModel: a model that is given another's parameters answers
// as the other does, to the bit; that is how a parameter server hands out what
// it learned.
func parametersAreTheModel(k *trial) {
	for _, t := range k.tasks() {
		trained := k.fitted(t.train)
		want := k.ask(trained, t.test.X).clone()
		m, _ := k.differentiable(t.train.Schema)
		p := trained.(learner.Differentiable).Parameters()
		k.must(m.SetParameters(p) == nil, "%s: SetParameters refuses a fitted model's parameters", t.name)
		k.none(want.differs(k.ask(m, t.test.X)), "%s: a model with a fitted model's parameters", t.name)
		k.must(m.SetParameters(nearby(p, 1, 3)) == nil, "%s: SetParameters is refused", t.name)
		k.check(want.differs(k.ask(m, t.test.X)) != "", "%s: other parameters, the same answers", t.name)
		_, err := m.Predict(context.Background(), narrower(t.test.X))
		k.refused(err, "a model whose parameters were set, asked for narrower rows")
	}
}
