package split

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"slices"

	"github.com/gochimera/chimera/internal/dataio"
	"github.com/gochimera/chimera/learner"
)

// maxClasses is how many different labels a target may have to count as
// classes. A target with more is taken as a quantity.
const maxClasses = 256

// census is what the first pass finds in the target.
type census struct {
	rows    int
	task    learner.Task
	classes []learner.Label       // sorted; nil for regression
	counts  []int                 // rows of each class
	index   map[learner.Label]int // of classes, by a label as it is written
}

// count reads both files once: every row must have as many fields as the
// header, no target may be missing, and both files must have as many rows.
func count(ctx context.Context, features, target string) (*census, error) {
	rows, err := countFeatures(ctx, features)
	if err != nil {
		return nil, err
	}
	c, err := countTargets(ctx, target)
	if err != nil {
		return nil, err
	}
	switch {
	case c.rows != rows:
		return nil, &dataio.Error{File: target, Reason: fmt.Sprintf("%d rows, but %s has %d: they must be the same rows in the same order", c.rows, features, rows)}
	case rows == 0:
		return nil, &dataio.Error{File: features, Reason: "the file has a header and no rows"}
	}
	return c, nil
}

func countFeatures(ctx context.Context, path string) (int, error) {
	f, err := open(path)
	if err != nil {
		return 0, err
	}
	defer func() { _ = f.Close() }()                     // only read
	if _, err := dataio.NewReader(f, path); err != nil { // it checks the header
		return 0, err
	}
	rows := 0
	err = each(ctx, path, func([]byte) error {
		rows++
		return nil
	})
	return rows, err
}

func countTargets(ctx context.Context, path string) (*census, error) {
	f, err := open(path)
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }() // only read
	if _, err := dataio.NewTargetReader(f, path, dataio.Options{Delimiter: ",", Header: dataio.HeaderYes}); err != nil {
		return nil, err
	}
	c := &census{task: learner.Classification}
	seen, labels := map[learner.Label]int{}, labelCache{}
	err = each(ctx, path, func(text []byte) error {
		c.rows++
		if c.task == learner.Regression {
			return nil
		}
		l := labels.of(text)
		seen[l]++
		if whole, number := l.Whole(); len(seen) > maxClasses || number && !whole {
			c.task = learner.Regression
		}
		return nil
	})
	if err != nil || c.task == learner.Regression {
		return c, err
	}
	written := slices.Collect(maps.Keys(seen))
	spelled := learner.Spelled(written)
	c.classes = learner.SortLabels(slices.Clone(spelled))
	c.counts, c.index = make([]int, len(c.classes)), make(map[learner.Label]int, len(written))
	for i, l := range written {
		k := slices.Index(c.classes, spelled[i])
		c.index[l] = k
		c.counts[k] += seen[l]
	}
	return c, nil
}

// labelCache keeps the labels of the texts seen: to bring a number to its
// shortest form takes long.
type labelCache map[string]learner.Label

func (c labelCache) of(text []byte) learner.Label {
	l, ok := c[string(text)]
	if !ok {
		l = learner.NewLabel(string(text))
		if len(c) <= maxClasses {
			c[string(text)] = l
		}
	}
	return l
}

// open opens a file; a missing one is a *dataio.Error.
func open(path string) (*os.File, error) {
	f, err := os.Open(path)
	if err != nil {
		var p *os.PathError // its text repeats the path
		if errors.As(err, &p) {
			err = p.Err
		}
		return nil, &dataio.Error{File: path, Reason: "cannot open", Err: err}
	}
	return f, nil
}

// pollRows is how many rows are read between two checks of the context.
const pollRows = 1 << 12

// each calls take with the first field of every row.
func each(ctx context.Context, path string, take func(first []byte) error) error {
	t, err := openTable(path)
	if err != nil {
		return err
	}
	defer t.close()
	poll := learner.NewPoll(ctx, pollRows)
	for {
		if err := poll.Work(1); err != nil {
			return err
		}
		_, fields, err := t.next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		if err := take(fields[0]); err != nil {
			return err
		}
	}
}

// table reads the rows of a file as they are written.
type table struct {
	path    string
	file    *os.File
	records *dataio.Records
	header  []byte
	width   int
}

// openTable reads the header.
func openTable(path string) (*table, error) {
	f, err := open(path)
	if err != nil {
		return nil, err
	}
	t := &table{path: path, file: f}
	if t.records, err = dataio.NewRecords(f, path); err == nil {
		err = t.readHeader()
	}
	if err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return t, nil
}

func (t *table) readHeader() error {
	text, err := t.records.Next()
	if err != nil {
		return err
	}
	fields, err := t.records.Fields()
	t.header, t.width = bytes.Clone(text), len(fields)
	return err
}

func (t *table) close() { _ = t.file.Close() } // only read

// next is the next row's text and fields, valid until the next call. Every row
// has as many fields as the header. The error is io.EOF at the end.
func (t *table) next() (text []byte, fields [][]byte, err error) {
	if text, err = t.records.Next(); err != nil {
		return nil, nil, err
	}
	if len(text) == 0 {
		return nil, nil, &dataio.Error{File: t.path, Line: t.records.Line(), Reason: "a blank line between rows: remove it"}
	}
	if fields, err = t.records.Fields(); err != nil {
		return nil, nil, err
	}
	if len(fields) != t.width {
		return nil, nil, &dataio.Error{
			File: t.path, Line: t.records.Line(), Reason: fmt.Sprintf("the row has %d fields, expected %d, one per column of the header", len(fields), t.width),
		}
	}
	return text, fields, nil
}
