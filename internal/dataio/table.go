package dataio

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"gonum.org/v1/gonum/mat"

	"github.com/gochimera/chimera/learner"
)

// The names of the training files in a worker's folder.
const (
	FeaturesFile = "X_train.csv"
	TargetFile   = "y_train.csv"
)

// Table is the content of a file of features and of a file of targets.
type Table struct {
	Features []string        // names of the columns of X, trimmed and in lower case
	X        *mat.Dense      // rows x features; NaN is a missing value
	Target   string          // name of y's column
	Y        []float64       // one per row: the target, or the index of the class in Classes
	Classes  []learner.Label // that occur, sorted by learner.SortLabels; nil for regression
}

// ReadTraining reads X_train.csv and y_train.csv of a folder. An error is an
// *Error, or ctx's.
func ReadTraining(ctx context.Context, dir string, task learner.Task) (*Table, error) {
	return ReadTable(ctx, filepath.Join(dir, FeaturesFile), filepath.Join(dir, TargetFile), task)
}

// ReadTable reads a file of features and the file of their targets, row by row
// the same. An error is an *Error, or ctx's.
func ReadTable(ctx context.Context, featuresPath, targetPath string, task learner.Task) (*Table, error) {
	t := &Table{}
	if err := t.readFeatures(ctx, featuresPath); err != nil {
		return nil, err
	}
	headless, err := t.readTarget(ctx, targetPath, task)
	if err != nil {
		return nil, err
	}
	if rows, _ := t.X.Dims(); rows != len(t.Y) {
		e := &Error{File: targetPath, Reason: fmt.Sprintf("%d rows, but %s has %d: they must be the same rows in the same order", len(t.Y), featuresPath, rows)}
		if rows == len(t.Y)+1 && headless {
			e.Reason += fmt.Sprintf("; is the header missing? Its first line is %q", t.Target)
		}
		return nil, e
	}
	return t, nil
}

// ReadFeatures reads a file of features without targets, for rows to predict
// for. An error is an *Error, or ctx's.
func ReadFeatures(ctx context.Context, path string) (columns []string, x *mat.Dense, err error) {
	var t Table
	if err := t.readFeatures(ctx, path); err != nil {
		return nil, nil, err
	}
	return t.Features, t.X, nil
}

func (t *Table) readFeatures(ctx context.Context, path string) error {
	f, err := open(path, "the features, one column each")
	if err != nil {
		return err
	}
	defer func() { _ = f.Close() }() // only read
	var size int64
	if info, err := f.Stat(); err == nil {
		size = info.Size()
	}
	r, err := NewReader(f, path)
	if err != nil {
		return err
	}
	cells, err := r.appendRows(ctx, nil, -1, size)
	if err != nil {
		return err
	}
	if len(cells) == 0 {
		return noRows(path)
	}
	t.Features = r.columns
	t.X = mat.NewDense(len(cells)/len(r.columns), len(r.columns), cells)
	return nil
}

// readTarget also reports whether the header looks like a first row, as if the
// file had none.
func (t *Table) readTarget(ctx context.Context, path string, task learner.Task) (headless bool, err error) {
	f, err := open(path, "the target, one column")
	if err != nil {
		return false, err
	}
	defer func() { _ = f.Close() }() // only read
	r, err := NewTargetReader(f, path)
	if err != nil {
		return false, err
	}
	t.Target = r.Name()
	if task == learner.Classification {
		if t.Y, err = r.readIndices(ctx, -1); err == nil {
			err = t.setClasses(r)
		}
	} else {
		t.Y, err = r.ReadNumbers(ctx, -1)
	}
	if errors.Is(err, io.EOF) {
		return false, noRows(path)
	}
	_, numeric := learner.Label(t.Target).Whole()
	_, known := r.byText[t.Target]
	return numeric || known, err
}

// setClasses sorts the labels that were read and renumbers the rows to match.
func (t *Table) setClasses(r *TargetReader) error {
	if err := r.checkDiscrete(); err != nil {
		return err
	}
	labels := make([]learner.Label, len(r.labels))
	for k, s := range r.labels {
		labels[k] = s.label
	}
	labels = learner.Spelled(labels)
	t.Classes = learner.SortLabels(slices.Clone(labels))
	index := make(map[learner.Label]float64, len(t.Classes))
	for c, label := range t.Classes {
		index[label] = float64(c)
	}
	rank := make([]float64, len(labels))
	for k, label := range labels {
		rank[k] = index[label]
	}
	for i, k := range t.Y {
		t.Y[i] = rank[int(k)]
	}
	return nil
}

// Dataset is the table as a learner takes it, sharing X. The global row ids are
// the rows' places in the file, from 0. For a classification, classes is the
// list that Y shall index, in case other workers have further ones; nil is the
// table's own. A class of the table that is not in the list is an error.
func (t *Table) Dataset(classes []learner.Label) (learner.Dataset, error) {
	d := learner.Dataset{Schema: learner.Schema{Features: t.Features, Classes: t.Classes}, X: t.X, Y: t.Y}
	if classes == nil || t.Classes == nil {
		return d, nil
	}
	index := make(map[learner.Label]float64, len(classes))
	for c, label := range classes {
		index[label] = float64(c)
	}
	rank := make([]float64, len(t.Classes))
	for c, label := range t.Classes {
		k, ok := index[label]
		if at := learner.IndexLabel(classes, label); !ok && at >= 0 {
			k, ok = float64(at), true
		}
		if !ok {
			return learner.Dataset{}, fmt.Errorf("class %q of the training data is not one of the %d classes to learn", label, len(classes))
		}
		rank[c] = k
	}
	d.Classes = classes
	d.Y = make([]float64, len(t.Y))
	for i, c := range t.Y {
		d.Y[i] = rank[int(c)]
	}
	return d, nil
}

// open opens a file; content says what it should hold.
func open(path, content string) (*os.File, error) {
	f, err := os.Open(path)
	if err == nil {
		return f, nil
	}
	var pathErr *fs.PathError // its own text repeats the path
	if errors.As(err, &pathErr) {
		err = pathErr.Err
	}
	e := &Error{File: path, Reason: "cannot open", Err: err}
	if errors.Is(err, fs.ErrNotExist) {
		e.Reason = "this file should hold " + content + ", under a header"
	}
	return nil, e
}

func noRows(path string) error {
	return &Error{File: path, Reason: "the file has a header and no rows"}
}
