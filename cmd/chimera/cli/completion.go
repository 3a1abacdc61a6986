package cli

import (
	"github.com/spf13/cobra"

	"github.com/gochimera/chimera/internal/catalogue"
)

// complete offers the values of a flag to the shell.
func complete(cmd *cobra.Command, flag string, values ...string) {
	err := cmd.RegisterFlagCompletionFunc(flag, func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
		return values, cobra.ShellCompDirectiveNoFileComp
	})
	if err != nil {
		panic(err) // the flag is not defined, which is a mistake in the program
	}
}

// completeLearners offers the learners' names for the first argument.
func completeLearners(_ *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
	if len(args) > 0 {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	return learnerNames(), cobra.ShellCompDirectiveNoFileComp
}

func learnerNames() []string {
	var names []string
	for _, info := range catalogue.Shipped().List() {
		names = append(names, info.Name+"\t"+info.Summary)
	}
	return names
}

// completeWorkers offers the names of the project's workers.
func completeWorkers(cmd *cobra.Command, _ []string, _ string) ([]string, cobra.ShellCompDirective) {
	cfg, err := loadProject(cmd)
	if err != nil {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	var names []string
	for _, w := range cfg.Workers {
		names = append(names, w.Name+"\t"+w.Learner)
	}
	return names, cobra.ShellCompDirectiveNoFileComp
}
