package main

import (
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"github.com/gochimera/chimera/internal/catalogue"
	"github.com/gochimera/chimera/learner"
	"github.com/gochimera/chimera/registry"
)

func newLearners() *cobra.Command {
	var task, capability string
	var markdown bool
	cmd := &cobra.Command{
		Use:   "learners [NAME]",
		Short: "List the learners, or one with its parameters",
		Long: `learners lists the learners that come with Chimera, by task, with the masters
that can train them. With a name it tells that learner's parameters, their
defaults and limits.`,
		Example: `  chimera learners
  chimera learners --task regression --capability differentiable
  chimera learners tree-classifier
  chimera learners tree-classifier --json
  chimera learners --markdown --output learner/REFERENCE.md`,
		Args:              cobra.MaximumNArgs(1),
		ValidArgsFunction: completeLearners,
	}
	asJSON, output := addJSON(cmd), addOutput(cmd)
	cmd.Flags().StringVar(&task, "task", "", "only those for this `task`: classification or regression")
	cmd.Flags().StringVar(&capability, "capability", "", "only those that have this `capability`, such as differentiable")
	cmd.Flags().BoolVar(&markdown, "markdown", false, "print a page in Markdown")
	cmd.MarkFlagsMutuallyExclusive("json", "markdown")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		table := catalogue.Shipped()
		filter, err := learnerFilter(task, capability)
		if err != nil {
			return usageError{err}
		}
		list := table.Select(filter)
		if len(args) == 1 {
			info, err := table.Lookup(args[0])
			if err != nil {
				return err
			}
			list = []registry.Info{info}
		}
		return write(cmd, *output, func(out io.Writer) error {
			switch {
			case *asJSON && len(args) == 1:
				return printJSON(out, list[0])
			case *asJSON:
				return printJSON(out, list)
			case markdown:
				return catalogue.WriteMarkdown(out, list)
			case len(args) == 1:
				return catalogue.Write(out, list[0])
			default:
				return catalogue.WriteList(out, list)
			}
		})
	}
	complete(cmd, "task", string(learner.Classification), string(learner.Regression))
	complete(cmd, "capability", capabilityNames()...)
	return cmd
}

func learnerFilter(task, capability string) (f catalogue.Filter, err error) {
	if task != "" {
		if f.Task, err = learner.ParseTask(task); err != nil {
			return f, fmt.Errorf("--task: %w", err)
		}
	}
	for _, c := range catalogue.Capabilities() {
		if capability == string(c) {
			f.Capability = c
		}
	}
	if capability != "" && f.Capability == "" {
		return f, errors.New("--capability: want one of " + strings.Join(capabilityNames(), ", ") + fmt.Sprintf(", got %q", capability))
	}
	return f, nil
}

func capabilityNames() []string {
	var names []string
	for _, c := range catalogue.Capabilities() {
		names = append(names, string(c))
	}
	return names
}
