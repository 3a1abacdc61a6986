// Package testdata gives tests the fixed splits of five well-known small sets,
// so that every learner is scored on the same rows as the published figures.
//
// It is for tests only. It imports learner, gonum and the standard library.
// Sources and licences are in sklearn/README.md.
package testdata

import (
	"embed"
	"encoding/csv"
	"fmt"
	"slices"
	"strconv"
	"testing"

	"gonum.org/v1/gonum/mat"

	"github.com/gochimera/chimera/learner"
)

//go:embed sklearn/*/*.csv
var files embed.FS

// tasks lists the sets and what they are for.
var tasks = map[string]learner.Task{
	"iris":          learner.Classification,
	"wine":          learner.Classification,
	"breast_cancer": learner.Classification,
	"digits":        learner.Classification,
	"diabetes":      learner.Regression,
}

// names lists the sets, sorted.
func names() []string {
	names := make([]string, 0, len(tasks))
	for name := range tasks {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// Load reads the training and the test part of one set: iris, wine,
// breast_cancer, digits (classification) or diabetes (regression). Both parts
// share one schema. It ends the test if the set cannot be read. Every call
// returns data of its own, which the caller may change.
func Load(tb testing.TB, name string) (train, test learner.Dataset) {
	tb.Helper()
	train, test, err := load(name)
	if err != nil {
		tb.Fatalf("test set %q: %v", name, err)
	}
	return train, test
}

func load(name string) (train, test learner.Dataset, err error) {
	task, ok := tasks[name]
	if !ok {
		return train, test, fmt.Errorf("there is no such set; have %v", names())
	}
	parts := []struct {
		name string
		into *learner.Dataset
		y    []string
	}{{name: "train", into: &train}, {name: "test", into: &test}}
	var labels []learner.Label
	for i := range parts {
		p := &parts[i]
		header, rows, err := read(name, "X_"+p.name)
		if err != nil {
			return train, test, err
		}
		if p.into.X, err = matrix(rows, len(header)); err != nil {
			return train, test, fmt.Errorf("part X_%s: %w", p.name, err)
		}
		p.into.Features = slices.Clone(header)
		_, targets, err := read(name, "y_"+p.name)
		if err != nil {
			return train, test, err
		}
		if len(targets) != len(rows) {
			return train, test, fmt.Errorf("part X_%s has %d rows, y_%s has %d", p.name, len(rows), p.name, len(targets))
		}
		for _, t := range targets {
			p.y = append(p.y, t[0])
			labels = append(labels, learner.NewLabel(t[0]))
		}
	}
	if task == learner.Classification {
		labels = learner.SortLabels(labels)
	} else {
		labels = nil
	}
	for _, p := range parts {
		p.into.Classes = slices.Clone(labels)
		if p.into.Y, err = targets(p.y, labels); err != nil {
			return train, test, fmt.Errorf("part y_%s: %w", p.name, err)
		}
	}
	return train, test, nil
}

// read returns the header and the rows of one file; every row is as long as
// the header.
func read(set, part string) (header []string, rows [][]string, err error) {
	f, err := files.Open("sklearn/" + set + "/" + part + ".csv")
	if err != nil {
		return nil, nil, err
	}
	records, err := csv.NewReader(f).ReadAll()
	if closeErr := f.Close(); err == nil {
		err = closeErr
	}
	if err != nil {
		return nil, nil, fmt.Errorf("%s: %w", part, err)
	}
	if len(records) < 2 {
		return nil, nil, fmt.Errorf("%s has no rows", part)
	}
	return records[0], records[1:], nil
}

func matrix(rows [][]string, cols int) (*mat.Dense, error) {
	x := mat.NewDense(len(rows), cols, nil)
	for i, row := range rows {
		into := x.RawRowView(i)
		for j, cell := range row {
			v, err := strconv.ParseFloat(cell, 64)
			if err != nil {
				return nil, fmt.Errorf("row %d, column %d: %w", i, j, err)
			}
			into[j] = v
		}
	}
	return x, nil
}

// targets turns the cells into class indices, or into numbers if there are no
// labels.
func targets(cells []string, labels []learner.Label) ([]float64, error) {
	y := make([]float64, len(cells))
	for i, cell := range cells {
		if labels != nil {
			y[i] = float64(slices.Index(labels, learner.NewLabel(cell)))
			continue
		}
		v, err := strconv.ParseFloat(cell, 64)
		if err != nil {
			return nil, fmt.Errorf("row %d: %w", i, err)
		}
		y[i] = v
	}
	return y, nil
}
