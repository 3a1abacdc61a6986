// Package compare prints how an ensemble does on held-out rows beside what it
// should beat: the baseline, each of its members, and one learner by itself.
package compare

import (
	"context"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"text/tabwriter"
	"time"

	"gonum.org/v1/gonum/mat"

	"github.com/gochimera/chimera/api"
	"github.com/gochimera/chimera/client"
	"github.com/gochimera/chimera/config"
	"github.com/gochimera/chimera/internal/dataio"
	"github.com/gochimera/chimera/learner"
	"github.com/gochimera/chimera/metrics"
	"github.com/gochimera/chimera/registry"
)

// Single is the learner to compare with: one, trained in this process on all
// the workers' rows.
type Single struct {
	Learner string // a registered name
	Params  string // as JSON; empty for the defaults
	Task    learner.Task
}

// Print fits the ensemble at the master, scores it on test_data in the
// project's folder, and prints a table: the baseline, the workers' models one
// by one, one learner on all rows, the ensemble.
func Print(ctx context.Context, out io.Writer, master *client.Client, dir string, single Single) error {
	fit, err := fitted(ctx, master)
	if err != nil {
		return err
	}
	test, err := dataio.ReadTable(ctx, filepath.Join(dir, "test_data", "X_test.csv"), filepath.Join(dir, "test_data", "y_test.csv"), single.Task, dataio.Options{})
	if err != nil {
		return err
	}
	score, err := master.Score(ctx, test.Columns, test.X, truth(test))
	if err != nil {
		return err
	}
	alone, _, err := single.score(ctx, dir, score, test)
	if err != nil {
		return err
	}
	name, ensemble := nameAndValue(score)
	_, _ = fmt.Fprintf(out, "\nFitted %d workers on %d rows in %s. %s on %d held-out rows:\n\n",
		len(fit.Workers), fit.Rows, time.Duration(fit.Seconds*float64(time.Second)).Round(100*time.Microsecond), name, score.Rows)
	table := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	_, _ = fmt.Fprintf(table, "  baseline (majority or mean)\t%.4f\n", score.Baseline)
	for _, m := range score.Members {
		_, _ = fmt.Fprintf(table, "  one %s on the rows of %s\t%.4f\n", single.Learner, m.Worker, m.Score)
	}
	_, _ = fmt.Fprintf(table, "  one %s on all rows\t%.4f\n", single.Learner, alone)
	_, _ = fmt.Fprintf(table, "  the ensemble of %d\t%.4f\n", len(score.Members), ensemble)
	if err := table.Flush(); err != nil {
		return fmt.Errorf("printing the table: %w", err)
	}
	for _, f := range score.Failures {
		_, _ = fmt.Fprintf(out, "  without %s\n", f)
	}
	_, _ = fmt.Fprintf(out, "\nServing at %s until Ctrl-C.\n", master.URL())
	return nil
}

// fitted fits at the master. If somebody has just asked for a fit, with the
// curl line that is printed, that one is waited for.
func fitted(ctx context.Context, master *client.Client) (*client.FitResult, error) {
	fit, err := master.Fit(ctx)
	var p *client.Problem
	if errors.As(err, &p) && p.Code == api.CodeFitRunning {
		return master.WaitFit(ctx, p.FitID)
	}
	return fit, err
}

// nameAndValue is the score by which the task is judged.
func nameAndValue(s *client.Score) (string, float64) {
	if s.Classification != nil {
		return "Accuracy", s.Classification.Accuracy
	}
	return "R2", s.Regression.R2
}

// score trains the single learner on all rows of the workers and scores it. It
// also says how long the training took.
func (s Single) score(ctx context.Context, dir string, ensemble *client.Score, test *dataio.Table) (score float64, took time.Duration, err error) {
	train, err := allRows(ctx, dir, s.Task, test.Classes)
	if err != nil {
		return 0, 0, err
	}
	est, err := registry.New(s.Learner, []byte(s.Params), learner.Env{Seed: 1, Procs: 1})
	if err != nil {
		return 0, 0, err
	}
	start := time.Now()
	if err := est.Fit(ctx, train); err != nil {
		return 0, 0, fmt.Errorf("%s on all rows: %w", s.Learner, err)
	}
	took = time.Since(start)
	predicted, err := est.Predict(ctx, test.X)
	if err != nil {
		return 0, 0, fmt.Errorf("%s on all rows: %w", s.Learner, err)
	}
	if ensemble.Classification == nil {
		return metrics.R2(test.Y, predicted, nil), took, nil
	}
	y, err := test.Dataset(train.Classes)
	if err != nil {
		return 0, 0, err
	}
	return metrics.Accuracy(y.Y, predicted, nil), took, nil
}

// allRows puts the rows of all the project's workers together.
func allRows(ctx context.Context, dir string, task learner.Task, classes []learner.Label) (learner.Dataset, error) {
	cfg, err := config.Load(config.Options{Dir: dir, Catalogue: registry.Default})
	if err != nil {
		return learner.Dataset{}, err
	}
	var tables []*dataio.Table
	rows := 0
	for i := range cfg.Workers {
		t, err := dataio.ReadTraining(ctx, cfg.DataFolder(i), task, cfg.Reading())
		if err != nil {
			return learner.Dataset{}, err
		}
		tables = append(tables, t)
		rows += len(t.Y)
		classes = learner.MergeLabels(classes, t.Classes)
	}
	if task == learner.Regression {
		classes = nil
	}
	all := learner.Dataset{Schema: learner.Schema{Features: tables[0].Columns, Classes: classes}, X: mat.NewDense(rows, len(tables[0].Columns), nil)}
	at := 0
	for _, t := range tables {
		if !slices.Equal(t.Columns, all.Features) {
			return all, fmt.Errorf("the workers' columns are in different orders: %v and %v", all.Features, t.Columns)
		}
		d, err := t.Dataset(classes)
		if err != nil {
			return all, err
		}
		n := len(t.Y)
		all.X.Slice(at, at+n, 0, len(t.Columns)).(*mat.Dense).Copy(t.X)
		all.Y = append(all.Y, d.Y...)
		at += n
	}
	return all, nil
}

// truth is the test rows' targets as labels.
func truth(t *dataio.Table) []learner.Label {
	labels := make([]learner.Label, len(t.Y))
	for i, y := range t.Y {
		if t.Classes != nil {
			labels[i] = t.Classes[int(y)]
			continue
		}
		labels[i] = learner.NumberLabel(y)
	}
	return labels
}
