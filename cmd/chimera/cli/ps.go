package cli

import (
	"fmt"
	"io"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/gochimera/chimera/config"
	"github.com/gochimera/chimera/launcher"
	"github.com/gochimera/chimera/launcher/docker"
	"github.com/gochimera/chimera/launcher/swarm"
)

func newPs() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "ps",
		Short: "List the project's containers on the Docker engine, its services in a swarm, or its pods in a cluster",
		Long: `ps lists the workers that launcher: docker has started and not removed: their
containers, what the engine says of their state and health, their addresses in
the workers' network, and where their ports are on the engine's machine. Of those
of launcher: swarm it lists the services, and the nodes that run them. If the
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
		services, err := swarm.Workers(cmd.Context(), engine, cfg.Project)
		if err != nil {
			return err
		}
		if len(services) > 0 || cfg.Launcher == config.SwarmLauncher {
			return printServices(cmd.OutOrStdout(), cfg.Project, services, *asJSON)
		}
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

// printServices lists a project's services in a swarm.
func printServices(out io.Writer, project string, services []swarm.Worker, asJSON bool) error {
	if asJSON {
		list := make([]listedService, len(services))
		for i, w := range services {
			list[i] = listedService{w.Name, w.Service, w.State, w.Status, w.Node, w.Address, w.Port, w.Image}
		}
		return printJSON(out, list)
	}
	if len(services) == 0 {
		_, _ = fmt.Fprintf(out, "project %s has no services in the swarm of the Docker engine\n", project)
		return nil
	}
	table := tabwriter.NewWriter(out, 0, 0, 3, ' ', 0)
	_, _ = fmt.Fprintln(table, "WORKER\tSERVICE\tSTATUS\tNODE\tADDRESS\tPORT\tIMAGE")
	for _, w := range services {
		_, _ = fmt.Fprintf(table, "%s\t%s\t%s\t%s\t%s\t%s\t%s\n", w.Name, w.Service, w.Status, w.Node, w.Address, w.Port, w.Image)
	}
	return table.Flush()
}

// listedService is a service, for a program.
type listedService struct {
	Worker  string `json:"worker"`
	Service string `json:"service"`
	State   string `json:"state"`
	Status  string `json:"status"`
	Node    string `json:"node,omitempty"`
	Address string `json:"address,omitempty"`
	Port    string `json:"port,omitempty"`
	Image   string `json:"image"`
}
