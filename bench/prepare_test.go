package bench_test

import (
	"context"
	"os"
	"path/filepath"
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

// BenchmarkPrepare prepares rows beside reading them from their file: with missing cells filled by the mean and
// all columns scaled, and with quantiles instead.
func BenchmarkPrepare(b *testing.B) {
	for _, shape := range []struct {
		name string
		data func(seed uint64) learner.Dataset
	}{{"diabetes", shapes.Diabetes}, {"heart", shapes.Heart}} {
		d := shape.data(1)
		path := filepath.Join(b.TempDir(), "X.csv")
		if err := os.WriteFile(path, writeCSV(d), 0o600); err != nil {
			b.Fatal(err)
		}
		rows := table.Rows{Columns: d.Features, X: d.X}
		for _, way := range []struct {
			name     string
			settings prepare.Settings
		}{{"moments", prepare.Settings{}}, {"quantiles", prepare.Settings{Impute: prepare.Median, Scale: prepare.Robust}}} {
			b.Run(shape.name+"/"+way.name, func(b *testing.B) {
				q := prepare.Question{Columns: d.Features, Settings: way.settings, Needs: prepare.Needs{Complete: true, Scale: true}}
				compare(b, "reading",
					func() error { return prepareRows(b.Context(), q, rows) },
					func() error { _, _, err := dataio.ReadFeatures(b.Context(), path); return err })
			})
		}
	}
}
