package cli

import (
	"os"

	"github.com/spf13/cobra"

	"github.com/gochimera/chimera/config"
	"github.com/gochimera/chimera/internal/catalogue"
	_ "github.com/gochimera/chimera/registry/allrules" // so that a project's learners may have every rule of package validator
)

// newRoot makes the command. started becomes true once flags and arguments are
// understood: a failure after that is not wrong use.
func newRoot() (root *cobra.Command, started *bool) {
	started = new(bool)
	root = &cobra.Command{
		Use:   "chimera",
		Short: "Train one model on many workers, and serve it",
		Long: `chimera looks after a project of distributed machine learning: a folder with a
chimera.yaml, which says what the workers are and how they are started.

The project is the folder that --project names, else CHIMERA_PROJECT, else the
working directory.

Answers go to standard output, and nothing else does: progress and warnings go
to standard error, progress only if that is a terminal. NO_COLOR turns colours off,
TERM=dumb also what overwrites a line.

With --json an answer is one JSON document. With --quiet there are no progress and no
notes, and a command that does something does not say that it has: what was asked
for, warnings and errors are left.

` + exitHelp,
		Version:          thisVersion(),
		SilenceErrors:    true,
		SilenceUsage:     true,
		PersistentPreRun: func(*cobra.Command, []string) { *started = true },
	}
	root.SetVersionTemplate("{{.Version}}\n")
	root.Flags().Bool("version", false, "print the version, its commit and that of Go")
	root.PersistentFlags().String("project", "", "the project's `folder`")
	root.PersistentFlags().BoolP("quiet", "q", false, "no progress, no notes, no report of what was done")
	root.AddCommand(newInit(), newGenerate(), newValidate(), newRun(), newSplit(), newInspect())
	root.AddCommand(newFit(), newPredict(), newScore(), newExplain(), newStatus(), newScale(), newWatch(), newTimes())
	root.AddCommand(newModels(), newRuns(), newReplay(), newServe(), newExport(), newImage())
	root.AddCommand(newCV(), newTune(), newCompare(), newLab())
	root.AddCommand(newLearners(), newList(), newSchema(), newOpenAPI())
	root.AddCommand(newDown(), newLogs(), newPs(), newManifests(), newToken(), newCertificate(), newIdentity())
	return root, started
}

// findProject is the folder of the project that a command is about.
func findProject(cmd *cobra.Command) (string, error) {
	option, err := cmd.Flags().GetString("project")
	if err != nil {
		return "", err
	}
	dir, err := config.FindProject(config.Search{Option: option, Env: os.LookupEnv})
	if err != nil {
		return "", inputError{err}
	}
	return dir, nil
}

// loadProject reads its configuration.
func loadProject(cmd *cobra.Command) (*config.Config, error) {
	dir, err := findProject(cmd)
	if err != nil {
		return nil, err
	}
	return loadLinked(cmd, config.Options{Dir: dir, Env: os.LookupEnv, Catalogue: catalogue.Shipped()})
}
