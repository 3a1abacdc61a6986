package datafile

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/gochimera/chimera/internal/cell"
	"github.com/gochimera/chimera/internal/dataio"
)

// Source says where a data set is and how it is written.
type Source struct {
	Features string // the file with all columns, or with the features
	Target   string // the file of the targets, row by row the same; "" if Options.Target names a column, or if there is none
	Drop     []string
	Group    string // the column whose value rows of one group share; it may be dropped besides
	// Options.Missing may have entries "COLUMN=MARKER" besides, for a marker that counts in one column; if it has no
	// others, the usual markers count too.
	Options dataio.Options
}

// Column is a column of a data set.
type Column struct {
	Name     string // trimmed and in lower case
	Written  string // as the file has it
	Position int    // in its file, from 1
}

// Reader reads the rows of a data set. What is wrong with one is noted, and the row passed over. It is not for
// use by several goroutines at once.
type Reader struct {
	source   Source
	rows     *dataio.Source
	targets  *dataio.Source // of a pair
	columns  []Column
	target   *Column
	at       int // of the target among the fields of rows; -1 if it is not among them
	group    int // of the group; -1 if there is none
	markers  []markers
	cells    []Cell
	marked   markers // of the target
	problems *Problems
	read     int // rows
	kinds    []kinds
	last     *dataio.Error
	ended    bool
}

// Row is a row of a data set. It is valid until the next one.
type Row struct {
	Place       Place  // of the features; Field is 0
	Cells       []Cell // one per column
	Target      Cell   // not missing, if there is a target
	TargetPlace Place
	Group       []byte // the text of the group's column, without blanks around it; nil if there is none
}

// Open opens the files and finds the columns. The error is a *dataio.Error.
func Open(s Source) (*Reader, error) {
	r := &Reader{source: s, at: -1, group: -1, problems: &Problems{}}
	if err := r.open(); err != nil {
		return nil, errors.Join(err, r.Close())
	}
	return r, nil
}

func (r *Reader) open() (err error) {
	o := r.source.Options
	o.Target = ""
	if len(o.Missing) > 0 {
		o.Missing = slices.DeleteFunc(slices.Clone(o.Missing), func(m string) bool { _, _, is := ofColumn(m); return is })
		if len(o.Missing) == 0 {
			o.Missing = nil // only columns have markers of their own, beside the usual ones
		}
	}
	if r.rows, err = r.openFeatures(o); err != nil {
		return err
	}
	if err := r.choose(); err != nil {
		return &dataio.Error{File: r.source.Features, Reason: err.Error()}
	}
	if err := r.mark(o.Missing); err != nil {
		return &dataio.Error{File: r.source.Features, Reason: err.Error()}
	}
	if r.source.Target == "" {
		return nil
	}
	if r.targets, err = dataio.OpenTargets(r.source.Target, o, r.rows); err != nil {
		return err
	}
	names := r.targets.Columns()
	if len(names) != 1 {
		return &dataio.Error{File: r.source.Target, Line: 1, Reason: fmt.Sprintf("expected one column, the target, found %d", len(names))}
	}
	r.target = &Column{Name: names[0], Written: r.targets.Written()[0], Position: 1}
	return nil
}

// openFeatures opens the file of the features. Where one of targets is beside it, a first line that may be a
// header is one, as those of the Python package are.
func (r *Reader) openFeatures(o dataio.Options) (*dataio.Source, error) {
	rows, err := dataio.Open(r.source.Features, o)
	if err == nil || r.source.Target == "" || o.Header != "" && o.Header != dataio.HeaderAuto {
		return rows, err
	}
	o.Header = dataio.HeaderYes
	if again, err := dataio.Open(r.source.Features, o); err == nil {
		return again, nil
	}
	return nil, err
}

// choose finds the target among the columns, and those that are left.
func (r *Reader) choose() error {
	names := r.rows.Columns()
	if want := r.source.Options.Target; want != "" && r.source.Target == "" {
		at, err := dataio.FindColumn(names, want)
		if err != nil {
			return fmt.Errorf("--target: %w", err)
		}
		r.at, r.target = at, &Column{names[at], r.rows.Written()[at], at + 1}
	}
	drop := map[int]bool{}
	for _, want := range r.source.Drop {
		at, err := dataio.FindColumn(names, want)
		if err != nil {
			return fmt.Errorf("--drop: %w", err)
		}
		if at == r.at {
			return fmt.Errorf("--drop: %s is the target", names[at])
		}
		drop[at] = true
	}
	written := r.rows.Written()
	for i, name := range names {
		if i != r.at && !drop[i] {
			r.columns = append(r.columns, Column{name, written[i], i + 1})
		}
	}
	if r.source.Group != "" {
		at, err := dataio.FindColumn(names, r.source.Group)
		if err != nil {
			return fmt.Errorf("--group: %w", err)
		}
		r.group = at
	}
	if len(r.columns) == 0 {
		return errors.New("no column is left to learn from")
	}
	return nil
}

// ofColumn parts "COLUMN=MARKER"; is is false for a marker of all columns, which = itself may be.
func ofColumn(m string) (column, marker string, is bool) {
	column, marker, is = strings.Cut(m, "=")
	return column, marker, is && strings.TrimSpace(column) != ""
}

// mark finds what stands for a missing value in each column.
func (r *Reader) mark(all []string) error {
	names := r.rows.Columns()
	own := make([][]string, len(names))
	for _, m := range r.source.Options.Missing {
		column, marker, is := ofColumn(m)
		if !is {
			continue
		}
		at, err := dataio.FindColumn(names, column)
		if err != nil {
			return fmt.Errorf("--missing %s: %w", m, err)
		}
		own[at] = append(own[at], marker)
	}
	usual := cell.NewMissing(all)
	of := func(at int) markers {
		if own[at] == nil {
			return markers{usual}
		}
		return markers{usual, cell.NewMissing(own[at])}
	}
	for _, c := range r.columns {
		r.markers = append(r.markers, of(c.Position-1))
	}
	if r.marked = (markers{usual}); r.at >= 0 {
		r.marked = of(r.at)
	}
	r.cells, r.kinds = make([]Cell, len(r.columns)), make([]kinds, len(r.columns))
	return nil
}

// Columns are the columns but the target and those that were dropped, in the file's order.
func (r *Reader) Columns() []Column { return r.columns }

// Target is the target's column, nil if there is none.
func (r *Reader) Target() *Column { return r.target }

// Format says how the file of the features is written.
func (r *Reader) Format() dataio.Format { return r.rows.Format() }

// Problems are what was wrong so far.
func (r *Reader) Problems() *Problems { return r.problems }

// Close closes the files.
func (r *Reader) Close() error {
	var errs []error
	for _, s := range []*dataio.Source{r.rows, r.targets} {
		if s != nil {
			errs = append(errs, s.Close())
		}
	}
	return errors.Join(errs...)
}

// Next returns the next row that is whole. The error is io.EOF at the end, which is also where nothing can be
// read any further: that is among the problems then.
func (r *Reader) Next() (Row, error) {
	for !r.ended {
		fields, first := r.take(r.rows)
		var targets [][]byte
		second := first
		if r.targets != nil {
			targets, second = r.take(r.targets)
			r.compare(first, second)
		}
		if first == over || second == over {
			r.ended = true
			r.noteInfinite()
			break
		}
		if r.read++; first == broken || second == broken {
			continue
		}
		if row, ok := r.row(fields, targets); ok {
			return row, nil
		}
	}
	return Row{}, io.EOF
}
