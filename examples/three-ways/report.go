package main

import (
	"context"
	"fmt"
	"io"
	"path/filepath"
	"text/tabwriter"
	"time"

	"github.com/gochimera/chimera/examples/internal/compare"
	"github.com/gochimera/chimera/examples/internal/draw"
	"github.com/gochimera/chimera/learner"
)

// alone is the same network in one process: as many epochs, and as many rows a
// step as the workers' together.
var alone = compare.Single{
	Learner: "mlp-classifier", Task: learner.Classification,
	Params: `{"hidden_layer_sizes": [64, 32], "batch_size": 114, "max_iter": 40, "n_iter_no_change": 40}`,
}

// report prints what each way gave and cost, and draws the losses.
func report(ctx context.Context, out io.Writer, dir string, ways []*way, url string) error {
	score, took, err := ways[0].gave.Alone(ctx, filepath.Join(dir, ways[0].folder), alone)
	if err != nil {
		return err
	}
	table := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	_, _ = fmt.Fprintf(table, "\n  \tfit\tbytes to workers\tbytes from workers\twaiting\taccuracy on %d held-out rows\n", ways[0].gave.Score.Rows)
	_, _ = fmt.Fprintf(table, "  one process, all rows\t%s\t-\t-\t-\t%.4f\n", seconds(took.Seconds()), score)
	var curves []draw.Curve
	for _, w := range ways {
		var sent, received int64
		var waiting float64
		for _, f := range w.gave.Fit.Workers {
			sent, received, waiting = sent+f.Sent, received+f.Received, waiting+f.Waiting
		}
		_, _ = fmt.Fprintf(table, "  %s\t%s\t%d\t%d\t%s\t%.4f\n", w.folder, seconds(w.gave.Fit.Seconds), sent, received, seconds(waiting), w.gave.Value())
		curves = append(curves, draw.Curve{Name: w.folder, Of: w.gave})
	}
	if err := table.Flush(); err != nil {
		return fmt.Errorf("printing the table: %w", err)
	}
	if err := draw.Losses(filepath.Join(dir, "loss.svg"), "seconds", at, curves...); err != nil {
		return err
	}
	_, _ = fmt.Fprintf(out, "\nThe loss against the time is drawn in loss.svg.\n\nServing at %s until Ctrl-C.\n", url)
	return nil
}

// at is when a step was done, or the whole fit for -1.
func at(t *compare.Trained, step int) float64 {
	if step < 0 {
		return t.Fit.Seconds
	}
	return t.Fit.Training.Seconds[step]
}

// seconds are seconds for people.
func seconds(s float64) time.Duration {
	return time.Duration(s * float64(time.Second)).Round(100 * time.Microsecond)
}
