package cli

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/gochimera/chimera/cmd/chimera/internal/times"
	"github.com/gochimera/chimera/internal/dataio"
)

// timeLog is the log that a project's program keeps.
const timeLog = "chimera_time.log"

func newTimes() *cobra.Command {
	var picture string
	cmd := &cobra.Command{
		Use:   "times [FILE]",
		Short: "Sum up how long requests and calls to workers took",
		Long: `times sums up the project's chimera_time.log, or the log that is named, by
endpoint: calls, mean, median, 95th percentile and maximum, in seconds. The logs
of the Python package have the same form.

With --plot it also draws histograms, one panel per endpoint with the calls to all
nodes together, on one axis of time: black is the median, red the 95th percentile.`,
		Example: `  chimera times
  chimera times --plot latencies.svg
  chimera times examples/bagging/chimera_time.log --json`,
		Args: cobra.MaximumNArgs(1),
	}
	asJSON := addJSON(cmd)
	cmd.Flags().StringVar(&picture, "plot", "", "draw histograms into this `file`, whose name ends in ."+strings.Join(times.Formats(), ", ."))
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		format := strings.TrimPrefix(strings.ToLower(filepath.Ext(picture)), ".")
		if picture != "" && !slices.Contains(times.Formats(), format) {
			return usageErrorf("--plot: want a name that ends in .%s, got %q", strings.Join(times.Formats(), ", ."), picture)
		}
		var file string
		if len(args) == 1 {
			file = args[0]
		} else {
			dir, err := findProject(cmd)
			if err != nil {
				return err
			}
			file = filepath.Join(dir, timeLog)
		}
		f, err := os.Open(file)
		if err != nil {
			return &dataio.Error{File: file, Reason: "cannot open", Err: unwrapPath(err)}
		}
		defer func() { _ = f.Close() }() // only read
		log, err := times.Read(f)
		if err != nil {
			return inputError{fmt.Errorf("%s: %w", file, err)}
		}
		if picture != "" {
			err := writeFile("--plot", picture, func(out io.Writer) error {
				if err := log.Plot(out, format); err != nil {
					return fmt.Errorf("%s: %w", file, err)
				}
				return nil
			})
			if err != nil {
				return err
			}
		}
		if *asJSON {
			return printJSON(cmd.OutOrStdout(), log.Rows())
		}
		return times.Write(cmd.OutOrStdout(), log.Rows())
	}
	return cmd
}
