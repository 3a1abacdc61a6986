package compare

import (
	"context"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"text/tabwriter"
	"time"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/plotutil"
	"gonum.org/v1/plot/vg"

	"github.com/gochimera/chimera/client"
	"github.com/gochimera/chimera/internal/dataio"
	"github.com/gochimera/chimera/learner"
)

// Trained is a model that a parameter server has trained, with its score on
// held-out rows.
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
	test, err := dataio.ReadTable(ctx, filepath.Join(dir, "test_data", "X_test.csv"), filepath.Join(dir, "test_data", "y_test.csv"), task)
	if err != nil {
		return nil, err
	}
	score, err := master.Score(ctx, test.Features, test.X, truth(test))
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

// PrintTrained trains, prints a table (the baseline, one learner on all rows in
// this process, the trained model, and what each worker did), and draws the loss
// of each step into loss.svg in the project's folder.
func PrintTrained(ctx context.Context, out io.Writer, master *client.Client, dir string, single Single) error {
	t, err := Train(ctx, master, dir, single.Task)
	if err != nil {
		return err
	}
	alone, err := single.score(ctx, dir, t.Score, t.test)
	if err != nil {
		return err
	}
	name, trained := nameAndValue(t.Score)
	tr := t.Fit.Training
	_, _ = fmt.Fprintf(out, "\nTrained on %d rows of %d workers: %d steps in %s (stopped by %s), mean loss %.4g to %.4g.\n%s on %d held-out rows:\n\n",
		t.Fit.Rows, len(t.Fit.Workers), tr.Steps, seconds(t.Fit.Seconds), tr.Stopped, tr.Loss[0], tr.Loss[len(tr.Loss)-1], name, t.Score.Rows)
	table := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	_, _ = fmt.Fprintf(table, "  baseline (majority or mean)\t%.4f\n", t.Score.Baseline)
	_, _ = fmt.Fprintf(table, "  one %s on all rows, by its own Fit\t%.4f\n", single.Learner, alone)
	_, _ = fmt.Fprintf(table, "  the trained model\t%.4f\n\n", trained)
	_, _ = fmt.Fprintf(table, "  worker\trows\tcomputing\ton the wire\twaiting\tbytes down, up\n")
	for _, w := range t.Fit.Workers {
		_, _ = fmt.Fprintf(table, "  %s\t%d\t%s\t%s\t%s\t%d, %d\n", w.Worker, w.Rows, seconds(w.Seconds), seconds(w.Wire), seconds(w.Waiting), w.Sent, w.Received)
	}
	if err := table.Flush(); err != nil {
		return fmt.Errorf("printing the table: %w", err)
	}
	if err := Draw(filepath.Join(dir, "loss.svg"), "step", nil, Curve{"mean loss", t}); err != nil {
		return err
	}
	_, _ = fmt.Fprintf(out, "\nThe loss of each step is drawn in loss.svg.\n\nServing at %s until Ctrl-C.\n", master.URL())
	return nil
}

// Curve is a training to draw.
type Curve struct {
	Name string
	Of   *Trained
}

// Draw draws the loss of trainings, against at, or against the step if at is nil.
func Draw(file, axis string, at func(*Trained, int) float64, curves ...Curve) error {
	p := plot.New()
	p.X.Label.Text, p.Y.Label.Text = axis, "mean loss"
	p.Legend.Top = true
	positive := true
	for _, c := range curves {
		positive = positive && slices.Min(c.Of.Fit.Training.Loss) > 0
	}
	if positive {
		p.Y.Scale, p.Y.Tick.Marker = plot.LogScale{}, plot.LogTicks{Prec: -1}
	}
	for i, c := range curves {
		line := make(plotter.XYs, len(c.Of.Fit.Training.Loss))
		for step, loss := range c.Of.Fit.Training.Loss {
			line[step].X, line[step].Y = float64(step+1), loss
			if at != nil {
				line[step].X = at(c.Of, step)
			}
		}
		l, err := plotter.NewLine(line)
		if err != nil {
			return fmt.Errorf("drawing %s: %w", c.Name, err)
		}
		l.Color, l.Width = plotutil.Color(i), vg.Points(1.5)
		p.Add(l)
		p.Legend.Add(c.Name, l)
	}
	if err := p.Save(14*vg.Centimeter, 9*vg.Centimeter, file); err != nil {
		return fmt.Errorf("drawing %s: %w", file, err)
	}
	return nil
}

// seconds are seconds for people.
func seconds(s float64) time.Duration {
	return time.Duration(s * float64(time.Second)).Round(10 * time.Microsecond)
}
