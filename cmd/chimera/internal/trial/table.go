package trial

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"

	"github.com/gochimera/chimera/internal/cell"
	"github.com/gochimera/chimera/internal/dataio"
	"github.com/gochimera/chimera/internal/suggest"
	"github.com/gochimera/chimera/learner"
)

// Table is the training rows of one worker, each cell as it is written.
type Table struct {
	Worker string
	Labels []learner.Label // the targets, one per row, as labels; booleans in one spelling
	Groups []string        // one per row; nil without a column of groups
	Group  string          // that column, which is no feature

	header, target []byte // CSV records
	rows, targets  [][]byte
	at, targetAt   []place // of each row, and of its target
}

// place is a line of a file.
type place struct {
	file string
	line int
}

// Rows is how many rows there are.
func (t *Table) Rows() int { return len(t.rows) }

// For is the same table as that of another worker.
func (t *Table) For(worker string) *Table {
	other := *t
	other.Worker = worker
	return &other
}

// Join is the rows of tables as one, in their order. They have the same columns, as Read makes sure.
func Join(worker string, tables []*Table) *Table {
	all := &Table{Worker: worker, header: tables[0].header, target: tables[0].target}
	for _, t := range tables {
		all.Labels, all.Groups = append(all.Labels, t.Labels...), append(all.Groups, t.Groups...)
		all.rows, all.targets = append(all.rows, t.rows...), append(all.targets, t.targets...)
		all.at, all.targetAt = append(all.at, t.at...), append(all.targetAt, t.targetAt...)
	}
	all.Labels = learner.Spelled(all.Labels)
	return all
}

// Read reads the training data of all workers, which may have their columns in any order: rows are brought into the first
// worker's. Missing cells become empty. If group names a column, it becomes Groups and is no feature. dirs are the
// workers' folders, and o says how their files are written. An error is a *dataio.Error, or ctx's.
func Read(ctx context.Context, workers, dirs []string, o dataio.Options, group string) ([]*Table, error) {
	tables := make([]*Table, len(workers))
	var order []string // the features, as the first worker has them
	for i, dir := range dirs {
		r := &reader{table: &Table{Worker: workers[i]}, group: cell.Name(group), order: order}
		if err := r.read(ctx, dir, o); err != nil {
			return nil, err
		}
		tables[i], order = r.table, r.order
	}
	return tables, nil
}

// reader reads the data of one worker.
type reader struct {
	table *Table
	group string   // the column of groups, or ""
	order []string // the features; nil for any
	take  []int    // places of the features, in order
	at    int      // place of the group; -1 without one
}

func (r *reader) read(ctx context.Context, dir string, o dataio.Options) (err error) {
	files, err := dataio.OpenTraining(dir, o)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, files.Close()) }()
	t := r.table
	if err := r.begin(files); err != nil {
		return err
	}
	err = each(ctx, files.Features, func(cells [][]byte) error {
		if r.at >= 0 {
			group := bytes.TrimSpace(cells[r.at])
			if files.Features.IsMissing(cells[r.at]) {
				return fault(files.Features, r.at, "the row has no group: every row needs one")
			}
			t.Groups = append(t.Groups, string(group))
		}
		t.rows = append(t.rows, record(files.Features, cells, r.take))
		t.at = append(t.at, place{files.Features.Name(), files.Features.Line()})
		if files.At < 0 {
			return nil
		}
		return t.addTarget(files.Features, cells, files.At)
	})
	if err == nil && files.Target != nil {
		err = each(ctx, files.Target, func(cells [][]byte) error { return t.addTarget(files.Target, cells, 0) })
	}
	switch {
	case err != nil:
		return err
	case len(t.targets) != len(t.rows):
		reason := fmt.Sprintf("%d rows, but %s has %d: they must be the same rows in the same order", len(t.targets), files.Features.Name(), len(t.rows))
		return &dataio.Error{File: files.Target.Name(), Reason: reason}
	}
	t.Labels = learner.Spelled(t.Labels)
	return nil
}

