package cli

import (
	"errors"
	"fmt"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/gochimera/chimera/config"
	"github.com/gochimera/chimera/launcher"
)

// projectLauncher is the launcher that a project names. One of a module of its own is linked by a command line with the project's packages, which
// goes on then.
func projectLauncher(cmd *cobra.Command, cfg *config.Config) (launcher.Launcher, error) {
	info, err := launcher.Lookup(string(cfg.Launcher))
	if err != nil {
		if again := goOnLinked(cmd, cfg.Dir); again != nil {
			return nil, again
		}
		return nil, inputError{err}
	}
	return info.New(launcher.Setup{Config: cfg})
}

// removedThing is something that was removed, for a program.
type removedThing struct {
	Kind string `json:"kind"`
	Name string `json:"name"`
}

// downElsewhere removes what a launcher has made.
func downElsewhere(cmd *cobra.Command, cfg *config.Config, from launcher.Remover, asJSON bool) error {
	removed, err := from.Down(cmd.Context(), cfg.Project)
	if asJSON {
		all := make([]removedThing, len(removed))
		for i, r := range removed {
			all[i] = removedThing{r.Kind, r.Name}
		}
		return errors.Join(err, printJSON(cmd.OutOrStdout(), map[string][]removedThing{"removed": all}))
	}
	for _, r := range removed {
		_, _ = fmt.Fprintf(reportOf(cmd), "removed %-11s  %s\n", r.Kind, r.Name)
	}
	if err == nil && len(removed) == 0 {
		_, _ = fmt.Fprintf(reportOf(cmd), "project %s has nothing there (launcher: %s)\n", cfg.Project, cfg.Launcher)
	}
	return err
}

// runningWorker is a worker that runs elsewhere, for a program.
type runningWorker struct {
	Worker  string `json:"worker"`
	Name    string `json:"name"`
	State   string `json:"state"`
	Status  string `json:"status"`
	Node    string `json:"node,omitempty"`
	Address string `json:"address,omitempty"`
	Image   string `json:"image"`
}

// psElsewhere lists the workers that a launcher has started.
func psElsewhere(cmd *cobra.Command, cfg *config.Config, of launcher.Lister, asJSON bool) error {
	list, err := of.Running(cmd.Context(), cfg.Project)
	if err != nil {
		return err
	}
	if asJSON {
		all := make([]runningWorker, len(list))
		for i, r := range list {
			all[i] = runningWorker(r)
		}
		return printJSON(cmd.OutOrStdout(), all)
	}
	if len(list) == 0 {
		_, _ = fmt.Fprintf(cmd.OutOrStdout(), "project %s has no workers there (launcher: %s)\n", cfg.Project, cfg.Launcher)
		return nil
	}
	table := tabwriter.NewWriter(cmd.OutOrStdout(), 0, 0, 3, ' ', 0)
	_, _ = fmt.Fprintln(table, "WORKER\tNAME\tSTATUS\tNODE\tADDRESS\tIMAGE")
	for _, r := range list {
		_, _ = fmt.Fprintf(table, "%s\t%s\t%s\t%s\t%s\t%s\n", r.Worker, r.Name, r.Status, r.Node, r.Address, r.Image)
	}
	return table.Flush()
}
