package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"

	"github.com/spf13/cobra"

	"github.com/gochimera/chimera/cmd/chimera/internal/cv"
	"github.com/gochimera/chimera/cmd/chimera/internal/trial"
	"github.com/gochimera/chimera/cmd/chimera/internal/validate"
	"github.com/gochimera/chimera/config"
	"github.com/gochimera/chimera/internal/picture"
	"github.com/gochimera/chimera/learner"
	"github.com/gochimera/chimera/registry"
)

// validationFlags are those that cv and tune have in common.
type validationFlags struct {
	plan          cv.Plan
	noStratify    bool
	metric, group string
	parallel      int
	picture, csv  string
	verbose       bool
	asJSON        *bool
}

const foldsHelp = `
Each worker holds out its share of a fold, and the held-out rows of all workers are
scored together. For classifiers, the classes have in each fold the shares that they have in
all rows (--no-stratify: at random). With --group, rows with the same value in this column stay
together, and the column is no feature. Rows that several workers share, as those of one
folder, are divided once: what is held out of one is held out of all.

The project's program is built and run with all workers inside its process, several at
a time (--jobs). The project's folder is not changed.`

func (f *validationFlags) add(cmd *cobra.Command) {
	flags := cmd.Flags()
	flags.IntVarP(&f.plan.Folds, "folds", "k", 5, "number of folds")
	flags.IntVar(&f.plan.Repeats, "repeats", 1, "how often to divide the rows anew")
	flags.BoolVar(&f.noStratify, "no-stratify", false, "divide the rows of a classifier without regard to their classes")
	flags.StringVar(&f.group, "group", "", "keep the rows together that have one value in this `column`")
	flags.Uint64Var(&f.plan.Seed, "seed", 0, "seed of everything random")
	flags.StringVar(&f.metric, "metric", "", "the `metric`: accuracy or r2, or another that score answers with")
	flags.IntVarP(&f.parallel, "jobs", "j", runtime.NumCPU(), "how many fits run at a time")
	flags.StringVar(&f.picture, "plot", "", "draw the result into this `file`, whose name ends in ."+joinFormats())
	flags.StringVar(&f.csv, "csv", "", "write the result to this `file` too, for a program")
	flags.BoolVarP(&f.verbose, "verbose", "v", false, "show every fold")
	f.asJSON = addJSON(cmd)
	complete(cmd, "metric", trial.MetricNames()...)
}

// check refuses wrong use before anything is read.
func (f *validationFlags) check() error {
	if err := f.plan.Check(); err != nil {
		return usageError{err}
	}
	if f.parallel < 1 {
		return usageErrorf("--jobs: want at least 1, got %d", f.parallel)
	}
	if f.picture != "" {
		if _, err := picture.FormatOf(f.picture); err != nil {
			return usageErrorf("--plot: %w", err)
		}
	}
	for flag, path := range map[string]string{"--plot": f.picture, "--csv": f.csv} {
		if err := writable(flag, path); err != nil {
			return err
		}
	}
	return nil
}

// writable refuses a file that cannot be written, before what may take long.
func writable(flag, path string) error {
	if path == "" {
		return nil
	}
	if info, err := os.Stat(path); err == nil && info.IsDir() {
		return inputError{fmt.Errorf("%s: %s is a folder; name a file", flag, path)}
	}
	if _, err := os.Stat(filepath.Dir(path)); err != nil {
		return inputError{fmt.Errorf("%s: there is no folder %s", flag, filepath.Dir(path))}
	}
	return nil
}

// validation is a project with all its training rows.
type validation struct {
	cfg    *config.Config
	text   []byte          // of chimera.yaml
	infos  []registry.Info // of the workers' learners
	metric trial.Metric
	tables []*trial.Table
}

// open reads the project and all its training rows, and says how they are divided.
func (f *validationFlags) open(cmd *cobra.Command, p *progress) (*validation, error) {
	if err := f.check(); err != nil {
		return nil, err
	}
	v, err := readRows(cmd, p, f.metric, f.group)
	if err != nil {
		return nil, err
	}
	f.plan.Stratified, f.plan.Grouped = v.metric.Task == learner.Classification && !f.noStratify, f.group != ""
	v.tables, f.plan.First = trial.Shared(v.tables)
	return v, nil
}

// readRows reads the project and all its training rows. The metric is of the learners' task, and rows may have a column of groups.
func readRows(cmd *cobra.Command, p *progress, metric, group string) (*validation, error) {
	cfg, err := loadProject(cmd)
	if err != nil {
		return nil, err
	}
	v := &validation{cfg: cfg}
	if v.text, err = os.ReadFile(filepath.Join(cfg.Dir, config.FileName)); err != nil {
		return nil, err
	}
	p.say("asking the workers about their learners")
	known, err := validate.Learners(cmd.Context(), cfg)
	if err != nil {
		return nil, err
	}
	for i, info := range known {
		if info == nil {
			return nil, inputError{fmt.Errorf("worker %s has a main of its own, which cannot run inside the project's program; give it a learner", cfg.Workers[i].Name)}
		}
		v.infos = append(v.infos, *info)
	}
	if v.metric, err = trial.ParseMetric(metric, v.infos[0].Task); err != nil {
		return nil, usageErrorf("--metric: %w", err)
	}
	p.say("reading the training data")
	if _, err := validate.Data(cmd.Context(), cfg, known, nil); err != nil { // it names the project's files, not a trial's
		return nil, err
	}
	var names, dirs []string
	for i, w := range cfg.Workers {
		names, dirs = append(names, w.Name), append(dirs, cfg.DataFolder(i))
	}
	if v.tables, err = trial.Read(cmd.Context(), names, dirs, cfg.Reading(), group); err != nil {
		return nil, err
	}
	if cfg.Kind().SharesLayers && len(cfg.Workers) > 1 && !trial.OneSet(v.tables) {
		return nil, inputError{fmt.Errorf("the workers of master: %s need copies of the same rows, and these differ; chimera validate says where", cfg.Master)}
	}
	return v, nil
}

// bench builds the project's program. The caller closes it.
func (v *validation) bench(ctx context.Context, p *progress) (*trial.Bench, error) {
	p.say("building the program in %s", v.cfg.Dir)
	return trial.NewBench(ctx, v.cfg)
}

// shown is what cv and tune have to show.
type shown interface {
	Write(out io.Writer, each bool) error
	WriteCSV(out io.Writer) error
	Plot(out io.Writer, format string) error
}

// show prints a result, and writes the files that were asked for.
func (f *validationFlags) show(cmd *cobra.Command, r shown) error {
	if f.csv != "" {
		if err := writeFile("--csv", f.csv, r.WriteCSV); err != nil {
			return err
		}
	}
	if f.picture != "" {
		format, err := picture.FormatOf(f.picture)
		if err != nil {
			return err
		}
		if err := writeFile("--plot", f.picture, func(out io.Writer) error { return r.Plot(out, format) }); err != nil {
			return err
		}
	}
	if *f.asJSON {
		return printJSON(cmd.OutOrStdout(), r)
	}
	return r.Write(cmd.OutOrStdout(), f.verbose)
}

// failedFit is a fold's failure as the command ends with it: whatever the reason, the fit failed, unless it was interrupted.
func failedFit(err error) error {
	if err == nil || errors.Is(err, context.Canceled) {
		return err
	}
	return foldError{err}
}

func joinFormats() string {
	text := ""
	for i, format := range picture.Formats() {
		if i > 0 {
			text += ", ."
		}
		text += format
	}
	return text
}
