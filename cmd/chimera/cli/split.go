package cli

import (
	"errors"
	"fmt"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/gochimera/chimera/cmd/chimera/internal/split"
	"github.com/gochimera/chimera/config"
	"github.com/gochimera/chimera/distribute"
	"github.com/gochimera/chimera/internal/dataio"
)

type splitFlags struct {
	data                                dataFlags
	workers, by, holdout, output, group string
	seed                                uint64
	force, noTarget                     bool
}

func newSplit() *cobra.Command {
	var f splitFlags
	cmd := &cobra.Command{
		Use:   "split FILE --target COLUMN | FILE --no-target | X.csv y.csv",
		Short: "Deal the rows of a data set out to workers",
		Long: `split writes each worker's rows to chimera_train_data/<worker>/X_train.csv and
y_train.csv. The files may be larger than memory; rows are copied digit by digit.
Nothing is written if a row cannot be trained on: all that is wrong is listed.

` + dataHelp + `

--by says how:
  contiguous        blocks, in the files' order
  iid               at random, equally many (the default)
  stratified        at random, equally many of each class
  dirichlet(alpha)  each class in shares drawn from a Dirichlet distribution; a
                    small alpha is uneven, a large one even
  size(3,1,1)       at random, in these shares, one number per worker
  replicate         all rows to every worker, for ` + copying() + `

--workers is a number (worker1, worker2, ...) or names; without it the workers
are those of the project. With --holdout, rows are kept for a test, in
test_data/X_test.csv and y_test.csv. Rows that belong together (of one patient, say)
go to one place with --group. --force replaces what an earlier split wrote and removes
what is not written again; files that no split wrote stay, and are named.`,
		Example: `  chimera split income.csv --target income --drop id
  chimera split abalone.csv --target -1 --no-header --holdout 0.25
  chimera split customers.csv --no-target --workers 3 --holdout 0.1
  chimera split X.csv y.csv
  chimera split X.csv y.csv --workers 4 --by stratified --holdout 0.25 --seed 7
  chimera split X.csv y.csv --workers tree1,tree2 --by 'dirichlet(0.3)' --output data`,
		Args: cobra.RangeArgs(1, 2),
	}
	f.data.add(cmd)
	cmd.Flags().BoolVar(&f.noTarget, "no-target", false, "the rows have no target, as for clustering or decomposition: only X files are written")
	cmd.Flags().StringVar(&f.group, "group", "", "the `column` whose rows with one value stay together")
	cmd.Flags().StringVarP(&f.workers, "workers", "w", "", "number of workers, or their `names`")
	cmd.Flags().StringVar(&f.by, "by", string(split.IID), "the `strategy`")
	cmd.Flags().StringVar(&f.holdout, "holdout", "0", "rows to keep for a test: a `share` such as 0.2, or their number")
	cmd.Flags().Uint64Var(&f.seed, "seed", 0, "seed of everything random")
	cmd.Flags().StringVarP(&f.output, "output", "o", "", "write to this `folder` (the project's, else the working directory)")
	cmd.Flags().BoolVar(&f.force, "force", false, "replace files that are there already")
	asJSON := addJSON(cmd)
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		o, err := f.options(cmd, args)
		if err != nil {
			return err
		}
		p := newProgress(cmd)
		o.Progress = func(done, total int) { p.say("%s %d of %d rows", bar(done, total), done, total) }
		report, err := split.Split(cmd.Context(), o)
		p.clear()
		if err != nil {
			return err
		}
		if n := len(report.Renamed); n > 0 {
			note(cmd, "names of columns that are numbers have an x in front now, so that no header is taken for a row: x%s",
				strings.Join(report.Renamed[:min(n, 5)], ", x"))
		}
		for _, path := range report.Removed {
			note(cmd, "removed %s of an earlier split", path)
		}
		for _, path := range report.Kept {
			note(cmd, "%s is not of this split, and stays: remove it if it holds the same rows", path)
		}
		if *asJSON {
			return printJSON(cmd.OutOrStdout(), report)
		}
		return report.Write(reportOf(cmd))
	}
	complete(cmd, "by", split.Names()...)
	completeColumns(cmd, "group")
	if err := cmd.RegisterFlagCompletionFunc("workers", completeWorkers); err != nil {
		panic(err) // the flag is defined above
	}
	return cmd
}

