package cli

import (
	"strings"

	"github.com/spf13/cobra"

	"github.com/gochimera/chimera/cmd/chimera/internal/scaffold"
	"github.com/gochimera/chimera/cmd/chimera/internal/split"
	"github.com/gochimera/chimera/learner"
)

// initData are the flags of init about a data set of the user's own.
type initData struct {
	file, task, holdout string
	tasks               []string // that there are
	written             dataFlags
}

func (d *initData) add(cmd *cobra.Command) {
	cmd.Flags().StringVar(&d.file, "data", "", "make the project of this `file`")
	d.written.add(cmd)
	cmd.Flags().StringVar(&d.task, "task", "", "classification or regression (what the target shows); or clustering or decomposition, which need no target")
	cmd.Flags().StringVar(&d.holdout, "holdout", "0.25", "rows to keep for a test: a `share`, or their number; 0 keeps none")
	for _, t := range learner.Tasks() {
		d.tasks = append(d.tasks, string(t))
	}
	complete(cmd, "task", d.tasks...)
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
	made := &scaffold.Data{}
	if d.task != "" {
		var err error
		if made.Task, err = learner.ParseTask(d.task); err != nil {
			return nil, usageErrorf("--task: want %s, got %q", strings.Join(d.tasks, " or "), d.task)
		}
	}
	if d.written.target == "" && (made.Task == "" || made.Task.Supervised()) {
		return nil, usageErrorf("%s: which column is the target? Say --target NAME, or --target -1 for the last one; or --task clustering "+
			"or --task decomposition if there is none", d.file)
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
