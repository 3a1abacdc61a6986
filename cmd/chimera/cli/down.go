package cli

import (
	"context"
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/gochimera/chimera/config"
	"github.com/gochimera/chimera/launcher"
	"github.com/gochimera/chimera/launcher/docker"
	"github.com/gochimera/chimera/launcher/swarm"
)

func newDown() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "down",
		Short: "Remove the project's containers, services, network and images from the Docker engine, or what it has elsewhere",
		Long: `down removes everything that launcher: docker or launcher: swarm made for the
project, whether it runs or was left behind by a program that was killed. Things
of other projects, and things that are not Chimera's, are left alone: it goes by
labels. Of other nodes of a swarm it removes the images where swarm.nodes names
their engines.

A project whose launcher keeps its workers elsewhere (kubernetes: in a cluster) is
removed from there, with everything that has its label, also what somebody has
applied by himself.`,
		Example: `  chimera down
  chimera down --project examples/bagging --json`,
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
		if remover, ok := elsewhere.(launcher.Remover); ok {
			return downElsewhere(cmd, cfg, remover, *asJSON)
		}
		engine, err := docker.Open(cmd.Context())
		if err != nil {
			return err
		}
		defer engine.Close()
		services, swarmErr := swarm.Down(cmd.Context(), engine, cfg.Project)
		removed, err := engine.Down(cmd.Context(), cfg.Project)
		removed.Networks = append(services.Networks, removed.Networks...)
		err = errors.Join(swarmErr, err, downNodes(cmd.Context(), cfg, &removed))
		if *asJSON {
			return errors.Join(err, printJSON(cmd.OutOrStdout(), map[string][]string{
				"containers": list(removed.Containers), "networks": list(removed.Networks), "images": list(removed.Images),
				"services": list(services.Services), "secrets": list(services.Secrets), "configs": list(services.Configs),
			}))
		}
		out, count := reportOf(cmd), 0
		for _, kind := range []struct {
			name  string
			names []string
		}{
			{"service", services.Services}, {"secret", services.Secrets}, {"config", services.Configs},
			{"container", removed.Containers}, {"network", removed.Networks}, {"image", removed.Images},
		} {
			for _, name := range kind.names {
				_, _ = fmt.Fprintf(out, "removed %-9s  %s\n", kind.name, name)
				count++
			}
		}
		if err == nil && count == 0 {
			_, _ = fmt.Fprintf(out, "project %s has nothing on the Docker engine\n", cfg.Project)
		}
		return err
	}
	return cmd
}

// downNodes removes the project's images from the other nodes of a swarm whose engines are known.
func downNodes(ctx context.Context, cfg *config.Config, removed *docker.Removed) error {
	var errs []error
	for _, host := range cfg.Swarm.Nodes {
		engine, err := docker.OpenAt(ctx, host)
		if err != nil {
			errs = append(errs, fmt.Errorf("swarm.nodes: %w", err))
			continue
		}
		errs = append(errs, swarm.RemoveContainers(ctx, engine, cfg.Project))
		there, err := engine.Down(ctx, cfg.Project)
		engine.Close()
		errs = append(errs, err)
		removed.Images = append(removed.Images, there.Images...)
	}
	return errors.Join(errs...)
}
