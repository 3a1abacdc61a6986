package datafile

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"unicode/utf8"

	"github.com/gochimera/chimera/internal/dataio"
)

// state is how a file went on.
type state int

const (
	whole  state = iota // there is a row
	broken              // there is one that cannot be read
	over                // there is none
)

// take takes the next row of a file and notes what is wrong with it.
func (r *Reader) take(s *dataio.Source) ([][]byte, state) {
	fields, err := s.Next()
	if err == nil {
		return fields, whole
	}
	if errors.Is(err, io.EOF) {
		return nil, over
	}
	var e *dataio.Error
	if !errors.As(err, &e) {
		e = &dataio.Error{File: r.source.Features, Reason: "cannot read on", Err: err}
	}
	if last := r.last; last != nil && last.File == e.File && last.Line == e.Line && last.Reason == e.Reason {
		return nil, over // the reader does not get past it
	}
	r.last = e
	r.problems.Add("form of "+e.File, e)
	return nil, broken
}

// compare notes that one file of a pair has ended before the other.
func (r *Reader) compare(first, second state) {
	if (first == over) == (second == over) {
		return
	}
	longer, file, other := r.targets, r.source.Target, r.source.Features
	if second == over {
		longer, file, other = r.rows, r.source.Features, r.source.Target
	}
	n := r.read + 1
	for {
		_, s := r.take(longer)
		if s == over {
			break
		}
		n++
	}
	counts := [2]int{n, r.read}
	if longer == r.rows {
		file, other, counts = other, file, [2]int{r.read, n}
	}
	r.problems.Add("lengths", &dataio.Error{File: file,
		Reason: fmt.Sprintf("%d rows, but %s has %d: they must be the same rows in the same order", counts[0], other, counts[1])})
}

// row reads the cells of a row. It is not ok if one is such that no training can use the row.
func (r *Reader) row(fields, targets [][]byte) (row Row, ok bool) {
	row = Row{Place: Place{File: r.source.Features, Line: r.rows.Line()}, Cells: r.cells}
	ok = true
	for i, c := range r.columns {
		var finite bool
		row.Cells[i], finite = r.markers[i].read(fields[c.Position-1])
		if row.Cells[i].Kind != Text {
			continue
		}
		e := dataio.Error{File: row.Place.File, Line: row.Place.Line, Field: c.Position, Column: c.Name}
		switch {
		case !finite:
			e.Reason = "expected a finite number, found " + quote(row.Cells[i].Text)
			r.kinds[i].infinite.Add("", &e)
		case !utf8.Valid(row.Cells[i].Text):
			ok, e.Reason = false, "the cell is not UTF-8: save the file as UTF-8"
			r.problems.Add("encoding", &e)
		default:
			r.kinds[i].texts = true
		}
	}
	if r.group >= 0 {
		row.Group = bytes.TrimSpace(fields[r.group])
	}
	if r.target == nil {
		return row, ok
	}
	row.TargetPlace = Place{row.Place.File, row.Place.Line, r.target.Position}
	var field []byte
	if r.targets == nil {
		field = fields[r.at]
	} else {
		field, row.TargetPlace.File, row.TargetPlace.Line = targets[0], r.source.Target, r.targets.Line()
	}
	e := dataio.Error{File: row.TargetPlace.File, Line: row.TargetPlace.Line, Field: r.target.Position, Column: r.target.Name}
	var finite bool
	row.Target, finite = r.marked.read(field)
	switch {
	case row.Target.Kind == Missing && len(row.Target.Text) == 0:
		ok, e.Reason = false, "the target is missing: remove the row, or fill it in"
		r.problems.Add("target", &e)
	case row.Target.Kind == Missing:
		ok, e.Reason = false, fmt.Sprintf("the target is missing (%s): remove the row, or fill it in", quote(row.Target.Text))
		r.problems.Add("target", &e)
	case !finite:
		ok, e.Reason = false, "expected a finite number, found "+quote(row.Target.Text)
		r.problems.Add("infinite", &e)
	case !utf8.Valid(row.Target.Text):
		ok, e.Reason = false, "the target is not UTF-8: save the file as UTF-8"
		r.problems.Add("encoding", &e)
	}
	return row, ok
}

// kinds are what was found in a column: words such as inf are texts among texts, and wrong among numbers.
type kinds struct {
	texts    bool
	infinite Problems
}

// noteInfinite notes the infinite numbers of columns that hold no texts.
func (r *Reader) noteInfinite() {
	for i := range r.kinds {
		if k := &r.kinds[i]; !k.texts {
			for _, e := range k.infinite.List {
				r.problems.Add("infinite", e)
			}
			r.problems.Hidden += k.infinite.Hidden
		}
	}
}

// quote shows the beginning of a cell.
func quote(text []byte) string {
	const most = 40
	if s := []rune(string(text)); len(s) > most {
		return fmt.Sprintf("%q...", string(s[:most]))
	}
	return fmt.Sprintf("%q", text)
}
