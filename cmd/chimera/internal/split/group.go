package split

import (
	"cmp"
	"errors"
	"slices"

	"github.com/gochimera/chimera/learner"
)

// deal says where the next row goes, which is of a class (-1 without classes) and of a group (nil without
// groups): the index of a worker, or holdout. The error is one for a row that was not counted.
type deal interface {
	next(class int, group []byte) (int, error)
}

// next is dealer.draw for a row of a class.
func (d *dealer) next(class int, _ []byte) (int, error) {
	group := 0
	if len(d.left) > 1 {
		group = class
	}
	if d.left[group] == 0 {
		return 0, errUncounted
	}
	return d.draw(group), nil
}

var errUncounted = errors.New("split: a row that was not counted")

// dealer is the deal that the options ask for.
func (c *census) dealer(o Options) (deal, error) {
	if c.groups != nil {
		return newGroupDealer(c, o)
	}
	return newDealer(c, o.By, len(o.Workers), o.Holdout, o.Seed)
}

// groupDealer deals whole groups out.
type groupDealer map[string]int

func (d groupDealer) next(_ int, group []byte) (int, error) {
	to, known := d[string(group)]
	if !known {
		return 0, errUncounted
	}
	return to, nil
}

// newGroupDealer gives each group to the destination that lacks most rows of its share, large groups first,
// those of one size in random order (Graham 1969, longest processing time first, with shares).
func newGroupDealer(c *census, o Options) (groupDealer, error) {
	held := o.Holdout.of(c.rows)
	if held >= c.rows {
		return nil, refuse("--holdout: %d rows are to be held out, but there are only %d", held, c.rows)
	}
	shares := slices.Repeat([]float64{1}, len(o.Workers))
	if o.By.Kind == Size {
		shares = o.By.Shares
	}
	if o.By.Kind == Replicate { // the copies are made by who writes them
		shares = shares[:1]
	}
	lacks := apportion(c.rows-held, shares) // the last one is the holdout's
	destinations := len(lacks)
	if held > 0 {
		lacks = append(lacks, held)
	}
	groups := slices.Clone(c.groups)
	learner.NewRand(learner.Seed(o.Seed, "split", "groups")).Shuffle(len(groups), func(i, j int) { groups[i], groups[j] = groups[j], groups[i] })
	slices.SortStableFunc(groups, func(a, b group) int { return cmp.Compare(b.rows, a.rows) })
	if len(groups) < len(lacks) {
		return nil, refuse("--group %s: %d groups for %d workers and %d held-out rows; each worker needs at least one group, and so does the test set",
			o.Data.Group, len(groups), destinations, held)
	}
	d, got := groupDealer{}, make([]int, len(lacks))
	for i, g := range groups {
		to := neediest(lacks, got, len(groups)-i)
		lacks[to] -= g.rows
		got[to]++
		if d[g.name] = to; held > 0 && to == destinations {
			d[g.name] = holdout
		}
	}
	return d, nil
}

// neediest is the destination that lacks most; once there are no more groups than destinations without any,
// one of these.
func neediest(lacks, got []int, left int) int {
	empty := 0
	for _, n := range got {
		if n == 0 {
			empty++
		}
	}
	best := -1
	for to, lack := range lacks {
		if (empty < left || got[to] == 0) && (best < 0 || lack > lacks[best]) {
			best = to
		}
	}
	return best
}
