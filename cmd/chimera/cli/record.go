package cli

import (
	"fmt"

	"github.com/spf13/cobra"

	"github.com/gochimera/chimera/client"
)

// recordFlags are the flags that attach a score to the stored model that answered.
type recordFlags struct {
	record bool
	name   string
}

func addRecord(cmd *cobra.Command) *recordFlags {
	f := &recordFlags{}
	cmd.Flags().BoolVar(&f.record, "record", false, "attach the score to the stored model, for chimera models and chimera runs")
	cmd.Flags().StringVar(&f.name, "name", "", "with --record: what to call the rows, such as their month; the file if it is not given")
	return f
}

// check refuses a name for what is not attached.
func (f *recordFlags) check() error {
	if f.name != "" && !f.record {
		return usageErrorf("--name is for a score that is attached to the model: say --record too")
	}
	return nil
}

// attach attaches the score, if it is asked for.
func (f *recordFlags) attach(cmd *cobra.Command, c *client.Client, s *client.Score, file string) error {
	if !f.record {
		return nil
	}
	name := f.name
	if name == "" {
		name = file
	}
	if err := c.AttachScore(cmd.Context(), name, s); err != nil {
		return fmt.Errorf("the score is not attached: %w", err)
	}
	note(cmd, "the score is attached to the model %s as %q", s.FitID, name)
	return nil
}