func (f splitFlags) options(cmd *cobra.Command, args []string) (o split.Options, err error) {
	o = split.Options{Seed: f.seed, Replace: f.force}
	if o.Data, err = f.data.source(args); err != nil {
		return o, err
	}
	o.Data.Group = f.group
	if o.NoTarget = f.noTarget; f.noTarget && (len(args) == 2 || f.data.target != "") {
		return o, usageErrorf("--no-target: the rows have no target, and one is named")
	}
	if len(args) == 1 && f.data.target == "" && !f.noTarget {
		return o, usageErrorf("%s: which column is the target? Say --target NAME, or --target -1 for the last one; or name a second file that holds it; "+
			"or --no-target", args[0])
	}
	if o.By, err = split.ParseStrategy(f.by); err != nil {
		return o, usageError{err}
	}
	if o.Holdout, err = split.ParseHoldout(f.holdout); err != nil {
		return o, usageError{err}
	}
	dir := f.output
	if f.workers == "" {
		cfg, err := loadProject(cmd)
		if err != nil {
			return o, fmt.Errorf("%w (or say how many: --workers 4)", err)
		}
		if r := cfg.Reading(); r.Delimiter != "" && r.Delimiter != "," || r.Header == dataio.HeaderNo {
			return o, inputError{fmt.Errorf("%s: data says that training files have another delimiter, or no header, but split writes commas under a header: "+
				"take delimiter and header out, and give them to split (--delimiter, --no-header)", filepath.Join(cfg.Dir, config.FileName))}
		}
		for i, w := range cfg.Workers {
			to := cfg.DataFolder(i)
			if dir != "" {
				to = filepath.Join(dir, config.DataFolder, w.Name)
			}
			o.Workers = append(o.Workers, split.Destination{Worker: w.Name, Dir: to})
		}
		if dir == "" {
			dir = cfg.Dir
		}
		o.TestDir = filepath.Join(dir, "test_data")
		return o, nil
	}
	names, err := workerNames(f.workers)
	if err != nil {
		return o, usageError{err}
	}
	if dir == "" {
		if dir, err = findProject(cmd); err != nil {
			dir = "." // no project is needed to split a file
		}
	}
	for _, name := range names {
		o.Workers = append(o.Workers, split.Destination{Worker: name, Dir: filepath.Join(dir, config.DataFolder, name)})
	}
	o.TestDir = filepath.Join(dir, "test_data")
	return o, nil
}

// workerNames reads "4" or "tree1,tree2".
func workerNames(text string) ([]string, error) {
	if n, err := strconv.Atoi(text); err == nil {
		if n < 1 || n > 1000 {
			return nil, fmt.Errorf("--workers: want 1 to 1000 workers, got %d", n)
		}
		names := make([]string, n)
		for i := range names {
			names[i] = "worker" + strconv.Itoa(i+1)
		}
		return names, nil
	}
	names := strings.Split(text, ",")
	seen := map[string]bool{}
	for _, name := range names {
		if !config.ValidName(name) {
			return nil, fmt.Errorf("--workers: want a number, or names of lower-case letters, digits and hyphens, got %q", name)
		}
		if seen[name] {
			return nil, errors.New("--workers: " + name + " is named twice")
		}
		seen[name] = true
	}
	return names, nil
}

// copying are the kinds of masters whose workers all need the same rows.
func copying() string {
	var names []string
	for _, k := range distribute.List() {
		if k.SharesLayers {
			names = append(names, "master: "+k.Name)
		}
	}
	return strings.Join(names, " or ")
}
