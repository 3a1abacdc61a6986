package cli

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/gochimera/chimera/cmd/chimera/internal/validate"
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
that can train them. With a name it prints that learner's parameters, their
defaults and limits.

In a project with packages: in its chimera.yaml, its own learners are listed too,
and marked, and its own losses among those that a learner takes: a worker that has
them is built and asked.`,
		Example: `  chimera learners
  chimera learners --task regression --capability differentiable
  chimera learners tree-classifier
  chimera learners tree-classifier --json
  chimera learners --markdown --output learners.md`,
		Args:              cobra.MaximumNArgs(1),
		ValidArgsFunction: completeLearners,
	}
	asJSON, output := addJSON(cmd), addOutput(cmd)
	cmd.Flags().StringVar(&task, "task", "", "only those for this `task`: classification, regression, clustering or decomposition")
	cmd.Flags().StringVar(&capability, "capability", "", "only those that have this `capability`, such as differentiable")
	cmd.Flags().BoolVar(&markdown, "markdown", false, "print a page in Markdown")
	cmd.MarkFlagsMutuallyExclusive("json", "markdown")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		filter, err := learnerFilter(task, capability)
		if err != nil {
			return usageError{err}
		}
		var list []registry.Info
		if len(args) == 1 {
			info, err := findLearner(cmd, args[0])
			if err != nil {
				return err
			}
			list = []registry.Info{info}
		} else {
			table, err := allLearners(cmd)
			if err != nil {
				return err
			}
			list = table.Select(filter)
		}
		return write(cmd, *output, func(out io.Writer) error {
			switch {
			case *asJSON && len(args) == 1:
				return printJSON(out, marked(list)[0])
			case *asJSON:
				return printJSON(out, marked(list))
			case markdown:
				return catalogue.WriteMarkdown(out, list)
			case len(args) == 1:
				return catalogue.Write(out, list[0])
			default:
				return catalogue.WriteList(out, list)
			}
		})
	}
	complete(cmd, "task", taskNames()...)
	complete(cmd, "capability", capabilityNames()...)
	return cmd
}

// findLearner describes one learner. The project is asked only about one that
// does not come with Chimera, or that takes names which the project may add to.
func findLearner(cmd *cobra.Command, name string) (registry.Info, error) {
	if info, err := catalogue.Shipped().Lookup(name); err == nil && !info.Open() {
		return info, nil
	}
	table, err := allLearners(cmd)
	if err != nil {
		return registry.Info{}, err
	}
	return table.Lookup(name)
}

// allLearners describes the learners that come with Chimera and, in a project,
// those of its own. If the project has errors, only those are left out, with a warning:
// the list may be what its owner needs to correct it.
func allLearners(cmd *cobra.Command) (catalogue.Table, error) {
	shipped := catalogue.Shipped()
	if _, err := findProject(cmd); err != nil {
		if flag := cmd.Flag("project"); flag != nil && flag.Changed {
			return shipped, err
		}
		return shipped, nil // the list needs no project
	}
	own, err := ownLearners(cmd)
	switch {
	case cmd.Context().Err() != nil:
		return shipped, err
	case err != nil:
		warn(cmd, "without the project's own learners: %v", err)
		return shipped, nil
	}
	asComes := slices.DeleteFunc(shipped.List(), func(info registry.Info) bool {
		return slices.ContainsFunc(own, func(o registry.Info) bool { return o.Name == info.Name })
	})
	return catalogue.New(append(asComes, own...)...), nil
}

func ownLearners(cmd *cobra.Command) ([]registry.Info, error) {
	cfg, err := loadProject(cmd)
	if err != nil {
		return nil, err
	}
	p := newProgress(cmd)
	p.say("asking a worker about the project's own learners")
	defer p.clear()
	return validate.Own(cmd.Context(), cfg)
}

// marked is a list for a program, which marks the project's own learners.
func marked(list []registry.Info) []markedInfo {
	all := make([]markedInfo, len(list))
	for i, info := range list {
		all[i] = markedInfo{info, catalogue.Own(info)}
	}
	return all
}

type markedInfo struct {
	registry.Info
	Own bool `json:"own,omitempty"`
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

func taskNames() []string {
	var names []string
	for _, t := range learner.Tasks() {
		names = append(names, string(t))
	}
	return names
}

func capabilityNames() []string {
	var names []string
	for _, c := range catalogue.Capabilities() {
		names = append(names, string(c))
	}
	return names
}
