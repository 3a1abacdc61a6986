package cli

import (
	"fmt"
	"os"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/gochimera/chimera/client"
	"github.com/gochimera/chimera/cmd/chimera/internal/scoreplots"
	"github.com/gochimera/chimera/learner"
	"github.com/gochimera/chimera/metrics"
	"github.com/gochimera/chimera/prepare/table"
)

// plotsFlags say where the plots of a score go, and how they are made.
type plotsFlags struct {
	dir, binning string
	bins         int
}

func (f *plotsFlags) add(cmd *cobra.Command) {
	cmd.Flags().StringVar(&f.dir, "plots", "", "draw what is behind the numbers into this `folder`, as SVG")
	cmd.Flags().IntVar(&f.bins, "bins", 10, "with --plots: how `many` bins the calibration has")
	cmd.Flags().StringVar(&f.binning, "binning", string(metrics.Uniform), "with --plots: bins of one width (`uniform`) or of about as many rows each (quantile)")
	complete(cmd, "binning", string(metrics.Uniform), string(metrics.Quantile))
}

// check refuses flags before anything is read.
func (f *plotsFlags) check() error {
	const most = 1000
	if f.bins < 1 || f.bins > most {
		return usageErrorf("--bins: want 1 to %d, got %d", most, f.bins)
	}
	if known := []string{string(metrics.Uniform), string(metrics.Quantile)}; !slices.Contains(known, f.binning) {
		return usageErrorf("--binning: want %s, got %q", strings.Join(known, " or "), f.binning)
	}
	if info, err := os.Stat(f.dir); f.dir != "" && err == nil && !info.IsDir() {
		return inputError{fmt.Errorf("--plots: %s is a file; name a folder", f.dir)}
	}
	return nil
}

// write asks for the predictions behind a score, and draws them.
func (f *plotsFlags) write(cmd *cobra.Command, c *client.Client, s *client.Score, rows table.Rows, truth []learner.Label) error {
	p, err := c.PredictTable(cmd.Context(), rows)
	if err != nil {
		return err
	}
	report, err := scoreplots.NewReport(s, p, truth, scoreplots.Options{Bins: f.bins, Binning: metrics.Binning(f.binning)})
	if err != nil {
		return err
	}
	names, err := report.Write(f.dir)
	if err != nil {
		return inputError{err}
	}
	warnAll(cmd, report.Notes)
	note(cmd, "%s: %s", f.dir, strings.Join(names, ", "))
	return nil
}
