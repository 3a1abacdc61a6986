package learner_test

import (
	"encoding/json"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/gochimera/chimera/learner"
)

// A label has one form: it stays as it is when it is read again, and comes back from JSON as it went.
// Two labels are one if and only if they are the same text or the same number.
func FuzzLabel(f *testing.F) {
	for _, s := range [][2]string{
		{"1", "1.0"}, {" yes ", "yes"}, {"-0", "0"}, {"1e400", "inf"}, {"true", "1"}, {"9007199254740993", "9007199254740992"}, {"0x1p-2", "1_0"}, {"", "\x00"},
		{"-1", "007"}, {"<&>\u2028", `"`},
	} {
		f.Add(s[0], s[1])
	}
	f.Fuzz(func(t *testing.T, one, other string) {
		a, b := learner.NewLabel(one), learner.NewLabel(other)
		for _, l := range []learner.Label{a, b} {
			if again := learner.NewLabel(string(l)); again != l {
				t.Errorf("%q is %q when it is read again", l, again)
			}
			text, err := json.Marshal(l)
			if err != nil {
				t.Fatalf("%q: %v", l, err)
			}
			var back learner.Label
			if err := json.Unmarshal(text, &back); err != nil || utf8.ValidString(string(l)) && back != l {
				t.Errorf("%q came back from %s as %q, %v", l, text, back, err)
			}
		}
		x, numeric := a.Number()
		y, both := b.Number()
		same := numeric && both && x == y || strings.TrimSpace(one) == strings.TrimSpace(other)
		if (a == b) != same {
			t.Errorf("%q and %q are one label: %v, want %v", one, other, a == b, same)
		}
		forward, back := learner.MergeLabels([]learner.Label{a, b}, []learner.Label{a}), learner.MergeLabels([]learner.Label{b}, []learner.Label{a})
		if len(forward) != len(back) || forward[0] != back[0] || forward[len(forward)-1] != back[len(back)-1] {
			t.Errorf("merged %q, in the other order %q", forward, back)
		}
	})
}
