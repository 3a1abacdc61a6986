package cli

import (
	"errors"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"github.com/gochimera/chimera/cmd/chimera/internal/tune"
	"github.com/gochimera/chimera/config"
	"github.com/gochimera/chimera/internal/catalogue"
	"github.com/gochimera/chimera/registry"
)

type tuneFlags struct {
	validationFlags
	params     []string
	iterations int
	halving    bool
	factor     int
	out        string
}

func newTune() *cobra.Command {
	var f tuneFlags
	cmd := &cobra.Command{
		Use:   "tune --param NAME=VALUES ...",
		Short: "Search for the parameters with which the model is best",
		Long: `tune tries settings of chimera.yaml, judges each candidate by cross-validation on the
project's own workers, and prints the best as a chimera.yaml.

Each --param names a parameter of the learners (max_depth), or another setting by its path
(parameter_server.alpha), and what to try for it:
  max_depth=2,4,8            these values; a grid of them, or with --iterations draws from it
  alpha=log:1e-6..1e-1       with --iterations: evenly over the orders of magnitude
  subsample=uniform:0.5..1   with --iterations: evenly
  max_depth=int:1..10        with --iterations: whole numbers; logint for orders of magnitude

With --halving, all candidates start on few training rows, and the best of each rung go on
with --factor times as many (successive halving; the rungs are scikit-learn's).
` + foldsHelp + `

A candidate of which a fold fails is reported and ranked last, and the others go on.`,
		Example: `  chimera tune --param max_depth=2,4,8 --param min_samples_leaf=1,5
  chimera tune --param alpha=log:1e-6..1e-1 --iterations 30 --seed 7 --plot alpha.svg
  chimera tune --param n_estimators=logint:10..500 --iterations 27 --halving --out chimera.best.yaml
  chimera tune --param parameter_server.alpha=0,0.001,0.01 --metric log_loss --folds 10`,
		Args: cobra.NoArgs,
	}
	f.add(cmd)
	cmd.Flags().StringArrayVarP(&f.params, "param", "p", nil, "a setting and what to try for it, as `NAME=VALUES`; may be repeated")
	cmd.Flags().IntVarP(&f.iterations, "iterations", "n", 0, "random search: `how many` candidates to draw")
	cmd.Flags().BoolVar(&f.halving, "halving", false, "successive halving: few training rows for all candidates, more for the best")
	cmd.Flags().IntVar(&f.factor, "factor", 3, "with --halving: one in so many candidates goes on, with so many times the rows")
	cmd.Flags().StringVarP(&f.out, "out", "o", "", "write the best chimera.yaml to this `file`, instead of printing it")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		p := newProgress(cmd)
		defer p.clear()
		report, failure := f.search(cmd, p)
		p.clear()
		if report == nil {
			return failure
		}
		if failure != nil { // every candidate failed: what is known is shown nevertheless
			f.picture = ""
		}
		if err := f.show(cmd, report); err != nil {
			return err
		}
		if failure != nil {
			return failedFit(failure)
		}
		return f.writeBest(cmd, report)
	}
	return cmd
}

// searchedParams reads the flags --param.
func (f *tuneFlags) searchedParams() ([]tune.Param, error) {
	if len(f.params) == 0 {
		return nil, errors.New("--param: name at least one setting and what to try for it, as in --param max_depth=2,4,8")
	}
	if f.factor < 2 {
		return nil, fmt.Errorf("--factor: want at least 2, got %d", f.factor)
	}
	params := make([]tune.Param, len(f.params))
	for i, text := range f.params {
		var err error
		if params[i], err = tune.ParseParam(text); err != nil {
			return nil, fmt.Errorf("--param: %w", err)
		}
	}
	return params, nil
}

func (f *tuneFlags) search(cmd *cobra.Command, p *progress) (report *tune.Report, err error) {
	params, err := f.searchedParams()
	if err != nil {
		return nil, usageError{err}
	}
	candidates, search, err := f.candidates(params)
	if err != nil {
		return nil, usageError{err}
	}
	if err := writable("--out", f.out); err != nil {
		return nil, err
	}
	v, err := f.open(cmd, p)
	if err != nil {
		return nil, err
	}
	space, err := tune.NewSpace(params, v.text, v.cfg, v.catalogue())
	if err == nil {
		err = space.Check(candidates)
	}
	if err != nil {
		return nil, usageError{err}
	}
	bench, err := v.bench(cmd.Context(), p)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, bench.Close()) }()
	o := tune.Options{Plan: f.plan, Group: f.group, Metric: v.metric, Parallel: f.parallel, Progress: func(t tune.Progress) {
		p.say("%s %d of %d fits, rung %d of %d", bar(t.Done, t.Total), t.Done, t.Total, t.Rung, t.Rungs)
	}}
	if f.halving {
		o.Factor = f.factor
	}
	p.say("fitting")
	report, err = tune.Run(cmd.Context(), bench, space, candidates, v.tables, o)
	if report != nil {
		report.Search = search
	}
	return report, err
}

// candidates are all combinations, or draws.
func (f *tuneFlags) candidates(params []tune.Param) (list []tune.Candidate, search string, err error) {
	if f.iterations != 0 {
		list, err = tune.Random(params, f.iterations, f.plan.Seed)
		return list, "random", err
	}
	list, err = tune.Grid(params)
	return list, "grid", err
}

// catalogue knows the learners of this module and those that the workers were asked about.
func (v *validation) catalogue() config.Catalogue {
	var own []registry.Info
	for _, info := range v.infos {
		if !info.Shipped() {
			own = append(own, info)
		}
	}
	return catalogue.New(append(catalogue.Shipped().List(), own...)...)
}

func (f *tuneFlags) writeBest(cmd *cobra.Command, r *tune.Report) error {
	if f.out != "" {
		return writeFile("--out", f.out, func(out io.Writer) error {
			_, err := io.WriteString(out, r.Best)
			return err
		})
	}
	if *f.asJSON {
		return nil // it is in there
	}
	_, err := fmt.Fprintf(cmd.OutOrStdout(), "\nthe best %s:\n\n%s", config.FileName, r.Best)
	return err
}
