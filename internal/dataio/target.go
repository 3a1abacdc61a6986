package dataio

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"unicode/utf8"

	"github.com/gochimera/chimera/internal/cell"
	"github.com/gochimera/chimera/learner"
	"github.com/gochimera/chimera/learner/numeric"
)

// TargetReader reads targets: a header of one column, then one label or
// number per row. It is not for use by several goroutines at once.
type TargetReader struct {
	records *Records
	name    string

	labels  []seenLabel
	byText  map[string]int // index into labels, by the text in the file
	byLabel map[learner.Label]int
}

// seenLabel is a distinct label and the line where it was first seen.
type seenLabel struct {
	label learner.Label
	line  int
}

// NewTargetReader reads the header. name is the file's name in errors, which
// are of type *Error.
func NewTargetReader(in io.Reader, name string) (*TargetReader, error) {
	records, err := NewRecords(in, name)
	if err != nil {
		return nil, err
	}
	columns, err := readHeader(records)
	if err != nil {
		return nil, err
	}
	if len(columns) != 1 {
		return nil, &Error{File: name, Line: 1, Reason: fmt.Sprintf("expected one column, the target, found %d", len(columns))}
	}
	return &TargetReader{records: records, name: columns[0], byText: map[string]int{}, byLabel: map[learner.Label]int{}}, nil
}

// Name is the target column's name, trimmed and in lower case.
func (r *TargetReader) Name() string { return r.name }

// ReadNumbers reads up to rows targets of a regression, all that are left if
// rows is negative. All are finite. The error is io.EOF if none is left; ctx's
// error if it has ended; else an *Error.
func (r *TargetReader) ReadNumbers(ctx context.Context, rows int) ([]float64, error) {
	var out []float64
	err := r.each(ctx, rows, func(text []byte) error {
		if len(text) == 0 {
			return r.fail("the target is missing")
		}
		v, n := cell.Number(text)
		if n != len(text) || !numeric.IsFinite(v) {
			var ok bool
			if v, ok = cell.Value(text); ok && math.IsNaN(v) {
				return r.fail("the target is missing (%s)", quote(text))
			} else if !ok || math.IsInf(v, 0) {
				return r.fail("%s", notANumber(text, ok))
			}
		}
		out = append(out, v)
		return nil
	})
	return out, err
}

// ReadLabels reads up to rows labels of a classification, all that are left if
// rows is negative. The error is io.EOF if none is left; ctx's error if it has
// ended; else an *Error.
func (r *TargetReader) ReadLabels(ctx context.Context, rows int) ([]learner.Label, error) {
	indices, err := r.readIndices(ctx, rows)
	if err != nil {
		return nil, err
	}
	out := make([]learner.Label, len(indices))
	for i, k := range indices {
		out[i] = r.labels[int(k)].label
	}
	return out, nil
}

// readIndices is ReadLabels, each label being its index in r.labels.
func (r *TargetReader) readIndices(ctx context.Context, rows int) ([]float64, error) {
	var out []float64
	err := r.each(ctx, rows, func(text []byte) error {
		k, known := r.byText[string(text)]
		if !known {
			var err error
			if k, err = r.addLabel(text); err != nil {
				return err
			}
		}
		out = append(out, float64(k))
		return nil
	})
	return out, err
}

// addLabel gives a text that was not seen before its label's index.
func (r *TargetReader) addLabel(text []byte) (int, error) {
	switch {
	case len(text) == 0:
		return 0, r.fail("the label is missing")
	case string(text) == "NaN" || string(text) == "nan":
		return 0, r.fail("the label is missing (%s)", quote(text))
	case !utf8.Valid(text):
		return 0, r.fail("the label is not UTF-8: save the file as UTF-8")
	}
	label := learner.NewLabel(string(text))
	k, known := r.byLabel[label]
	if !known {
		k = len(r.labels)
		r.labels = append(r.labels, seenLabel{label, r.records.Line()})
		r.byLabel[label] = k
	}
	r.byText[string(text)] = k
	return k, nil
}

// each calls take with the text of each of up to rows cells, blanks around it
// removed.
func (r *TargetReader) each(ctx context.Context, rows int, take func(text []byte) error) error {
	poll := learner.NewPoll(ctx, pollCells)
	for n := 0; n != rows; n++ {
		if err := poll.Work(1); err != nil {
			return err
		}
		text, err := r.records.Next()
		if errors.Is(err, io.EOF) && n > 0 {
			return nil
		}
		if err != nil {
			return err
		}
		if r.records.current.quoted || bytes.IndexByte(text, ',') >= 0 {
			fields, err := r.records.Fields()
			if err != nil {
				return err
			}
			if len(fields) != 1 {
				return &Error{File: r.records.name, Line: r.records.Line(), Reason: fmt.Sprintf("the row has %d fields, expected 1", len(fields))}
			}
			text = fields[0]
		}
		if err := take(bytes.TrimSpace(text)); err != nil {
			return err
		}
	}
	return nil
}

// checkDiscrete refuses labels that are all numbers, and not all of them whole:
// such a target is a quantity, and a classifier would make a class of every
// distinct value.
func (r *TargetReader) checkDiscrete() error {
	var odd *seenLabel
	for i, s := range r.labels {
		whole, number := s.label.Whole()
		if !number {
			return nil
		}
		if odd == nil && !whole {
			odd = &r.labels[i]
		}
	}
	if odd == nil {
		return nil
	}
	return &Error{
		File: r.records.name, Line: odd.line, Field: 1, Column: r.name,
		Reason: fmt.Sprintf("the target looks continuous: %s is no whole number, so it is no class. Use a regressor, or give the classes names", odd.label),
	}
}

func (r *TargetReader) fail(format string, args ...any) error {
	return &Error{File: r.records.name, Line: r.records.Line(), Field: 1, Column: r.name, Reason: fmt.Sprintf(format, args...)}
}
