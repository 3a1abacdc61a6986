package cli

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/gochimera/chimera/cmd/chimera/internal/compare"
	"github.com/gochimera/chimera/cmd/chimera/internal/trial"
	"github.com/gochimera/chimera/distribute"
	"github.com/gochimera/chimera/learner"
)

// The files of --out.
const (
	comparisonCSV = "compare.csv"
	comparisonSVG = "compare.svg"
)

type compareFlags struct {
	masters     []string
	options     compare.Options
	noStratify  bool
	heldOut     string
	metric, out string
	set         []string
	verbose     bool
	asJSON      *bool
}

func newCompare() *cobra.Command {
	var f compareFlags
	cmd := &cobra.Command{
		Use:   "compare",
		Short: "Train the learner by every kind of master, and compare what each gives and costs",
		Long: `compare trains the project's learner on the project's rows by every kind of master that
can train it, and in one process on all rows for reference. It prints how good each
model is on held-out rows, how long the fit took, what was sent, and how long workers
waited; and for a kind that cannot train the learner, why.

Each kind trains as the project would with that master: in chimera.yaml, settings of
several kinds can stand beside each other (aggregation:, parameter_server:, pipeline:), and
--set changes any for the comparison. Workers keep their own rows; those of a pipeline,
which share the layers of one network, have copies of all.

A share of the rows (--test) is held out before; for classifiers, of each class. Or the
models are scored on the rows in a folder (--score-data), and train on all of the
project's. With --repeat, other rows are held out each time, and the seed is another.

A program of each master is built in the project's module and run with all workers
inside its process, one after another. The project's folder is not changed.

A fit that fails is reported, the others go on, and the command ends with status 5.`,
		Example: `  chimera compare
  chimera compare --masters aggregation,parameter-server --repeat 5
  chimera compare --score-data test_data --out comparison
  chimera compare --set parameter_server.mode=full --set params.alpha=0.01 --json`,
		Args: cobra.NoArgs,
	}
	flags := cmd.Flags()
	flags.StringSliceVar(&f.masters, "masters", nil, "the `kinds` of masters, instead of all: "+strings.Join(distribute.Names(), ", "))
	flags.Float64Var(&f.options.Share, "test", 0.25, "the `share` of the rows to hold out")
	flags.StringVar(&f.heldOut, "score-data", "", "score on the rows in this `folder` instead, as chimera split --holdout makes one")
	flags.BoolVar(&f.noStratify, "no-stratify", false, "hold out rows of a classifier without regard to their classes")
	flags.IntVar(&f.options.Repeats, "repeat", 1, "how often to do it")
	flags.Uint64Var(&f.options.Seed, "seed", 0, "seed of which rows are held out")
	flags.StringVar(&f.metric, "metric", "", "the `metric`: accuracy or r2, or another that score answers with")
	flags.StringArrayVar(&f.set, "set", nil, "change a setting of chimera.yaml for the comparison, as `SETTING=VALUE`; may be repeated")
	flags.StringVarP(&f.out, "out", "o", "", "write the table and the plot into this `folder` too: "+comparisonCSV+", "+comparisonSVG)
	flags.BoolVarP(&f.verbose, "verbose", "v", false, "show every fit")
	f.asJSON = addJSON(cmd)
	complete(cmd, "metric", trial.MetricNames()...)
	complete(cmd, "masters", distribute.Names()...)
	cmd.MarkFlagsMutuallyExclusive("test", "score-data")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		p := newProgress(cmd)
		defer p.clear()
		report, err := f.compare(cmd, p)
		p.clear()
		if err != nil {
			return err
		}
		if err := f.show(cmd, report); err != nil {
			return err
		}
		return failedFit(report.Failed())
	}
	return cmd
}

// check refuses wrong use before anything is read.
func (f *compareFlags) check() error {
	for _, name := range f.masters {
		if !slices.Contains(distribute.Names(), name) {
			return usageErrorf("--masters: want some of %s, got %q", strings.Join(distribute.Names(), ", "), name)
		}
	}
	if f.options.Share <= 0 || f.options.Share >= 1 {
		return usageErrorf("--test: want a share between 0 and 1, got %v", f.options.Share)
	}
	if f.options.Repeats < 1 {
		return usageErrorf("--repeat: want at least 1, got %d", f.options.Repeats)
	}
	for _, text := range f.set {
		if path, _, is := strings.Cut(text, "="); !is || path == "" {
			return usageErrorf("--set: want SETTING=VALUE, got %q", text)
		}
	}
	if f.heldOut != "" {
		features, target := testFiles(f.heldOut)
		for _, file := range []string{features, target} {
			if _, err := os.Stat(file); err != nil {
				return inputError{errors.New("--score-data: there is no " + file)}
			}
		}
		f.options.Share, f.options.HeldOut = 0, &trial.Files{Features: features, Target: target}
	}
	if info, err := os.Stat(f.out); err == nil && !info.IsDir() {
		return inputError{errors.New("--out: " + f.out + " is a file; name a folder")}
	}
	return nil
}

func (f *compareFlags) compare(cmd *cobra.Command, p *progress) (*compare.Report, error) {
	if err := f.check(); err != nil {
		return nil, err
	}
	v, err := readRows(cmd, p, f.metric, "")
	if err != nil {
		return nil, err
	}
	settings, err := trial.ParseDocument(v.text)
	if err != nil {
		return nil, err
	}
	project := compare.Project{Config: v.cfg, Settings: settings, Learners: v.infos, Catalogue: v.catalogue()}
	for _, text := range f.set {
		path, value, _ := strings.Cut(text, "=")
		if err := project.Set(path, value); err != nil {
			return nil, usageErrorf("--set %s: %w", text, err)
		}
	}
	names := f.masters
	if len(names) == 0 {
		names = distribute.Names()
	}
	ways, cannot := project.Ways(names)
	if len(ways) == 0 || len(ways) == 1 && ways[0].Name == compare.Alone {
		return nil, inputError{errors.New("there is nothing to compare: " + reasons(cannot))}
	}
	f.options.Metric = v.metric
	f.options.Progress = func(done, total int) { p.say("%s %d of %d fits", bar(done, total), done, total) }
	p.say("building the programs")
	rows := compare.NewRows(v.tables, v.metric.Task == learner.Classification && !f.noStratify)
	report, err := project.Compare(cmd.Context(), ways, rows, f.options)
	if report != nil {
		report.Cannot = cannot
	}
	return report, err
}

// reasons are why kinds of masters cannot train, in one line.
func reasons(cannot []compare.Refusal) string {
	texts := make([]string, len(cannot))
	for i, c := range cannot {
		texts[i] = c.Way + ": " + c.Reason
	}
	return strings.Join(texts, "; ")
}

// show prints the report, and writes the files.
func (f *compareFlags) show(cmd *cobra.Command, r *compare.Report) error {
	if f.out != "" {
		if err := f.write(r); err != nil {
			return err
		}
	}
	if *f.asJSON {
		return printJSON(cmd.OutOrStdout(), r)
	}
	return r.Write(cmd.OutOrStdout(), f.verbose)
}

// write writes the files, without a picture if no fit has a score.
func (f *compareFlags) write(r *compare.Report) error {
	if err := os.MkdirAll(f.out, 0o755); err != nil {
		return inputError{fmt.Errorf("--out: %w", err)}
	}
	err := writeFile("--out", filepath.Join(f.out, comparisonCSV), r.WriteCSV)
	if err != nil || !r.Scored() {
		return err
	}
	return writeFile("--out", filepath.Join(f.out, comparisonSVG), func(out io.Writer) error { return r.Plot(out, "svg") })
}
