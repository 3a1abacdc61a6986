package dataio

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"slices"

	"github.com/gochimera/chimera/learner"
	"github.com/gochimera/chimera/prepare/table"
)

// Table is training data: rows of features with their targets.
type Table struct {
	table.Rows                 // the features; a column's name is trimmed and in lower case
	Target     string          // name of y's column; empty if there is none
	Y          []float64       // one per row: the target, or the index of the class in Classes; nil if rows were read without their targets
	Classes    []learner.Label // that occur, sorted by learner.SortLabels; nil for regression

	file  string  // of the features
	texts []place // the first text in each column
}

// ReadTraining reads the training data in a folder: one file that has the target among its columns (train.csv), if
// o.Target is set, or the pair of X_train.csv and y_train.csv. For a task without targets they need not be there: the file
// may be without that column, the pair without its second file, and what is there is left out. An error is an *Error, or
// ctx's.
func ReadTraining(ctx context.Context, dir string, task learner.Task, o Options) (*Table, error) {
	if !task.Supervised() {
		return readUntargeted(ctx, dir, o)
	}
	files, err := findTraining(dir, o)
	if err != nil {
		return nil, err
	}
	if files.target == "" {
		return ReadFile(ctx, files.features, task, o)
	}
	return ReadTable(ctx, files.features, files.target, task, o)
}

// readUntargeted reads the training data in a folder without targets.
func readUntargeted(ctx context.Context, dir string, o Options) (*Table, error) {
	found := o
	if found.Target == "" {
		found.Target = "none" // so that one file is taken as it is
	}
	files, err := findTraining(dir, found)
	if err != nil {
		return nil, err
	}
	if o.Target == "" || files.target != "" {
		return ReadFeatures(ctx, files.features, o)
	}
	s, err := openAs(files.features, "the features, one column each", o, false)
	if err != nil {
		return nil, err
	}
	t := &Table{file: files.features}
	at, err := s.find(o.Target)
	if err == nil {
		_, err = t.readFeatures(ctx, s, at, learner.Clustering)
	}
	if err := errors.Join(err, s.Close()); err != nil {
		return nil, err
	}
	return t, nil
}

// ReadFile reads one file that has the target, o.Target, among its columns. An error is an *Error, or ctx's.
func ReadFile(ctx context.Context, path string, task learner.Task, o Options) (_ *Table, err error) {
	t := &Table{file: path}
	y, err := t.readWhole(ctx, path, task, o)
	if err != nil {
		return nil, err
	}
	return t, t.setTargets(y, task)
}

// ReadLabelled reads one file that has the target, o.Target, among its columns, and returns the target of each row as a
// label, whether it is a class or a number. An error is an *Error, or ctx's.
func ReadLabelled(ctx context.Context, path string, o Options) (table.Rows, []learner.Label, error) {
	t := &Table{file: path}
	y, err := t.readWhole(ctx, path, learner.Classification, o)
	if err != nil {
		return table.Rows{}, nil, err
	}
	labels := make([]learner.Label, len(y.y))
	for i, k := range y.y {
		labels[i] = y.labels[int(k)].label
	}
	return t.Rows, labels, nil
}

// ReadLabelledPair reads a file of features and the file of their targets, row by row the same, and returns the target of each row as
// ReadLabelled does. The file of the targets is read by targets. An error is an *Error, or ctx's.
func ReadLabelledPair(ctx context.Context, featuresPath, targetPath string, o, targets Options) (_ table.Rows, _ []learner.Label, err error) {
	t := &Table{file: featuresPath}
	s, err := openAs(featuresPath, "the features, one column each", o, true)
	if err != nil {
		return table.Rows{}, nil, err
	}
	_, err = t.readFeatures(ctx, s, -1, "")
	if err := errors.Join(err, s.Close()); err != nil {
		return table.Rows{}, nil, err
	}
	y, err := OpenTargets(targetPath, targets, s)
	if err != nil {
		return table.Rows{}, nil, err
	}
	defer func() { err = errors.Join(err, y.Close()) }()
	r, err := newTargetReader(y)
	if err != nil {
		return table.Rows{}, nil, err
	}
	labels, err := r.ReadLabels(ctx, -1)
	if err != nil && !errors.Is(err, io.EOF) {
		return table.Rows{}, nil, err
	}
	if n := t.Len(); n != len(labels) {
		return table.Rows{}, nil, otherRows(targetPath, len(labels), featuresPath, n)
	}
	return t.Rows, labels, nil
}

// otherRows is the error about files that have not the same rows.
func otherRows(target string, targets int, features string, rows int) *Error {
	return &Error{File: target, Reason: fmt.Sprintf("%d rows, but %s has %d: they must be the same rows in the same order", targets, features, rows)}
}

// readWhole reads one file that has the target among its columns.
func (t *Table) readWhole(ctx context.Context, path string, task learner.Task, o Options) (_ *targets, err error) {
	if o.Target == "" {
		return nil, &Error{File: path, Reason: "which column is the target? Set target to its name or position"}
	}
	s, err := openAs(path, "the features and the target", o, false)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	at, err := s.find(o.Target)
	if err != nil {
		return nil, err
	}
	return t.readFeatures(ctx, s, at, task)
}

