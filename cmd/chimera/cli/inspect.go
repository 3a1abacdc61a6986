package cli

import (
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"github.com/gochimera/chimera/cmd/chimera/internal/datafile"
	"github.com/gochimera/chimera/cmd/chimera/internal/inspect"
	"github.com/gochimera/chimera/config"
	"github.com/gochimera/chimera/internal/dataio"
	"github.com/gochimera/chimera/prepare"
)

func newInspect() *cobra.Command {
	var data dataFlags
	var picture string
	cmd := &cobra.Command{
		Use:   "inspect [FILE | X.csv y.csv]",
		Short: "Say what is in a data set, before anything is trained on it",
		Long: `inspect says of each column what it is and what "prepare: auto" makes of it, what is
missing, how many values there are and which; of the target its classes; and what
endangers a result: columns that give the target away, identifiers, constants,
numbers that stand for missing values, texts among numbers, repeated rows, each
with the flag or the setting that mends it. All that no training can get past is
listed with its line and cell; the exit status is 3 then.

` + dataHelp + `
Without arguments it is about the rows of all workers of the project together.

Files may be larger than memory. Up to 65,536 values of a column are told apart (fewer
in wide tables), and quartiles beyond that are those of a random sample; rows are
compared with the first 1,048,576. --json has the fields files, rows, target, columns,
duplicates, problems, more_problems and advice, each piece with a code.`,
		Example: `  chimera inspect income.csv --target income
  chimera inspect abalone.csv --target -1 --no-header --svg abalone.svg
  chimera inspect X.csv y.csv --json
  chimera inspect                 # all workers' rows`,
		Args: cobra.MaximumNArgs(2),
	}
	data.add(cmd)
	cmd.Flags().StringVar(&picture, "svg", "", "draw a histogram per column into this `file`")
	asJSON := addJSON(cmd)
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		sources, settings, err := data.sources(cmd, args)
		if err != nil {
			return err
		}
		p := newProgress(cmd)
		p.say("reading %s", sources[0].Features)
		report, err := inspect.Inspect(cmd.Context(), sources, inspect.Options{Prepare: settings})
		p.clear()
		if err != nil {
			return err
		}
		if picture != "" && report.Rows > 0 {
			if err := writeFile("--svg", picture, report.Plot); err != nil {
				return err
			}
		}
		out := cmd.OutOrStdout()
		if *asJSON {
			err = printJSON(out, report)
		} else {
			err = report.Write(out, style(out))
		}
		if n := len(report.Problems) + report.Hidden; err == nil && n > 0 {
			return inputError{fmt.Errorf("the data cannot be trained on: %s", problems(n))}
		}
		return err
	}
	return cmd
}

func problems(n int) string {
	if n == 1 {
		return "1 problem"
	}
	return fmt.Sprintf("%d problems", n)
}

// sources are the data sets that the arguments name, or those of the project's workers with its settings.
func (f *dataFlags) sources(cmd *cobra.Command, args []string) (sources []inspect.Source, settings prepare.Settings, err error) {
	if len(args) > 0 {
		s, err := f.source(args)
		return []inspect.Source{{Source: s}}, settings, err
	}
	cfg, err := loadProject(cmd)
	if err != nil {
		return nil, settings, fmt.Errorf("%w (or name a file: chimera inspect FILE)", err)
	}
	if f.target != "" || f.delimiter != "" || f.header || f.noHeader || f.missing != nil {
		return nil, settings, usageErrorf("name a file: without one, how files are written is in chimera.yaml (target, data)")
	}
	sources, err = workerSources(cfg, f.drop)
	return sources, cfg.Prepare.Settings, err
}

// workerSources are the training data of a project's workers; those that share the layers of one network have copies
// of one, so one of them will do.
func workerSources(cfg *config.Config, drop []string) ([]inspect.Source, error) {
	var sources []inspect.Source
	for i, w := range cfg.Workers {
		if w.URL != "" || cfg.Kind().SharesLayers && sources != nil {
			continue // its data is where it runs
		}
		o := cfg.Reading()
		features, target, err := dataio.TrainingFiles(cfg.DataFolder(i), o)
		if err != nil {
			return nil, err
		}
		sources = append(sources, inspect.Source{
			Worker: w.Name, Source: datafile.Source{Features: features, Target: target, Drop: drop, Options: o},
		})
	}
	if sources == nil {
		return nil, inputError{errors.New("all workers of the project run elsewhere, and so is their data: name a file")}
	}
	return sources, nil
}

// style is how to print on a stream.
func style(out io.Writer) inspect.Style {
	s := inspect.Style{
		Bad:  func(text string) string { return paint(out, red, text) },
		Note: func(text string) string { return paint(out, yellow, text) },
	}
	if f, ok := out.(*os.File); ok && isTerminal(out) {
		if width, _, err := term.GetSize(int(f.Fd())); err == nil {
			s.Width = width
		}
	}
	return s
}
