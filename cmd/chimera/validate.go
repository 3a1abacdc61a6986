package main

import (
	"fmt"

	"github.com/spf13/cobra"
)

func newValidate() *cobra.Command {
	return &cobra.Command{
		Use:   "validate",
		Short: "Check chimera.yaml and the environment",
		Long: `validate reads chimera.yaml and the CHIMERA_ variables and reports everything
that is wrong with them, each with its place and what is allowed. It changes
nothing.

Learners of the project's own are checked when their workers are built.`,
		Example: `  chimera validate
  chimera validate --project examples/bagging`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			cfg, err := loadProject(cmd)
			if err != nil {
				return err
			}
			out := cmd.OutOrStdout()
			_, _ = fmt.Fprintf(out, "project %s: %s master, %s launcher, workers: %d\n", cfg.Project, cfg.Master, cfg.Launcher, len(cfg.Workers))
			for _, w := range cfg.Workers {
				if w.Unchecked() {
					_, _ = fmt.Fprintf(out, "worker %s: %s is the project's own and is checked when it is built\n", w.Name, w.Learner)
				}
			}
			return nil
		},
	}
}
