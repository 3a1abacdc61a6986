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

	header, target []byte // CSV records
	rows, targets  [][]byte
}

// Rows is how many rows there are.
func (t *Table) Rows() int { return len(t.rows) }

// OneSet reports whether several workers all have the same rows, in the same order.
func OneSet(tables []*Table) bool {
	first := tables[0]
	return len(tables) > 1 && !slices.ContainsFunc(tables[1:], func(t *Table) bool {
		same := bytes.Equal(t.header, first.header) && slices.Equal(t.Groups, first.Groups)
		return !same || !slices.EqualFunc(t.rows, first.rows, bytes.Equal) || !slices.EqualFunc(t.targets, first.targets, bytes.Equal)
	})
}

// Read reads the training data of all workers, which may have their columns in any order: rows are brought into the first
// worker's. If group names a column, it becomes Groups and is no feature. dirs are the workers' folders. An error is a
// *dataio.Error, or ctx's.
func Read(ctx context.Context, workers, dirs []string, group string) ([]*Table, error) {
	tables := make([]*Table, len(workers))
	var order []string // the features, as the first worker has them
	for i, dir := range dirs {
		r := &reader{table: &Table{Worker: workers[i]}, group: cell.Name(group), order: order}
		if err := r.read(ctx, filepath.Join(dir, dataio.FeaturesFile), filepath.Join(dir, dataio.TargetFile)); err != nil {
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

	columns int   // of the file
	take    []int // places of the features, in order
	at      int   // place of the group; -1 without one
}

func (r *reader) read(ctx context.Context, features, target string) error {
	t := r.table
	err := each(ctx, features, func(line int, fields [][]byte) error {
		at := &dataio.Error{File: features, Line: line}
		switch {
		case t.header == nil:
			return r.begin(fields, at)
		case len(fields) != r.columns:
			at.Reason = fmt.Sprintf("the row has %d fields, expected %d, one per column of the header", len(fields), r.columns)
			return at
		case r.at >= 0:
			group := bytes.TrimSpace(fields[r.at])
			if len(group) == 0 {
				at.Field, at.Column, at.Reason = r.at+1, r.group, "the row has no group: every row needs one"
				return at
			}
			t.Groups = append(t.Groups, string(group))
		}
		t.rows = append(t.rows, record(fields, r.take))
		return nil
	})
	if err != nil {
		return err
	}
	err = each(ctx, target, func(line int, fields [][]byte) error {
		switch {
		case t.target == nil:
			t.target = record(fields, []int{0})
			return nil
		case len(fields) != 1 || len(bytes.TrimSpace(fields[0])) == 0:
			return &dataio.Error{File: target, Line: line, Reason: "want one label or number"}
		}
		t.targets = append(t.targets, record(fields, []int{0}))
		t.Labels = append(t.Labels, learner.NewLabel(string(fields[0])))
		return nil
	})
	switch {
	case err != nil:
		return err
	case len(t.targets) != len(t.rows):
		reason := fmt.Sprintf("%d rows, but %s has %d: they must be the same rows in the same order", len(t.targets), features, len(t.rows))
		return &dataio.Error{File: target, Reason: reason}
	}
	t.Labels = learner.Spelled(t.Labels)
	return nil
}

// begin reads the header.
func (r *reader) begin(fields [][]byte, at *dataio.Error) error {
	places, names := map[string]int{}, []string{}
	for j, field := range fields {
		name := cell.Name(string(field))
		places[name] = j
		names = append(names, name)
	}
	r.columns, r.at = len(fields), -1
	if r.group != "" {
		j, ok := places[r.group]
		if !ok {
			at.Reason = fmt.Sprintf("there is no column %q to group by%s", r.group, suggest.Hint(r.group, names))
			return at
		}
		r.at = j
		names = slices.Delete(names, j, j+1)
	}
	if r.order == nil {
		r.order = names
	}
	for _, name := range r.order {
		j, ok := places[name]
		if !ok {
			at.Reason = fmt.Sprintf("there is no column %q, which the first worker has: all need the same columns", name)
			return at
		}
		r.take = append(r.take, j)
	}
	if len(names) > len(r.order) {
		at.Reason = "there are columns that the first worker does not have: all need the same"
		return at
	}
	r.table.header = record(fields, r.take)
	return nil
}

// pollRows is how many rows are read between two checks of the context.
const pollRows = 1 << 12

// each gives the records of a CSV file to take, the header first.
func each(ctx context.Context, path string, take func(line int, fields [][]byte) error) error {
	f, err := os.Open(path)
	if err != nil {
		var p *os.PathError
		if errors.As(err, &p) {
			err = p.Err
		}
		return &dataio.Error{File: path, Reason: "cannot open", Err: err}
	}
	defer func() { _ = f.Close() }() // only read
	records, err := dataio.NewRecords(f, path)
	if err != nil {
		return err
	}
	poll := learner.NewPoll(ctx, pollRows)
	for n := 0; ; n++ {
		if err := poll.Work(1); err != nil {
			return err
		}
		if _, err := records.Next(); errors.Is(err, io.EOF) {
			if n == 0 {
				return &dataio.Error{File: path, Reason: "the file is empty"}
			}
			return nil
		} else if err != nil {
			return err
		}
		fields, err := records.Fields()
		if err != nil {
			return err
		}
		if err := take(records.Line(), fields); err != nil {
			return err
		}
	}
}

// record writes the fields at these places as a record of a CSV file.
func record(fields [][]byte, places []int) []byte {
	var out []byte
	for n, j := range places {
		if n > 0 {
			out = append(out, ',')
		}
		field := fields[j]
		if len(field) == 0 && len(places) == 1 || bytes.ContainsAny(field, ",\"\r\n") {
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
