package main

import (
	"fmt"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/gochimera/chimera/internal/dataio"
	"github.com/gochimera/chimera/internal/times"
)

// timeLog is the log that a project's program keeps.
const timeLog = "chimera_time.log"

func newTimes() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "times [FILE]",
		Short: "Sum up how long requests and calls to workers took",
		Long: `times sums up the project's chimera_time.log, or the log that is named, by
endpoint: calls, mean, median, 95th percentile and maximum, in seconds. The logs
of the Python package have the same form.`,
		Example: `  chimera times
  chimera times examples/bagging/chimera_time.log --json`,
		Args: cobra.MaximumNArgs(1),
	}
	asJSON := addJSON(cmd)
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
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
		rows, err := times.Read(f)
		if err != nil {
			return inputError{fmt.Errorf("%s: %w", file, err)}
		}
		if *asJSON {
			return printJSON(cmd.OutOrStdout(), rows)
		}
		return times.Write(cmd.OutOrStdout(), rows)
	}
	return cmd
}
