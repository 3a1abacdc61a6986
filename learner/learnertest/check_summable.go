package learnertest

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"slices"

	"github.com/gochimera/chimera/internal/repeat"
	"github.com/gochimera/chimera/learner"
	"github.com/gochimera/chimera/registry"
)

// A training by sums is the same wherever the rows are, and goes on from its state alone.
var summableChecks = []check{
	{name: "sums_of_parts", of: registry.Summable, run: sumsOfParts},
	{name: "state_is_the_training", of: registry.Summable, run: stateIsTheTraining},
	{name: "set_state_refused", of: registry.Summable, run: setStateRefused},
	{name: "cancel_sum", of: registry.Summable, run: cancelSum},
}

// summable makes a model with the usual seed and as many threads.
func (k *trial) summable(procs int) learner.Summable {
	k.Helper()
	return k.make(learner.Env{Seed: seed, Procs: procs}).(learner.Summable)
}

// trained trains m on rows in parts, and returns the state of which the model was made.
func (k *trial) trained(m learner.Summable, s learner.Schema, parts []learner.Dataset) []float64 {
	k.Helper()
	var state []float64
	var prepared []learner.Part
	for _, rows := range parts {
		p, err := m.Part(context.Background(), rows)
		k.must(err == nil, "Part of %d rows: %v", rows.Len(), err)
		prepared = append(prepared, p)
	}
	err := learner.TrainOnParts(context.Background(), m, s, prepared, func(a learner.Advance) { state = a.State })
	k.must(err == nil, "training on %d parts: %v", len(parts), err)
	return state
}

// cut deals rows out: share says which part has a row, given where it is of how many.
func cut(d learner.Dataset, parts int, share func(i, n int) int) []learner.Dataset {
	dealt := make([][]int, parts)
	for i := range d.Len() {
		to := share(i, d.Len())
		dealt[to] = append(dealt[to], i)
	}
	var out []learner.Dataset
	for _, rows := range dealt {
		if len(rows) > 0 {
			out = append(out, d.Select(rows))
		}
	}
	return out
}

// sumsOfParts: the state and the model have the same bits however the rows are dealt out, in another order, on one thread or
// several, and they are the model that Fit makes.
func sumsOfParts(k *trial) {
	for _, t := range k.tasks() {
		for _, d := range []learner.Dataset{t.train, weighted(t.train)} {
			one := k.summable(1)
			state := k.trained(one, d.Schema, []learner.Dataset{d})
			want := k.sensible(one, d, t.test.X, t.name+", trained by sums").clone()
			k.none(k.ask(k.fitted(d), t.test.X).leaves(want), "%s: what Fit makes, then what the sums do", t.name)

			sorted := d.Select(order(d))
			for i, way := range []struct {
				what  string
				parts []learner.Dataset
				procs int
			}{
				{"in seven parts, on three threads", cut(d, 7, func(i, n int) int { return i * 7 / n }), 3},
				{"dealt out to three", cut(d, 3, func(i, _ int) int { return i % 3 }), 1},
				{"in two parts", cut(d, 2, func(i, n int) int { return i * 2 / n }), 1},
				{"in 30 parts", cut(d, 30, func(i, _ int) int { return (i*i + 5*i) % 30 }), 1},
				{"one row apart from all others", cut(d, 2, func(i, _ int) int { return min(i, 1) }), 1},
				{"sorted, in three unequal parts", cut(sorted, 3, func(i, n int) int { return min(i*i*3/(n*n), 2) }), 1},
			}[:repeat.Times(6, 2)] {
				parts := slices.DeleteFunc(way.parts, func(p learner.Dataset) bool { return weightOf(p) == 0 }) // which no learner takes
				m := k.summable(way.procs)
				got := k.trained(m, d.Schema, parts)
				k.none(bitsDiffer(state, got), "%s: the last state, %s", t.name, way.what)
				k.none(want.differs(k.ask(m, t.test.X)), "%s: trained %s", t.name, way.what)
				if i%2 != 0 {
					continue
				}
				slices.Reverse(parts)
				m = k.summable(1)
				k.none(bitsDiffer(state, k.trained(m, d.Schema, parts)), "%s: the last state, %s and then in reverse order", t.name, way.what)
			}
		}
	}
}

func weightOf(d learner.Dataset) float64 {
	var sum float64
	for i := range d.Len() {
		sum += d.Weight(i)
	}
	return sum
}

// order is rows by their targets, and by their first feature.
func order(d learner.Dataset) []int {
	rows := upTo(d.Len())
	slices.SortFunc(rows, func(a, b int) int {
		if d.Y != nil && d.Y[a] != d.Y[b] {
			return cmp.Compare(d.Y[a], d.Y[b])
		}
		return cmp.Compare(d.X.At(a, 0), d.X.At(b, 0))
	})
	return rows
}

