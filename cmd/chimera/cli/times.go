package cli

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/gochimera/chimera/cmd/chimera/internal/times"
	"github.com/gochimera/chimera/internal/dataio"
)

// The logs that a project's program keeps: of lines as the Python package's, and of objects.
const (
	timeLog   = "chimera_time.log"
	timeCalls = "chimera_time.jsonl"
)

func newTimes() *cobra.Command {
	var picture, only string
	cmd := &cobra.Command{
		Use:   "times [FILE | A B]",
		Short: "Sum up how long requests and calls to workers took",
		Long: `times sums up how long calls took, by worker and path: calls, mean, median, 95th
percentile and maximum, in seconds. It reads the project's chimera_time.jsonl, which says
who was asked and for which fit, or else its chimera_time.log, which has addresses
instead; or the FILE that is named. The logs of the Python package have the form of the latter.

With --run it is only the calls of that fit. With A and B, the IDs of two fits of the
project, it puts them beside each other, with the ratio of their medians. An ID may be
shortened to the beginning that no other has; latest is the fit that began last.

With --plot it also draws histograms, one panel per endpoint with the calls to all
nodes together, on one axis of time: black is the median, red the 95th percentile.`,
		Example: `  chimera times
  chimera times --run latest --plot latencies.svg
  chimera times 20261129T1 latest
  chimera times examples/bagging/chimera_time.log --json`,
		Args: cobra.MaximumNArgs(2),
	}
	asJSON := addJSON(cmd)
	cmd.Flags().StringVar(&picture, "plot", "", "draw histograms into this `file`, whose name ends in ."+strings.Join(times.Formats(), ", ."))
	cmd.Flags().StringVar(&only, "run", "", "sum up the calls of the fit with this `ID`, or of the latest")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		format := strings.TrimPrefix(strings.ToLower(filepath.Ext(picture)), ".")
		switch {
		case picture != "" && !slices.Contains(times.Formats(), format):
			return usageErrorf("--plot: want a name that ends in .%s, got %q", strings.Join(times.Formats(), ", ."), picture)
		case len(args) == 2 && (picture != "" || cmd.Flags().Changed("run")):
			return usageErrorf("--plot and --run are for one fit, and two are named")
		}
		file, err := timesFile(cmd, args)
		if err != nil {
			return err
		}
		log, err := readTimes(file)
		if err != nil {
			return err
		}
		if len(args) == 2 {
			return compareTimes(cmd, file, log, args, *asJSON)
		}
		if cmd.Flags().Changed("run") {
			id, err := log.Find(only)
			if err != nil {
				return inputError{fmt.Errorf("%s: %w", file, err)}
			}
			log = log.Of(id)
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

// timesFile is the file that is named, or the project's.
func timesFile(cmd *cobra.Command, args []string) (string, error) {
	if len(args) == 1 {
		return args[0], nil
	}
	dir, err := findProject(cmd)
	if err != nil {
		return "", err
	}
	file := filepath.Join(dir, timeCalls)
	info, err := os.Stat(file)
	if errors.Is(err, fs.ErrNotExist) || err == nil && info.Size() == 0 { // made by a program that has not called anybody yet
		file = filepath.Join(dir, timeLog)
	}
	return file, nil
}

func readTimes(file string) (*times.Log, error) {
	f, err := os.Open(file)
	if err != nil {
		return nil, &dataio.Error{File: file, Reason: "cannot open", Err: unwrapPath(err)}
	}
	defer func() { _ = f.Close() }() // only read
	log, err := times.Read(f)
	if err != nil {
		return nil, inputError{fmt.Errorf("%s: %w", file, err)}
	}
	return log, nil
}

// compareTimes prints two runs beside each other.
func compareTimes(cmd *cobra.Command, file string, log *times.Log, words []string, asJSON bool) error {
	var ids [2]string
	for i, word := range words {
		var err error
		if ids[i], err = log.Find(word); err != nil {
			return inputError{fmt.Errorf("%s: %w", file, err)}
		}
	}
	both := log.Compare(ids[0], ids[1])
	if asJSON {
		return printJSON(cmd.OutOrStdout(), both)
	}
	return both.Write(cmd.OutOrStdout())
}
