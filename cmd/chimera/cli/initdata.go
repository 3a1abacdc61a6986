package cli

import (
	"github.com/spf13/cobra"

	"github.com/gochimera/chimera/cmd/chimera/internal/scaffold"
	"github.com/gochimera/chimera/cmd/chimera/internal/split"
	"github.com/gochimera/chimera/learner"
)

// initData are the flags of init about a data set of the user's own.
type initData struct {
	file, task, holdout string
	written             dataFlags
}

func (d *initData) add(cmd *cobra.Command) {
	cmd.Flags().StringVar(&d.file, "data", "", "make the project of this `file`")
	d.written.add(cmd)
	cmd.Flags().StringVar(&d.task, "task", "", "classification or regression (what the target shows)")
	cmd.Flags().StringVar(&d.holdout, "holdout", "0.25", "rows to keep for a test: a `share`, or their number; 0 keeps none")
	complete(cmd, "task", string(learner.Classification), string(learner.Regression))
}

// data is what the flags say, nil without --data.
func (d *initData) data(cmd *cobra.Command) (*scaffold.Data, error) {
	if d.file == "" {
		for _, flag := range []string{"target", "drop", "delimiter", "header", "no-header", "missing", "task", "holdout"} {
			if cmd.Flags().Changed(flag) {
				return nil, usageErrorf("--%s is about the file of --data, and there is none", flag)
			}
		}
		return nil, nil
	}
	if d.written.target == "" {
		return nil, usageErrorf("%s: which column is the target? Say --target NAME, or --target -1 for the last one", d.file)
	}
	made := &scaffold.Data{Task: learner.Task(d.task)}
	switch made.Task {
	case "", learner.Classification, learner.Regression:
	default:
		return nil, usageErrorf("--task: want classification or regression, got %q", d.task)
	}
	var err error
	if made.Source, err = d.written.source([]string{d.file}); err != nil {
		return nil, err
	}
	if made.Holdout, err = split.ParseHoldout(d.holdout); err != nil {
		return nil, usageError{err}
	}
	return made, nil
}
