package cli

import (
	"context"
	"io"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/gochimera/chimera/cmd/chimera/internal/stored"
	"github.com/gochimera/chimera/internal/picture"
	"github.com/gochimera/chimera/models"
)

func newRuns() *cobra.Command {
	var column string
	var reverse, asCSV bool
	var limit int
	cmd := &cobra.Command{
		Use:   "runs",
		Short: "Show the history of fits",
		Long: `runs prints every fit of the project, one a line, with the settings in which they
differ, losses, scores (chimera score --record attaches them) and durations: also those
that failed or were cancelled, and those whose models were removed.
` + sourceHelp,
		Example: `  chimera runs
  chimera runs --sort score --limit 10
  chimera runs --csv > runs.csv
  chimera runs show latest
  chimera runs plot -o runs.svg`,
		Args: cobra.NoArgs,
	}
	asJSON := addJSON(cmd)
	cmd.Flags().BoolVar(&asCSV, "csv", false, "print a table for another program")
	cmd.Flags().StringVar(&column, "sort", "started", "the `column` to sort by: "+strings.Join(stored.Columns(), ", "))
	cmd.Flags().BoolVar(&reverse, "reverse", false, "the other way round")
	cmd.Flags().IntVar(&limit, "limit", 0, "print so many at most")
	cmd.MarkFlagsMutuallyExclusive("json", "csv")
	complete(cmd, "sort", stored.Columns()...)
	addURL(cmd)
	cmd.AddCommand(newRunsShow(), newRunsPlot())
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		if !slices.Contains(stored.Columns(), column) {
			return usageErrorf("--sort: want one of %s, got %q", strings.Join(stored.Columns(), ", "), column)
		}
		return withSource(cmd, func(ctx context.Context, s stored.Source) error {
			h, err := s.Runs(ctx)
			if err != nil {
				return err
			}
			for _, one := range h.Damaged {
				warn(cmd, "%s", one)
			}
			if err := stored.Sort(h, column, reverse, limit); err != nil {
				return err
			}
			switch {
			case *asJSON:
				return printJSON(cmd.OutOrStdout(), h)
			case asCSV:
				return stored.WriteCSV(cmd.OutOrStdout(), h)
			case len(h.Runs) == 0:
				note(cmd, "no fit is recorded yet: chimera fit makes one")
				return nil
			default:
				return stored.WriteRuns(cmd.OutOrStdout(), h)
			}
		})
	}
	return cmd
}

func newRunsShow() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "show ID",
		Short: "Show the record of a fit",
		Long: `show prints the record of a fit: parameters, settings, who took part, why it failed, and
what its model scored. --json has all losses.
` + sourceHelp,
		Example: `  chimera runs show latest
  chimera runs show 20261129T1 --json`,
		Args:              cobra.ExactArgs(1),
		ValidArgsFunction: completeRuns(1),
	}
	asJSON := addJSON(cmd)
	addURL(cmd)
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		return withSource(cmd, func(ctx context.Context, s stored.Source) error {
			r, err := s.Run(ctx, args[0])
			if err != nil {
				return err
			}
			if *asJSON {
				return printJSON(cmd.OutOrStdout(), r)
			}
			return stored.WriteRun(cmd.OutOrStdout(), r)
		})
	}
	return cmd
}

func newRunsPlot() *cobra.Command {
	var output string
	cmd := &cobra.Command{
		Use:   "plot [ID...] -o FILE",
		Short: "Draw losses and scores of fits",
		Long: `plot draws the losses of fits over their steps, and the scores of their models over time:
of those that are named, else of the last ` + "10" + ` that have losses, and of all scores.
` + sourceHelp,
		Example: `  chimera runs plot -o runs.svg
  chimera runs plot 20261129T1 20261130T0 -o two.png`,
		ValidArgsFunction: completeRuns(0),
	}
	cmd.Flags().StringVarP(&output, "output", "o", "", "the `file`, whose name ends in ."+strings.Join(picture.Formats(), ", ."))
	asJSON := addJSON(cmd)
	addURL(cmd)
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		format, err := picture.FormatOf(output)
		if err != nil {
			return usageErrorf("--output: %w", err)
		}
		return withSource(cmd, func(ctx context.Context, s stored.Source) error {
			words := args
			if len(words) == 0 {
				h, err := s.Runs(ctx)
				if err != nil {
					return err
				}
				words = drawn(h)
			}
			var runs []*models.Run
			for _, word := range words {
				r, err := s.Run(ctx, word)
				if err != nil {
					return err
				}
				runs = append(runs, r)
			}
			err := writeFile("--output", output, func(out io.Writer) error {
				if err := stored.Plot(out, format, runs); err != nil {
					return inputError{err}
				}
				return nil
			})
			if err != nil || !*asJSON {
				return err
			}
			return printJSON(cmd.OutOrStdout(), plotted(output, runs))
		})
	}
	return cmd
}

// plotted is a picture of fits, for a program.
func plotted(file string, runs []*models.Run) any {
	ids := make([]string, len(runs))
	for i, r := range runs {
		ids[i] = r.ID
	}
	return struct {
		File string   `json:"file"`
		Runs []string `json:"runs"`
	}{file, ids}
}

// drawn are the fits that have something to draw: the last ones with losses, and all with scores.
func drawn(h *models.History) []string {
	var ids []string
	curves := 0
	for _, r := range h.Runs {
		if r.Loss != nil && curves < stored.MostDrawn {
			curves++
		} else if len(r.Scores) == 0 {
			continue
		}
		ids = append(ids, r.ID)
	}
	return ids
}
