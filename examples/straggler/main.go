// Command straggler trains one model twice on three workers of which one is
// slow: waiting for it at every step, and going on by quorum.
package main

import (
	"context"
	"fmt"
	"io"
	"log"
	"os"
	"path/filepath"
	"text/tabwriter"

	"github.com/gochimera/chimera"
	"github.com/gochimera/chimera/examples/internal/compare"
	"github.com/gochimera/chimera/examples/internal/draw"
	"github.com/gochimera/chimera/learner"
	"github.com/gochimera/chimera/masters"
)

//go:generate go tool chimera generate

func main() {
	if err := run(context.Background(), os.Stdout); err != nil {
		log.Fatal(err)
	}
}

func run(ctx context.Context, out io.Writer) error {
	waiting, stop := context.WithCancel(ctx)
	defer stop()
	var waited *compare.Trained
	err := chimera.Run(masters.NewParameterServer(), 8080, chimera.WithContext(waiting), chimera.OnReady(func(ctx context.Context, up chimera.Up) (err error) {
		waited, err = compare.Train(ctx, up.Master, up.Dir, learner.Regression)
		stop() // the first run ends here
		return err
	}))
	if err != nil || waited == nil {
		return err
	}
	return chimera.Run(masters.NewParameterServer(), 8080,
		chimera.WithSetting("parameter_server.quorum", "2"), // of three
		chimera.WithSetting("endpoints.timeout", "0.4"),     // the slow worker takes 0.6 s
		chimera.WithContext(ctx), chimera.OnReady(func(ctx context.Context, up chimera.Up) error {
			quorum, err := compare.Train(ctx, up.Master, up.Dir, learner.Regression)
			if err != nil {
				return err
			}
			if err := report(out, waited, quorum); err != nil {
				return err
			}
			file := filepath.Join(up.Dir, "loss.svg")
			at := func(t *compare.Trained, step int) float64 { return t.Fit.Training.Seconds[step] }
			if err := draw.Losses(file, "seconds", at, draw.Curve{Name: "waits for the slow worker", Of: waited},
				draw.Curve{Name: "goes on by quorum", Of: quorum}); err != nil {
				return err
			}
			_, _ = fmt.Fprintf(out, "\nThe loss against the time is drawn in loss.svg.\n\nServing at %s until Ctrl-C.\n", up.Master.URL())
			return nil
		}))
}

// report prints what each way costs.
func report(out io.Writer, waited, quorum *compare.Trained) error {
	table := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	_, _ = fmt.Fprintln(table, "\n  \tseconds\tsteps without slow\tlast loss\tR2 on held-out rows")
	for _, one := range []draw.Curve{{Name: "waits for the slow worker", Of: waited}, {Name: "goes on by quorum", Of: quorum}} {
		tr := one.Of.Fit.Training
		_, _ = fmt.Fprintf(table, "  %s\t%.2f\t%d of %d\t%.1f\t%.4f\n", one.Name, one.Of.Fit.Seconds, len(tr.Missed), tr.Steps, tr.Loss[len(tr.Loss)-1],
			one.Of.Value())
	}
	return table.Flush()
}
