package cli

import (
	"fmt"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/gochimera/chimera/launcher/docker"
)

func newPs() *cobra.Command {
	return &cobra.Command{
		Use:   "ps",
		Short: "List the project's containers on the Docker engine",
		Long: `ps lists the workers that launcher: docker has started and not removed: their
containers, what the engine says of their state and health, their addresses in
the workers' network, and where their ports are on the engine's machine.`,
		Example: `  chimera ps
  chimera ps --project examples/bagging`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			cfg, err := loadProject(cmd)
			if err != nil {
				return err
			}
			engine, err := docker.Open(cmd.Context())
			if err != nil {
				return err
			}
			defer engine.Close()
			list, err := engine.Workers(cmd.Context(), cfg.Project)
			if err != nil {
				return err
			}
			if len(list) == 0 {
				_, _ = fmt.Fprintf(cmd.OutOrStdout(), "project %s has no containers on the Docker engine\n", cfg.Project)
				return nil
			}
			table := tabwriter.NewWriter(cmd.OutOrStdout(), 0, 0, 3, ' ', 0)
			_, _ = fmt.Fprintln(table, "WORKER\tCONTAINER\tSTATUS\tADDRESS\tPORT\tIMAGE")
			for _, w := range list {
				_, _ = fmt.Fprintf(table, "%s\t%s\t%s\t%s\t%s\t%s\n", w.Name, w.Container, w.Status, w.Address, w.Published, w.Image)
			}
			return table.Flush()
		},
	}
}
