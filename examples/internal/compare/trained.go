package compare

import (
	"context"
	"fmt"
	"io"
	"path/filepath"
	"text/tabwriter"
	"time"

	"github.com/gochimera/chimera/client"
	"github.com/gochimera/chimera/internal/dataio"
	"github.com/gochimera/chimera/learner"
)

// Trained is a model that a master has trained, with its score on held-out
// rows.
type Trained struct {
	Fit   *client.FitResult
	Score *client.Score
	test  *dataio.Table
}

// Train fits at the master and scores on test_data in the project's folder.
func Train(ctx context.Context, master *client.Client, dir string, task learner.Task) (*Trained, error) {
	fit, err := fitted(ctx, master)
	if err != nil {
		return nil, err
	}
	test, err := dataio.ReadTable(ctx, filepath.Join(dir, "test_data", "X_test.csv"), filepath.Join(dir, "test_data", "y_test.csv"), task, dataio.Options{})
	if err != nil {
		return nil, err
	}
	score, err := master.Score(ctx, test.Columns, test.X, truth(test))
	if err != nil {
		return nil, err
	}
	return &Trained{Fit: fit, Score: score, test: test}, nil
}

// Value is the score by which the task is judged: accuracy, or R2.
func (t *Trained) Value() float64 {
	_, v := nameAndValue(t.Score)
	return v
}

// Alone trains one learner in this process on all rows of the workers of the
// project in dir, scores it on the held-out rows of t, and says how long the
// training took.
func (t *Trained) Alone(ctx context.Context, dir string, single Single) (score float64, took time.Duration, err error) {
	return single.score(ctx, dir, t.Score, t.test)
}

// PrintTrained trains, prints a table (the baseline, one learner on all rows in
// this process, the trained model, and what each worker did), and has the loss of
// each step drawn into loss.svg in the project's folder, unless draw is nil.
func PrintTrained(ctx context.Context, out io.Writer, master *client.Client, dir string, single Single, draw func(file string, t *Trained) error) error {
	t, err := Train(ctx, master, dir, single.Task)
	if err != nil {
		return err
	}
	alone, _, err := single.score(ctx, dir, t.Score, t.test)
	if err != nil {
		return err
	}
	name, trained := nameAndValue(t.Score)
	tr := t.Fit.Training
	loss := ""
	if n := len(tr.Loss); n > 0 {
		loss = fmt.Sprintf(", mean loss %.4g to %.4g", tr.Loss[0], tr.Loss[n-1])
	}
	_, _ = fmt.Fprintf(out, "\nTrained on %d rows of %d workers: %d steps in %s (stopped by %s)%s.\n%s on %d held-out rows:\n\n",
		t.Fit.Rows, len(t.Fit.Workers), tr.Steps, seconds(t.Fit.Seconds), tr.Stopped, loss, name, t.Score.Rows)
	table := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	_, _ = fmt.Fprintf(table, "  baseline (majority or mean)\t%.4f\n", t.Score.Baseline)
	_, _ = fmt.Fprintf(table, "  one %s on all rows, by its own Fit\t%.4f\n", single.Learner, alone)
	_, _ = fmt.Fprintf(table, "  the trained model\t%.4f\n\n", trained)
	if t.Fit.Pipeline != nil {
		printStages(table, t.Fit)
	} else {
		printShards(table, t.Fit)
	}
	if err := table.Flush(); err != nil {
		return fmt.Errorf("printing the table: %w", err)
	}
	if draw != nil {
		if err := draw(filepath.Join(dir, "loss.svg"), t); err != nil {
			return err
		}
		_, _ = fmt.Fprint(out, "\nThe loss of each step is drawn in loss.svg.\n")
	}
	_, _ = fmt.Fprintf(out, "\nServing at %s until Ctrl-C.\n", master.URL())
	return nil
}

// printShards prints what workers did that have a share of the rows each.
func printShards(table io.Writer, fit *client.FitResult) {
	_, _ = fmt.Fprintf(table, "  worker\trows\tcomputing\ton the wire\twaiting\tbytes down, up\n")
	for _, w := range fit.Workers {
		_, _ = fmt.Fprintf(table, "  %s\t%d\t%s\t%s\t%s\t%d, %d\n", w.Worker, w.Rows, seconds(w.Seconds), seconds(w.Wire), seconds(w.Waiting), w.Sent, w.Received)
	}
}

// printStages prints what workers did that have a share of the layers each.
func printStages(table io.Writer, fit *client.FitResult) {
	p := fit.Pipeline
	_, _ = fmt.Fprintf(table, "  worker\tlayers\tparameters\tcomputing\twaiting\tbytes sent\n")
	for _, w := range fit.Workers {
		_, _ = fmt.Fprintf(table, "  %s\t%d\t%d of %d\t%s\t%s\t%d\n", w.Worker, w.Layers, w.Parameters, p.Parameters, seconds(w.Seconds), seconds(w.Waiting), w.Sent)
	}
	_, _ = fmt.Fprintf(table, "\n  idle\t%.1f %% of the steps; with equal stages and nothing on the way, %.1f %%\n", 100*p.Bubble, 100*p.BubbleTheory)
}

// seconds are seconds for people.
func seconds(s float64) time.Duration {
	return time.Duration(s * float64(time.Second)).Round(10 * time.Microsecond)
}