// ReadTable reads a file of features and the file of their targets, row by row
// the same. An error is an *Error, or ctx's.
func ReadTable(ctx context.Context, featuresPath, targetPath string, task learner.Task, o Options) (*Table, error) {
	t := &Table{file: featuresPath}
	s, err := openAs(featuresPath, "the features, one column each", o, true)
	if err != nil {
		return nil, err
	}
	_, err = t.readFeatures(ctx, s, -1, task)
	if err := errors.Join(err, s.Close()); err != nil {
		return nil, err
	}
	headless, err := t.readTarget(ctx, targetPath, task, o, s)
	if err != nil {
		return nil, err
	}
	if rows := t.Len(); rows != len(t.Y) {
		e := otherRows(targetPath, len(t.Y), featuresPath, rows)
		if rows == len(t.Y)+1 && headless {
			e.Reason += fmt.Sprintf("; is the header missing? Its first line is %q", t.Target)
		}
		return nil, e
	}
	return t, nil
}

// ReadFeatures reads a file of features without targets, for rows to predict
// for: Target, Y and Classes are empty. An error is an *Error, or ctx's.
func ReadFeatures(ctx context.Context, path string, o Options) (_ *Table, err error) {
	s, err := openAs(path, "the features, one column each", o, true)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	t := &Table{file: path}
	_, err = t.readFeatures(ctx, s, -1, "")
	return t, err
}

// ReadStart reads the first rows of the training data in a folder, at most so many (all of them if that is negative), without their targets:
// Target, Y and Classes are empty. An error is an *Error, or ctx's.
func ReadStart(ctx context.Context, dir string, rows int, o Options) (_ *Table, err error) {
	files, err := findTraining(dir, o)
	if err != nil {
		return nil, err
	}
	s, err := openAs(files.features, "the features, one column each", o, files.target != "")
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	columns, target := s.Columns(), -1
	if files.target == "" {
		if target, err = s.find(o.Target); err != nil {
			return nil, err
		}
		columns = slices.Delete(columns, target, target+1)
	}
	if len(columns) == 0 {
		return nil, &Error{File: s.name, Reason: "there are no features"}
	}
	c := newCells(s.name, columns, s.missing)
	if err := s.appendRows(ctx, c, rows, target, func([]byte) error { return nil }); err != nil {
		return nil, err
	}
	if c.rows == 0 {
		return nil, noRows(s.name)
	}
	t := &Table{file: files.features, texts: c.firstTexts()}
	t.Rows, err = c.take()
	return t, err
}

// CheckNumbers is an *Error about the first cell that is neither a number nor missing, if the table has one.
func (t *Table) CheckNumbers() error { return textError(t.file, t.Columns, t.texts) }

// textError is the error about the first text among those of all columns.
func textError(file string, columns []string, texts []place) error {
	first := -1
	for j, at := range texts {
		if at.line > 0 && (first < 0 || at.line < texts[first].line) {
			first = j
		}
	}
	if first < 0 {
		return nil
	}
	at := texts[first]
	return &Error{File: file, Line: at.line, Field: at.field, Column: columns[first], Reason: "expected a number, found " + at.text}
}

// readFeatures reads all rows. The column target, if it is not negative, is the target, and is returned.
func (t *Table) readFeatures(ctx context.Context, s *Source, target int, task learner.Task) (y *targets, err error) {
	columns := s.Columns()
	if target >= 0 {
		t.Target = columns[target]
		if columns = slices.Delete(columns, target, target+1); len(columns) == 0 {
			return nil, &Error{File: s.name, Reason: fmt.Sprintf("the only column, %q, is the target: there are no features", t.Target)}
		}
		y = newTargets(s, target)
	}
	c := newCells(s.name, columns, s.missing)
	add := func(text []byte) error { return y.add(text, task) }
	if !task.Supervised() {
		add = func([]byte) error { return nil }
	}
	if err := s.appendRows(ctx, c, -1, target, add); err != nil {
		return nil, err
	}
	if c.rows == 0 {
		return nil, noRows(s.name)
	}
	t.texts = c.firstTexts()
	t.Rows, err = c.take()
	return y, err
}

// readTarget also reports whether the header looks like a first row, as if the
// file had none.
func (t *Table) readTarget(ctx context.Context, path string, task learner.Task, o Options, features *Source) (headless bool, err error) {
	s, err := OpenTargets(path, o, features)
	if err != nil {
		return false, err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	r, err := newTargetReader(s)
	if err != nil {
		return false, err
	}
	t.Target = r.Name()
	if err := r.read(ctx, -1, task); errors.Is(err, io.EOF) {
		return false, noRows(path)
	} else if err != nil {
		return false, err
	}
	_, numeric := learner.Label(t.Target).Whole()
	_, known := r.byText[t.Target]
	return numeric || known, t.setTargets(&r.targets, task)
}

// setTargets takes over what was read.
func (t *Table) setTargets(y *targets, task learner.Task) error {
	t.Y = y.y
	if task != learner.Classification {
		return nil
	}
	return t.setClasses(y)
}

// setClasses sorts the labels that were read and renumbers the rows to match.
func (t *Table) setClasses(r *targets) error {
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
	d := learner.Dataset{Schema: learner.Schema{Features: t.Columns, Classes: t.Classes}, X: t.X, Y: t.Y}
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
