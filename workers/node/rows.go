package node

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/gochimera/chimera/api"
	"github.com/gochimera/chimera/internal/rest"
	"github.com/gochimera/chimera/learner"
)

// Rows are the worker's training rows with the columns and classes of a fit.
// Classes may be nil: then they are those of the worker's own file.
func (n *Node) Rows(features []string, classes []learner.Label) (learner.Dataset, error) {
	rows, err := n.Loaded()
	if err != nil {
		return learner.Dataset{}, err
	}
	d, err := rows.Dataset(classes)
	if err != nil {
		return d, api.Problemf(api.CodeUnusableData, "Worker %s: %v.", n.Spec.Name, err)
	}
	if d.X, err = rest.Align(features, rows.Features, rows.X); err != nil {
		return d, api.Problemf(api.CodeInvalidRequest, "Worker %s has the columns %s; the fit wants %s.", n.Spec.Name, list(rows.Features), list(features))
	}
	d.Features = features
	return d, nil
}

// list names columns, the first few of many.
func list(names []string) string {
	if len(names) > 20 {
		return fmt.Sprintf("%s and %d more", strings.Join(names[:20], ", "), len(names)-20)
	}
	return strings.Join(names, ", ")
}

// HoldOut splits n rows into those that are trained on and a share that is
// held out, at least one of each if there are two rows or more. What is drawn
// is a function of a fit's seed and of who draws; both are in the order of the file.
func HoldOut(n int, fraction float64, seed uint64, who string) (train, held []int) {
	count := 0
	if fraction > 0 && n > 1 {
		count = min(max(int(math.Round(fraction*float64(n))), 1), n-1)
	}
	order := learner.NewRand(learner.Seed(seed, who, "validation")).Perm(n)
	train, held = order[count:], order[:count]
	slices.Sort(train)
	slices.Sort(held)
	return train, held
}

// Order is the order in which epochs go through rows. It is a function of a
// fit's seed, of who shuffles and of the epoch, so whoever begins in the
// middle of a fit has the same. One goroutine at a time uses it.
type Order struct {
	seed     uint64
	who      string
	rows     []int // of epoch
	epoch    int
	constant bool
}

// NewOrder is the order of n rows; without shuffle it is always that of the file.
func NewOrder(n int, shuffle bool, seed uint64, who string) *Order {
	o := &Order{seed: seed, who: who, rows: make([]int, n), epoch: -1, constant: !shuffle}
	for i := range o.rows {
		o.rows[i] = i
	}
	return o
}

// Of returns the rows of an epoch, counted from 0; they are valid until the
// next call.
func (o *Order) Of(epoch int) []int {
	if !o.constant && epoch != o.epoch {
		o.rows = learner.NewRand(learner.Seed(o.seed, o.who, "epoch", strconv.Itoa(epoch))).Perm(len(o.rows))
		o.epoch = epoch
	}
	return o.rows
}
