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

// targets collects the targets of rows.
type targets struct {
	source *Source
	name   string // of the column
	field  int    // which column it is, from 1

	y       []float64 // the target, or the index in labels
	labels  []seenLabel
	byText  map[string]int // index into labels, by the text in the file
	byLabel map[learner.Label]int
}

// seenLabel is a distinct label and the line where it was first seen.
type seenLabel struct {
	label learner.Label
	line  int
}

func newTargets(s *Source, column int) *targets {
	return &targets{source: s, name: s.rows.columns()[column], field: column + 1, byText: map[string]int{}, byLabel: map[learner.Label]int{}}
}

// add reads the target of the current row.
func (r *targets) add(text []byte, task learner.Task) error {
	text = bytes.TrimSpace(text)
	if task == learner.Classification {
		return r.addLabel(text)
	}
	return r.addNumber(text)
}

func (r *targets) addNumber(text []byte) error {
	v, n := cell.Number(text)
	if n == 0 || n != len(text) || !numeric.IsFinite(v) || r.source.missing.HasNumbers() {
		if r.source.IsMissing(text) {
			return r.missing("target", text)
		}
		var ok bool
		if v, ok = cell.Float(text); !ok {
			return r.fail("expected a number, found %s", quote(text))
		} else if math.IsInf(v, 0) {
			return r.fail("expected a finite number, found %s", quote(text))
		}
	}
	r.y = append(r.y, v)
	return nil
}

// addLabel adds the index of the label that is written so.
func (r *targets) addLabel(text []byte) error {
	k, known := r.byText[string(text)]
	if !known {
		var err error
		if k, err = r.newLabel(text); err != nil {
			return err
		}
	}
	r.y = append(r.y, float64(k))
	return nil
}

// newLabel gives a text that was not seen before its label's index.
func (r *targets) newLabel(text []byte) (int, error) {
	switch {
	case r.source.IsMissing(text):
		return 0, r.missing("label", text)
	case !utf8.Valid(text):
		return 0, r.fail("the label is not UTF-8: %s", saveAsUTF8)
	}
	label := learner.NewLabel(string(text))
	k, known := r.byLabel[label]
	if !known {
		k = len(r.labels)
		r.labels = append(r.labels, seenLabel{label, r.source.Line()})
		r.byLabel[label] = k
	}
	r.byText[string(text)] = k
	return k, nil
}

// missing is the error about a row without a target.
func (r *targets) missing(what string, text []byte) error {
	if len(text) == 0 {
		return r.fail("the %s is missing: remove the row, or fill it in", what)
	}
	return r.fail("the %s is missing (%s): remove the row, or fill it in; if it is a value like others, say what stands for missing ones: "+
		"missing, in section data of chimera.yaml", what, quote(text))
}

// checkDiscrete refuses labels that are all numbers, and not all of them whole:
// such a target is a quantity, and a classifier would make a class of every
// distinct value.
func (r *targets) checkDiscrete() error {
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
		File: r.source.name, Line: odd.line, Field: r.field, Column: r.name,
		Reason: fmt.Sprintf("the target looks continuous: %s is no whole number, so it is no class. Use a regressor, or give the classes names", odd.label),
	}
}

func (r *targets) fail(format string, args ...any) error {
	return &Error{File: r.source.name, Line: r.source.Line(), Field: r.field, Column: r.name, Reason: fmt.Sprintf(format, args...)}
}

// TargetReader reads targets: a file of one column, one label or
// number per row. It is not for use by several goroutines at once.
type TargetReader struct{ targets }

// NewTargetReader reads the header of a CSV file. name is the file's name in errors, which
// are of type *Error.
func NewTargetReader(in io.Reader, name string, o Options) (*TargetReader, error) {
	s, err := newSource(in, name, o, true)
	if err != nil {
		return nil, err
	}
	return newTargetReader(s)
}

func newTargetReader(s *Source) (*TargetReader, error) {
	if columns := s.rows.columns(); len(columns) != 1 {
		return nil, &Error{File: s.name, Line: 1, Reason: fmt.Sprintf("expected one column, the target, found %d", len(columns))}
	}
	return &TargetReader{*newTargets(s, 0)}, nil
}

// Name is the target column's name, trimmed and in lower case.
func (r *TargetReader) Name() string { return r.name }

// ReadNumbers reads up to rows targets of a regression, all that are left if
// rows is negative. All are finite. The error is io.EOF if none is left; ctx's
// error if it has ended; else an *Error.
func (r *TargetReader) ReadNumbers(ctx context.Context, rows int) ([]float64, error) {
	r.y = nil
	err := r.read(ctx, rows, learner.Regression)
	return r.y, err
}

// ReadLabels reads up to rows labels of a classification, all that are left if
// rows is negative. The error is io.EOF if none is left; ctx's error if it has
// ended; else an *Error.
func (r *TargetReader) ReadLabels(ctx context.Context, rows int) ([]learner.Label, error) {
	r.y = r.y[:0]
	if err := r.read(ctx, rows, learner.Classification); err != nil {
		return nil, err
	}
	out := make([]learner.Label, len(r.y))
	for i, k := range r.y {
		out[i] = r.labels[int(k)].label
	}
	return out, nil
}

// read adds the targets of up to rows rows.
func (r *TargetReader) read(ctx context.Context, rows int, task learner.Task) error {
	poll := learner.NewPoll(ctx, pollCells)
	for n := 0; n != rows; n++ {
		if err := poll.Work(1); err != nil {
			return err
		}
		fields, err := r.source.Next()
		if errors.Is(err, io.EOF) && n > 0 {
			return nil
		}
		if err != nil {
			return err
		}
		if err := r.add(fields[0], task); err != nil {
			return err
		}
	}
	return nil
}