// addTarget adds the target of a row.
func (t *Table) addTarget(s *dataio.Source, cells [][]byte, at int) error {
	if s.IsMissing(cells[at]) {
		return fault(s, at, "the row has no target: want a label or a number")
	}
	t.targets = append(t.targets, record(s, cells, []int{at}))
	t.targetAt = append(t.targetAt, place{s.Name(), s.Line()})
	t.Labels = append(t.Labels, learner.NewLabel(string(cells[at])))
	return nil
}

func fault(s *dataio.Source, at int, reason string) error {
	return &dataio.Error{File: s.Name(), Line: s.Line(), Field: at + 1, Column: s.Columns()[at], Reason: reason}
}

// begin finds the columns.
func (r *reader) begin(files *dataio.Written) error {
	columns := files.Features.Columns()
	fail := func(format string, args ...any) error {
		return &dataio.Error{File: files.Features.Name(), Reason: fmt.Sprintf(format, args...)}
	}
	places, names := map[string]int{}, []string{}
	for j, name := range columns {
		if j != files.At {
			places[name] = j
			names = append(names, name)
		}
	}
	r.at = -1
	if r.group != "" {
		j, ok := places[r.group]
		if !ok {
			return fail("there is no column %q to group by%s", r.group, suggest.Hint(r.group, names))
		}
		r.at, r.table.Group = j, r.group
		names = slices.DeleteFunc(names, func(name string) bool { return name == r.group })
	}
	if r.order == nil {
		r.order = names
	}
	var header [][]byte
	for _, name := range r.order {
		j, ok := places[name]
		if !ok {
			return fail("there is no column %q, which the first worker has: all need the same columns", name)
		}
		r.take = append(r.take, j)
		header = append(header, []byte(name))
	}
	if len(names) > len(r.order) {
		return fail("there are columns that the first worker does not have: all need the same")
	}
	r.table.header = join(header)
	target := files.Target
	if target == nil {
		r.table.target = join([][]byte{[]byte(columns[files.At])})
	} else {
		r.table.target = join([][]byte{[]byte(target.Columns()[0])})
	}
	return nil
}

// pollRows is how many rows are read between two checks of the context.
const pollRows = 1 << 12

// each gives the rows of a file to take.
func each(ctx context.Context, s *dataio.Source, take func(cells [][]byte) error) error {
	poll := learner.NewPoll(ctx, pollRows)
	for {
		if err := poll.Work(1); err != nil {
			return err
		}
		cells, err := s.Next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err == nil {
			err = take(cells)
		}
		if err != nil {
			return err
		}
	}
}

// record writes the cells at these places as a record of a CSV file, missing ones as empty ones.
func record(s *dataio.Source, cells [][]byte, places []int) []byte {
	taken := make([][]byte, len(places))
	for n, j := range places {
		if !s.IsMissing(cells[j]) {
			taken[n] = cells[j]
		}
	}
	return join(taken)
}

// join writes fields as a record of a CSV file.
func join(fields [][]byte) []byte {
	var out []byte
	for n, field := range fields {
		if n > 0 {
			out = append(out, ',')
		}
		if len(field) == 0 && len(fields) == 1 || bytes.ContainsAny(field, ",\"\r\n") {
			out = append(out, '"')
			out = append(out, bytes.ReplaceAll(field, []byte{'"'}, []byte(`""`))...)
			out = append(out, '"')
			continue
		}
		out = append(out, field...)
	}
	return out
}

// Write writes some of the rows of tables, one after another, into a folder, as two files of these names.
func Write(dir, features, target string, tables []*Table, rows [][]int) error {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	x, y := lines(tables[0].header), lines(tables[0].target)
	for i, t := range tables {
		for _, r := range rows[i] {
			x, y = append(append(x, t.rows[r]...), '\n'), append(append(y, t.targets[r]...), '\n')
		}
	}
	return errors.Join(os.WriteFile(filepath.Join(dir, features), x, 0o600), os.WriteFile(filepath.Join(dir, target), y, 0o600))
}

func lines(header []byte) []byte { return append(bytes.Clone(header), '\n') }
