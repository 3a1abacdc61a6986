//go:build unix

package chaos

import (
	"flag"
	"fmt"
	"os"
	"slices"
	"testing"
)

var kills = flag.Uint64("kills", 4, "how many kills TestKills makes")

// Wherever a master, a worker or both are killed, the next start serves the old model or the new one, whole; an interrupted
// fit ends as if nothing had happened, and nothing is left.
func TestKills(t *testing.T) {
	if _, err := os.Stat("/proc/self/environ"); err != nil {
		t.Skip("this system does not tell which processes are left: ", err)
	}
	for seed := *from; seed < *from+*kills; seed++ {
		t.Run(fmt.Sprint("seed", seed), func(t *testing.T) {
			t.Parallel()
			runCourse(t, newCourse(seed))
		})
	}
}

func runCourse(t *testing.T, c course) {
	t.Helper()
	t.Logf("%v\nTo repeat it: go test ./chaos -run 'TestKills$' -kills 1 -from %d -v", c, c.Seed)
	p := newKilled(t, c)

	first := p.start(spec{}, 1)
	old := first.fit()
	first.expect(old)
	first.stop()

	second := p.start(spec{Death: c.Death}, 2)
	second.expect(old)
	fresh := second.until(old)
	p.hit(second)
	disturbed := false // the new model can be another one than without the death
	if c.Death.Victim == killWorker && second.struck() {
		disturbed = !second.recover(old, fresh)
	}
	second.kill()

	serves, resumed := p.left()
	if p.Changed = c.Other; c.Other {
		resumed = ""
		p.write(2)
	}
	if c.Again != nil {
		third := p.start(spec{Death: *c.Again, AtStart: true}, 2)
		third.settle()
		p.hit(third)
		third.kill()
		if now, going := p.left(); now != serves && now != resumed {
			t.Errorf("the model in service was %s, and is %s", serves, now)
		} else {
			serves, resumed = now, going
		}
		if c.Other {
			resumed = ""
		}
	}
	last := p.start(spec{}, 2)
	last.settle()
	if resumed != "" {
		serves = resumed
	}
	last.expect(serves)
	p.tidy(last)
	if !slices.Contains([]string{old, fresh}, serves) {
		t.Errorf("the model %s serves, which is neither the old one, %s, nor the new one, %s", serves, old, fresh)
	}
	last.stop()
	p.lockable()

	p.Changed = false
	p.write(2)
	undisturbed := p.start(spec{}, 2)
	undisturbed.expect(serves)
	truth := undisturbed.fit()
	undisturbed.expect(truth)
	undisturbed.stop()
	if seen := p.seen[fresh]; seen != nil && !disturbed && !slices.Equal(seen, p.seen[truth]) {
		t.Errorf("the interrupted fit %s predicts %v, and undisturbed it is %v", fresh, seen, p.seen[truth])
	}
	if slices.Equal(p.seen[old], p.seen[truth]) {
		t.Error("the old model and the new one predict the same: nothing was tested")
	}
}
