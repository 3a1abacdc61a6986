package cli

import (
	"fmt"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/gochimera/chimera/launcher"
	"github.com/gochimera/chimera/launcher/docker"
)

func newPs() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "ps",
		Short: "List the project's containers on the Docker engine, or its pods in a cluster",
		Long: `ps lists the workers that launcher: docker has started and not removed: their
containers, what the engine says of their state and health, their addresses in
the workers' network, and where their ports are on the engine's machine. If the
project's launcher keeps its workers elsewhere (kubernetes: in a cluster), it lists
those.`,
		Example: `  chimera ps
  chimera ps --project examples/bagging --json`,
		Args: cobra.NoArgs,
	}
	asJSON := addJSON(cmd)
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		cfg, err := loadProject(cmd)
		if err != nil {
			return err
		}
		elsewhere, err := projectLauncher(cmd, cfg)
		if err != nil {
			return err
		}
		if lister, ok := elsewhere.(launcher.Lister); ok {
			return psElsewhere(cmd, cfg, lister, *asJSON)
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
		if *asJSON {
			return printJSON(cmd.OutOrStdout(), containers(list))
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
	}
	return cmd
}

// listedContainer is a container, for a program.
type listedContainer struct {
	Worker    string `json:"worker"`
	Container string `json:"container"`
	State     string `json:"state"`
	Status    string `json:"status"`
	Address   string `json:"address,omitempty"`
	Published string `json:"port,omitempty"`
	Image     string `json:"image"`
}

func containers(workers []docker.Worker) []listedContainer {
	list := make([]listedContainer, len(workers))
	for i, w := range workers {
		list[i] = listedContainer{w.Name, w.Container, w.State, w.Status, w.Address, w.Published, w.Image}
	}
	return list
}
