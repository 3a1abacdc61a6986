package cli

import (
	"errors"

	"github.com/spf13/cobra"

	"github.com/gochimera/chimera/cmd/chimera/internal/cv"
	"github.com/gochimera/chimera/cmd/chimera/internal/trial"
)

func newCV() *cobra.Command {
	var f validationFlags
	cmd := &cobra.Command{
		Use:   "cv",
		Short: "Estimate by cross-validation how good the model is",
		Long: `cv divides the project's training rows into folds, fits the model without each fold in
turn, as the project does it, and scores it on the fold. It prints the mean of each
metric over the folds and their standard deviation.
` + foldsHelp + `

A fold that fails is reported, the others go on, and the command ends with status 5.`,
		Example: `  chimera cv
  chimera cv --folds 10 --repeats 3 --metric log_loss --verbose
  chimera cv --group patient --plot folds.svg
  chimera cv --json > cv.json`,
		Args: cobra.NoArgs,
	}
	f.add(cmd)
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		p := newProgress(cmd)
		defer p.clear()
		report, err := f.crossValidate(cmd, p)
		p.clear()
		if err != nil {
			return err
		}
		return f.write(cmd, report)
	}
	return cmd
}

func (f *validationFlags) crossValidate(cmd *cobra.Command, p *progress) (report *cv.Report, err error) {
	v, err := f.open(cmd, p)
	if err != nil {
		return nil, err
	}
	settings, err := trial.ParseDocument(v.text)
	if err != nil {
		return nil, err
	}
	bench, err := v.bench(cmd.Context(), p)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, bench.Close()) }()
	p.say("fitting")
	return cv.Run(cmd.Context(), bench, settings, v.tables, cv.Options{
		Plan: f.plan, Group: f.group, Metric: v.metric, Parallel: f.parallel,
		Progress: func(done, total int) { p.say("%s %d of %d folds", bar(done, total), done, total) },
	})
}

func (f *validationFlags) write(cmd *cobra.Command, report *cv.Report) error {
	if err := f.show(cmd, report); err != nil {
		return err
	}
	return failedFit(report.Failed())
}
