package inspect

import (
	"cmp"
	"slices"

	"github.com/gochimera/chimera/cmd/chimera/internal/datafile"
	"github.com/gochimera/chimera/learner"
)

// tally counts distinct values up to a limit, beyond which it counts those it knows.
type tally struct {
	limit   int
	numbers map[float64]int // index into counts
	texts   map[string]int
	beyond  []beyond // those of the texts that are numbers
	counts  []int
	full    bool // a value was not counted, for want of room
}

// beyond is a number that a float64 does not hold: the nearest that it does, and its index.
type beyond struct {
	nearest float64
	at      int
}

func newTally(limit int) *tally {
	return &tally{limit: limit, numbers: map[float64]int{}, texts: map[string]int{}}
}

// add counts a cell that is not missing and returns the index of its value; -1 if there is no room for it.
func (t *tally) add(c datafile.Cell) int {
	text := c.Kind == datafile.Text || c.Beyond // a number that a float64 cannot hold is told apart by its text
	var at int
	var known bool
	if text {
		at, known = t.texts[string(c.Text)]
	} else {
		at, known = t.numbers[c.Number]
	}
	if known {
		t.counts[at]++
		return at
	}
	if len(t.counts) == t.limit {
		t.full = true
		return -1
	}
	at = len(t.counts)
	t.counts = append(t.counts, 1)
	if text {
		t.texts[string(c.Text)] = at
	} else {
		t.numbers[c.Number] = at
	}
	if c.Beyond {
		t.beyond = append(t.beyond, beyond{c.Number, at})
	}
	return at
}

// labels are the values by their index.
func (t *tally) labels() []learner.Label {
	out := make([]learner.Label, len(t.counts))
	for v, i := range t.numbers {
		out[i] = learner.NumberLabel(v)
	}
	for s, i := range t.texts {
		out[i] = learner.NewLabel(s)
	}
	return out
}

// frequent are the most frequent values; of equally frequent ones, those that occur first.
func (t *tally) frequent(most int) []Frequency {
	order := make([]int, len(t.counts))
	for i := range order {
		order[i] = i
	}
	slices.SortFunc(order, func(a, b int) int { return cmp.Or(cmp.Compare(t.counts[b], t.counts[a]), cmp.Compare(a, b)) })
	order = order[:min(most, len(order))]
	labels := t.labels()
	out := make([]Frequency, len(order))
	for k, i := range order {
		out[k] = Frequency{labels[i], t.counts[i]}
	}
	return out
}

// weighted is a number and how often it occurs.
type weighted struct {
	value float64
	count int
}

// ascending are the numbers in their order; those that are one to a float64 are counted together.
func (t *tally) ascending() []weighted {
	out := make([]weighted, 0, len(t.numbers)+len(t.beyond))
	for v, i := range t.numbers {
		out = append(out, weighted{v, t.counts[i]})
	}
	for _, b := range t.beyond {
		out = append(out, weighted{b.nearest, t.counts[b.at]})
	}
	slices.SortFunc(out, func(a, b weighted) int { return cmp.Compare(a.value, b.value) })
	distinct := out[:0]
	for _, w := range out {
		if n := len(distinct); n > 0 && distinct[n-1].value == w.value {
			distinct[n-1].count += w.count
			continue
		}
		distinct = append(distinct, w)
	}
	return distinct
}

// smallest keeps the smallest distinct numbers of a column, ascending, with their counts, which are exact: a
// number that is dropped is larger than all that are kept, and they only become smaller.
type smallest struct{ kept []weighted }

// keepSmallest is how many.
const keepSmallest = 12

func (s *smallest) add(v float64) {
	if len(s.kept) == keepSmallest && v > s.kept[keepSmallest-1].value {
		return
	}
	at, found := slices.BinarySearchFunc(s.kept, v, func(w weighted, v float64) int { return cmp.Compare(w.value, v) })
	if found {
		s.kept[at].count++
		return
	}
	s.kept = slices.Insert(s.kept, at, weighted{v, 1})
	s.kept = s.kept[:min(len(s.kept), keepSmallest)]
}
