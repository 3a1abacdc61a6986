package main

import (
	"os"

	"github.com/spf13/cobra"

	"github.com/gochimera/chimera/config"
	"github.com/gochimera/chimera/internal/catalogue"
)

// newRoot makes the command. started turns true when flags and arguments were
// understood, so that what fails later was no misuse.
func newRoot() (root *cobra.Command, started *bool) {
	started = new(bool)
	root = &cobra.Command{
		Use:   "chimera",
		Short: "Train one model on many workers, and serve it",
		Long: `chimera looks after a project of distributed machine learning: a folder with a
chimera.yaml, which says what the workers are and how they are started.

The project is the folder that --project names, else CHIMERA_PROJECT, else the
working directory.`,
		SilenceErrors:     true,
		SilenceUsage:      true,
		PersistentPreRun:  func(*cobra.Command, []string) { *started = true },
		CompletionOptions: cobra.CompletionOptions{HiddenDefaultCmd: true},
	}
	root.PersistentFlags().String("project", "", "the project's `folder`")
	root.AddCommand(newGenerate(), newValidate())
	return root, started
}

// loadProject reads the configuration of the project that a command is about.
func loadProject(cmd *cobra.Command) (*config.Config, error) {
	option, err := cmd.Flags().GetString("project")
	if err != nil {
		return nil, err
	}
	dir, err := config.FindProject(config.Search{Option: option, Env: os.LookupEnv})
	if err != nil {
		return nil, err
	}
	return config.Load(config.Options{Dir: dir, Env: os.LookupEnv, Catalogue: catalogue.Shipped()})
}
