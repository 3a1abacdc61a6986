package learnertest

import (
	"context"
	"fmt"
	"slices"

	"github.com/gochimera/chimera/learner"
	"github.com/gochimera/chimera/registry"
)

// What a part keeps for a faster answer changes no answer.
var partChecks = []check{
	{name: "part_has_no_memory", of: registry.Summable, run: partHasNoMemory},
	{name: "sums_add_to_others", of: registry.Summable, run: sumsAddToOthers},
}

// sumOf is the sums of rows, which must succeed, beside what into holds already.
func (k *trial) sumOf(p learner.Part, state []float64, into *learner.Sums) *learner.Sums {
	k.Helper()
	err := p.Sum(context.Background(), state, into)
	k.must(err == nil, "Sum: %v", err)
	return into
}

// partOf is rows of a learner.
func (k *trial) partOf(m learner.Summable, rows learner.Dataset) learner.Part {
	k.Helper()
	p, err := m.Part(context.Background(), rows)
	k.must(err == nil, "Part of %d rows: %v", rows.Len(), err)
	return p
}

// partHasNoMemory: a part that has gone through a whole training answers an earlier state as a new one does, and twice the same, as after a retry.
func partHasNoMemory(k *trial) {
	for _, t := range k.tasks() {
		m := k.summable(1)
		state, err := m.Start(t.train.Schema)
		k.must(err == nil, "Start: %v", err)
		states := [][]float64{slices.Clone(state)}
		old := k.partOf(m, t.train)
		err = learner.TrainOnParts(context.Background(), m, t.train.Schema, []learner.Part{old}, func(a learner.Advance) {
			states = append(states, slices.Clone(a.State))
		})
		k.must(err == nil, "%s: the training: %v", t.name, err)
		asked := states[:len(states)-1] // the last one asks for nothing
		for i := 0; i < len(asked); i += max(1, len(asked)/8) {
			counts, reals := m.Shape(t.train.Schema, asked[i])
			want := k.sumOf(k.partOf(k.summable(1), t.train), asked[i], learner.NewSums(counts, reals))
			for _, when := range []string{"of a part that had gone on", "asked for again"} {
				k.none(sumsDiffer(want, k.sumOf(old, asked[i], learner.NewSums(counts, reals))), "%s: the sums of round %d, %s", t.name, i+1, when)
			}
		}
	}
}

// sumsAddToOthers: Sum adds to what is there, which is the same as merging.
func sumsAddToOthers(k *trial) {
	t := k.main()
	m := k.summable(1)
	half := t.train.Len() / 2
	first, second := k.partOf(m, t.train.Select(upTo(half))), k.partOf(m, t.train.Select(upTo(t.train.Len())[half:]))
	state, err := m.Start(t.train.Schema)
	k.must(err == nil, "Start: %v", err)
	counts, reals := m.Shape(t.train.Schema, state)
	k.check(counts >= 0 && reals >= 0 && counts+reals > 0, "the first state asks for %d whole and %d real sums", counts, reals)
	both := k.sumOf(second, state, k.sumOf(first, state, learner.NewSums(counts, reals)))
	merged := k.sumOf(first, state, learner.NewSums(counts, reals))
	k.must(merged.Merge(k.sumOf(second, state, learner.NewSums(counts, reals))) == nil, "sums of two parts cannot be merged")
	k.none(sumsDiffer(both, merged), "sums of two parts, one after the other and merged")
}

// sumsDiffer describes the first sum in which two differ; "" if none does.
func sumsDiffer(a, b *learner.Sums) string {
	if len(a.Counts) != len(b.Counts) || len(a.Reals) != len(b.Reals) {
		return fmt.Sprintf("%d whole and %d real sums, and %d and %d", len(a.Counts), len(a.Reals), len(b.Counts), len(b.Reals))
	}
	for i, n := range a.Counts {
		if b.Counts[i] != n {
			return fmt.Sprintf("whole sum %d is %d, and %d", i, n, b.Counts[i])
		}
	}
	for i := range a.Reals {
		if x, y := a.Reals[i].Expansion(), b.Reals[i].Expansion(); !slices.Equal(x, y) {
			return fmt.Sprintf("real sum %d is %v, and %v", i, x, y)
		}
	}
	return ""
}
