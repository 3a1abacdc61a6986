package learnertest

import (
	"fmt"
	"runtime"

	"github.com/gochimera/chimera/learner"
	"github.com/gochimera/chimera/registry"
)

var determinismChecks = []check{
	{name: "same_seed_same_bits", of: registry.Estimator, waived: nonDeterministic, run: sameSeedSameBits},
	{name: "threads_do_not_matter", of: registry.Estimator, waived: nonDeterministic, run: threadsDoNotMatter},
}

func sameSeedSameBits(k *trial) {
	for _, t := range k.tasks() {
		for _, s := range []uint64{0, 1, 1 << 63} {
			env := learner.Env{Seed: s, Procs: 1}
			want := k.ask(k.fit(k.make(env), t.train), t.test.X).clone()
			got := k.ask(k.fit(k.make(env), t.train), t.test.X)
			k.none(want.differs(got), "%s: two models with seed %d", t.name, s)
		}
	}
}

// threadsDoNotMatter: neither GOMAXPROCS nor the threads a learner is allowed
// changes a bit. The data is large enough to be worth splitting.
func threadsDoNotMatter(k *trial) {
	before := runtime.GOMAXPROCS(0)
	defer runtime.GOMAXPROCS(before)
	classes := len(k.main().train.Classes)
	train, test := k.rows(4*k.subject.rows, width, classes, 7), k.main().test
	var want answers
	for _, tc := range []struct{ procs, gomaxprocs int }{{1, 1}, {1, 4}, {3, 1}, {8, 2}, {0, 3}} {
		runtime.GOMAXPROCS(tc.gomaxprocs)
		m := k.fit(k.make(learner.Env{Seed: seed, Procs: tc.procs}), train)
		got := k.ask(m, test.X)
		if want.predicted == nil {
			want = got.clone()
			continue
		}
		k.none(want.differs(got), "%s", fmt.Sprintf("Procs %d under GOMAXPROCS %d, before 1 under 1", tc.procs, tc.gomaxprocs))
	}
}
