package cli

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/gochimera/chimera/launcher/docker"
)

func newLogs() *cobra.Command {
	var follow bool
	cmd := &cobra.Command{
		Use:   "logs NAME",
		Short: "Print what a worker's container has written",
		Long: `logs prints what the container of the worker NAME has written. What workers of
any launcher wrote, in all runs, is in chimera_logs/NAME.log.`,
		Example: `  chimera logs tree1
  chimera logs -f tree1`,
		Args:              cobra.ExactArgs(1),
		ValidArgsFunction: completeWorkers,
		RunE: func(cmd *cobra.Command, args []string) error {
			cfg, err := loadProject(cmd)
			if err != nil {
				return err
			}
			engine, err := docker.Open(cmd.Context())
			if err != nil {
				return err
			}
			defer engine.Close()
			err = engine.Logs(cmd.Context(), cfg.Project, args[0], follow, cmd.OutOrStdout(), cmd.ErrOrStderr())
			var missing *docker.NoWorkerError
			kept := filepath.Join(cfg.Dir, "chimera_logs", args[0]+".log")
			if _, statErr := os.Stat(kept); errors.As(err, &missing) && statErr == nil {
				return fmt.Errorf("%w; what it wrote in earlier runs is in %s", err, kept)
			}
			return err
		},
	}
	cmd.Flags().BoolVarP(&follow, "follow", "f", false, "go on until the container ends")
	return cmd
}
