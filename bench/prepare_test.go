package bench_test

import (
	"context"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/gochimera/chimera/bench/shapes"
	"github.com/gochimera/chimera/internal/dataio"
	"github.com/gochimera/chimera/learner"
	"github.com/gochimera/chimera/prepare"
	"github.com/gochimera/chimera/prepare/table"
)

// prepareRows summarises rows, agrees on what they say and transforms them.
func prepareRows(ctx context.Context, q prepare.Question, rows table.Rows) error {
	s, err := prepare.Summarise(ctx, q, rows, nil)
	if err != nil {
		return err
	}
	p, err := prepare.Agree(q, []*prepare.Summary{s})
	if err != nil {
		return err
	}
	_, err = p.Transform(ctx, rows)
	return err
}

// mixedCSV is a data set as a CSV file in which three columns are words, and a cell in twenty is missing.
func mixedCSV(d learner.Dataset) []byte {
	words := []string{"never", "rarely", "sometimes", "often", "always"}
	b := []byte(strings.Join(d.Features, ","))
	for i := range d.Len() {
		for j, v := range d.X.RawRowView(i) {
			b = append(b, "\n,"[min(j, 1)])
			switch {
			case (i+j)%20 == 0:
				b = append(b, '?')
			case j%7 == 0:
				b = append(b, words[int(v)%len(words)]...)
			default:
				b = strconv.AppendFloat(b, v, 'f', -1, 64)
			}
		}
	}
	return append(b, '\n')
}

// BenchmarkPrepare prepares rows beside reading them from their file: with missing cells filled by the mean and
// all columns scaled, and with quantiles instead. The words of the mixed file get features of their own.
func BenchmarkPrepare(b *testing.B) {
	for _, shape := range []struct {
		name    string
		content func() []byte
	}{
		{"diabetes", func() []byte { return writeCSV(shapes.Diabetes(1)) }},
		{"mixed", func() []byte { return mixedCSV(shapes.Diabetes(1)) }},
		{"heart", func() []byte { return writeCSV(shapes.Heart(1)) }},
	} {
		path := filepath.Join(b.TempDir(), "X.csv")
		if err := os.WriteFile(path, shape.content(), 0o600); err != nil {
			b.Fatal(err)
		}
		read := func() (*dataio.Table, error) { return dataio.ReadFeatures(b.Context(), path, dataio.Options{}) }
		t, err := read()
		if err != nil {
			b.Fatal(err)
		}
		for _, way := range []struct {
			name     string
			settings prepare.Settings
		}{{"moments", prepare.Settings{}}, {"quantiles", prepare.Settings{Impute: prepare.Median, Scale: prepare.Robust}}} {
			b.Run(shape.name+"/"+way.name, func(b *testing.B) {
				q := prepare.Question{Columns: t.Columns, Settings: way.settings, Needs: prepare.Needs{Complete: true, Scale: true}}
				for j, name := range t.Columns {
					if !t.IsNumeric(j) {
						q.Texts = append(q.Texts, name)
					}
				}
				compare(b, "reading",
					func() error { return prepareRows(b.Context(), q, t.Rows) },
					func() error { _, err := read(); return err })
			})
		}
	}
}
