package node

import (
	"context"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/gochimera/chimera/api"
	"github.com/gochimera/chimera/distribute/endpoint"
	"github.com/gochimera/chimera/internal/cell"
	"github.com/gochimera/chimera/internal/dataio"
	"github.com/gochimera/chimera/internal/rest"
	"github.com/gochimera/chimera/learner"
	"github.com/gochimera/chimera/prepare/table"
)

// Rows returns the worker's training rows with the features and classes of a fit. If classes is nil,
// they are those of the worker's own file. p is the preparation that makes the features of the rows; nil if the features are the file's
// columns as they are, which must be numbers then.
func (n *Node) Rows(ctx context.Context, features []string, classes []learner.Label, p *endpoint.Prepared) (learner.Dataset, error) {
	d, rows, err := n.targets(classes)
	if err != nil {
		return d, err
	}
	d.Features = features
	if p != nil {
		d.X, err = n.prepared.of(ctx, p, rows, features)
		return d, err
	}
	if err := n.refuseTexts(rows, features); err != nil {
		return d, err
	}
	fits := len(features) == len(rows.Columns)
	if fits {
		d.X, err = rest.Align(features, rows.Columns, rows.X)
	}
	if err != nil || !fits {
		return d, api.Problemf(api.CodeInvalidRequest, "Worker %s has the columns %s; the fit wants %s.", n.Spec.Name, list(rows.Columns), list(features))
	}
	return d, nil
}

// Missing are the cells of a request that stand for a missing value, as in the worker's files.
func (n *Node) Missing() *cell.Missing { return cell.NewMissing(n.reading.Missing) }

// Columns are the columns of the worker's file, in its order.
func (n *Node) Columns() ([]string, error) {
	rows, _, _, err := n.Typed()
	return rows.Columns, err
}

// Typed are the training rows as they are in their file, and their targets: y has the index in classes of a classifier's.
func (n *Node) Typed() (rows table.Rows, y []float64, classes []learner.Label, err error) {
	loaded, err := n.Loaded()
	if err != nil {
		return rows, nil, nil, err
	}
	return loaded.Rows, loaded.Y, loaded.Classes, nil
}

// Numeric returns the training rows as they are in their file, for an operation that takes numbers only: texts are a problem.
func (n *Node) Numeric() (*dataio.Table, error) {
	if err := n.refuseServed(); err != nil {
		return nil, err
	}
	loaded, err := n.Loaded()
	if err != nil {
		return nil, err
	}
	return loaded, n.refuseTexts(loaded.Rows, loaded.Columns)
}

// targets returns the worker's rows, and their targets as a dataset without X.
func (n *Node) targets(classes []learner.Label) (learner.Dataset, table.Rows, error) {
	if err := n.refuseServed(); err != nil {
		return learner.Dataset{}, table.Rows{}, err
	}
	loaded, err := n.Loaded()
	if err != nil {
		return learner.Dataset{}, table.Rows{}, err
	}
	d, err := loaded.Dataset(classes)
	if err != nil {
		return d, table.Rows{}, api.Problemf(api.CodeUnusableData, "Worker %s: %v.", n.Spec.Name, err)
	}
	return d, loaded.Rows, nil
}

// refuseTexts returns a problem if a column that is used as it is has texts.
func (n *Node) refuseTexts(rows table.Rows, features []string) error {
	for j, name := range rows.Columns {
		if rows.IsNumeric(j) || !slices.Contains(features, name) {
			continue
		}
		row := 0
		for text := false; !text; row++ {
			_, text = rows.Text(row, j)
			text = text && math.IsNaN(rows.X.At(row, j))
		}
		value, _ := rows.Text(row-1, j)
		return api.Problemf(api.CodeUnusableData, "Worker %s: its column %s has texts, such as %q in row %d, and the rows are not prepared: "+
			"set prepare: auto in chimera.yaml and fit through a master, or drop the column.", n.Spec.Name, name, rest.Shorten(value), row)
	}
	return nil
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
