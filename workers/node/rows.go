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

// Rows returns the worker's training rows with the columns and classes of a fit. If classes is nil,
// they are those of the worker's own file.
func (n *Node) Rows(features []string, classes []learner.Label) (learner.Dataset, error) {
	rows, err := n.Loaded()
	if err != nil {
		return learner.Dataset{}, err
	}
	d, err := rows.Dataset(classes)
	if err != nil {
		return d, api.Problemf(api.CodeUnusableData, "Worker %s: %v.", n.Spec.Name, err)
	}
	if d.X, err = rest.Align(features, rows.Columns, rows.X); err != nil {
		return d, api.Problemf(api.CodeInvalidRequest, "Worker %s has the columns %s; the fit wants %s.", n.Spec.Name, list(rows.Columns), list(features))
	}
	d.Features = features
	return d, nil
}

// list joins column names, but at most the first 20.
func list(names []string) string {
	if len(names) > 20 {
		return fmt.Sprintf("%s and %d more", strings.Join(names[:20], ", "), len(names)-20)
	}
	return strings.Join(names, ", ")
}

// HoldOut splits n rows into training rows and a held-out share, with at least one of each if there
// are two rows or more. The draw depends only on the fit's seed and on who draws; both results are in
// the order of the file.
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

// Order is the order in which epochs visit the rows. It depends only on the fit's seed, on who
// shuffles and on the epoch, so that a worker that joins in the middle of a fit has the same order. It
// is not safe for concurrent use.
type Order struct {
	seed     uint64
	who      string
	rows     []int // of epoch
	epoch    int
	constant bool
}

// NewOrder is the order of n rows; without shuffle it is the order of the file.
func NewOrder(n int, shuffle bool, seed uint64, who string) *Order {
	o := &Order{seed: seed, who: who, rows: make([]int, n), epoch: -1, constant: !shuffle}
	for i := range o.rows {
		o.rows[i] = i
	}
	return o
}

// Of returns the rows of an epoch, counted from 0. They are valid until the next call.
func (o *Order) Of(epoch int) []int {
	if !o.constant && epoch != o.epoch {
		o.rows = learner.NewRand(learner.Seed(o.seed, o.who, "epoch", strconv.Itoa(epoch))).Perm(len(o.rows))
		o.epoch = epoch
	}
	return o.rows
}