// stateIsTheTraining: every step is taken by a model and a part that have seen nothing before, from a copy of the state,
// and nothing changes. Neither Sum nor Advance writes to the state.
func stateIsTheTraining(k *trial) {
	for _, t := range k.tasks() {
		m := k.summable(1)
		want := k.trained(m, t.train.Schema, []learner.Dataset{t.train})
		state, err := k.summable(1).Start(t.train.Schema)
		k.must(err == nil, "Start: %v", err)
		for step, finished := 0, false; !finished; step++ {
			given := slices.Clone(state)
			fresh := k.summable(1)
			counts, reals := fresh.Shape(t.train.Schema, given)
			sums := learner.NewSums(counts, reals)
			part, err := fresh.Part(context.Background(), t.train)
			k.must(err == nil, "Part: %v", err)
			k.must(part.Sum(context.Background(), given, sums) == nil, "step %d: Sum is an error", step)
			k.none(bitsDiffer(state, given), "step %d: Sum wrote to the state", step)
			before := slices.Clone(given[:len(given):len(given)])
			next, err := k.summable(1).Advance(context.Background(), t.train.Schema, given, sums)
			k.must(err == nil, "step %d: Advance: %v", step, err)
			k.none(bitsDiffer(before, given), "step %d: Advance wrote to the state", step)
			k.check(!next.Done || next.Why != "", "%s: the training is done, and does not say why", t.name)
			state, finished = slices.Clone(next.State), next.Done
		}
		k.none(bitsDiffer(want, state), "%s: the last state, each step taken by another model", t.name)
	}
}

// setStateRefused: what is not the last state of a training makes no model, and keeps the old one; no state makes Shape, Sum
// or Advance panic.
func setStateRefused(k *trial) {
	t := k.main()
	m := k.summable(1)
	last := k.trained(m, t.train.Schema, []learner.Dataset{t.train})
	before := k.ask(m, t.test.X).clone()
	start, err := m.Start(t.train.Schema)
	k.must(err == nil, "Start: %v", err)
	part, err := m.Part(context.Background(), t.train)
	k.must(err == nil, "Part: %v", err)
	type bad struct {
		what  string
		state []float64
	}
	all := []bad{{"the first state", start}, {"nothing", nil}, {"one number too few", last[:len(last)-1]}, {"one number too many", append(slices.Clone(last), 0)}}
	for _, at := range places(len(last)) {
		for _, v := range []float64{math.NaN(), math.Inf(1)} {
			s := slices.Clone(last)
			s[at] = v
			all = append(all, bad{fmt.Sprintf("number %d as %v", at, v), s})
		}
	}
	for _, b := range all {
		k.check(m.SetState(t.train.Schema, b.state) != nil, "SetState with %s: no error", b.what)
	}
	k.kept(m, t.test.X, before, "states that are none")
	for _, b := range all { // whatever they answer, they answer
		counts, reals := m.Shape(t.train.Schema, b.state)
		k.must(counts >= 0 && reals >= 0, "Shape of %s: %d and %d", b.what, counts, reals)
		sums := learner.NewSums(counts, reals)
		if part.Sum(context.Background(), b.state, sums) == nil {
			_, _ = m.Advance(context.Background(), t.train.Schema, b.state, sums)
		}
	}
	_, err = m.Advance(context.Background(), t.train.Schema, start, &learner.Sums{})
	k.check(err != nil, "Advance with no sums: no error")
	k.must(m.SetState(t.train.Schema, last) == nil, "SetState refuses the last state")
	k.kept(m, t.test.X, before, "the last state again")
}

// cancelSum: a sum whose context has ended is its error, and the part answers afterwards as before.
func cancelSum(k *trial) {
	t := k.main()
	m := k.summable(1)
	part, err := m.Part(context.Background(), t.train)
	k.must(err == nil, "Part: %v", err)
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	state, err := m.Start(t.train.Schema)
	k.must(err == nil, "Start: %v", err)
	for step, finished := 0, false; !finished; step++ {
		counts, reals := m.Shape(t.train.Schema, state)
		k.check(part.Sum(ctx, state, learner.NewSums(counts, reals)) != nil, "step %d: Sum with a cancelled context: no error", step)
		sums := learner.NewSums(counts, reals)
		k.must(part.Sum(context.Background(), state, sums) == nil, "step %d: Sum is an error", step)
		next, err := m.Advance(context.Background(), t.train.Schema, state, sums)
		k.must(err == nil, "step %d: Advance: %v", step, err)
		state, finished = next.State, next.Done
	}
	k.must(m.SetState(t.train.Schema, state) == nil, "SetState refuses the last state")
	k.none(bitsDiffer(k.trained(k.summable(1), t.train.Schema, []learner.Dataset{t.train}), state), "the last state, each sum cancelled once before")
}
