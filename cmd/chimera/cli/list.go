package cli

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/gochimera/chimera/config"
	"github.com/gochimera/chimera/distribute"
	"github.com/gochimera/chimera/internal/catalogue"
)

// listed is something that registers under a name.
type listed struct {
	Name    string `json:"name"`
	Summary string `json:"summary"`
	Own     bool   `json:"own,omitempty"` // the project's own
}

// lists are what there is to list, by the word that asks for it.
var lists = map[string]func(*cobra.Command) ([]listed, error){
	"kinds":     func(*cobra.Command) ([]listed, error) { return kinds(), nil },
	"launchers": func(*cobra.Command) ([]listed, error) { return launchers(), nil },
	"learners":  learners,
	"losses":    losses,
}

func newList() *cobra.Command {
	words := slices.Sorted(maps.Keys(lists))
	cmd := &cobra.Command{
		Use:   "list WHAT",
		Short: "List the kinds of master, the launchers, the losses or the learners",
		Long: `list prints what a chimera.yaml can name, one per line with a sentence:

  kinds      ways to distribute the training, for master:
  launchers  ways to start the workers, for launcher:
  learners   models, for learner: (chimera learners says more)
  losses     what training minimises, for the parameter loss of a learner

In a project with packages: in its chimera.yaml, what those register is listed too:
a command line that links them is built and asked.`,
		Example: `  chimera list kinds
  chimera list launchers --json`,
		Args:      cobra.ExactArgs(1),
		ValidArgs: words,
	}
	asJSON := addJSON(cmd)
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		find, known := lists[args[0]]
		if !known {
			return usageErrorf("want one of %s, got %q", strings.Join(words, ", "), args[0])
		}
		if args[0] != "learners" { // those are asked of a worker
			if err := linkForList(cmd); err != nil {
				return err
			}
		}
		list, err := find(cmd)
		if err != nil {
			return err
		}
		if *asJSON {
			return printJSON(cmd.OutOrStdout(), list)
		}
		return printList(cmd.OutOrStdout(), list)
	}
	return cmd
}

// linkForList has the packages of the project linked, if there is one: what
// they register is to be listed whether its chimera.yaml names it or not.
func linkForList(cmd *cobra.Command) error {
	dir, err := findProject(cmd)
	if err == nil {
		return goOnLinked(cmd, dir)
	}
	if flag := cmd.Flag("project"); flag != nil && flag.Changed {
		return err
	}
	return nil // a list needs no project
}

func printList(out io.Writer, list []listed) error {
	table := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	for _, l := range list {
		own := ""
		if l.Own {
			own = " (the project's own)"
		}
		_, _ = fmt.Fprintf(table, "%s\t%s%s\n", l.Name, l.Summary, own) // Flush returns the error
	}
	return table.Flush()
}

// kinds are the registered kinds of distribution.
func kinds() []listed {
	var list []listed
	for _, k := range distribute.List() {
		list = append(list, listed{k.Name, k.Summary, !strings.HasPrefix(k.Master.Package+"/", "github.com/gochimera/chimera/")})
	}
	return list
}

// launchers are the registered ways to start workers.
func launchers() []listed {
	var list []listed
	for i, l := range config.Launchers() {
		list = append(list, listed{l.Name, l.Summary, i >= config.BuiltinLaunchers})
	}
	return list
}

// learners are those that come with Chimera and the project's own.
func learners(cmd *cobra.Command) ([]listed, error) {
	table, err := allLearners(cmd)
	if err != nil {
		return nil, err
	}
	var list []listed
	for _, info := range table.List() {
		list = append(list, listed{info.Name, info.Summary, catalogue.Own(info)})
	}
	return list, nil
}

// losses are the values that the learners' parameters called loss can have,
// each with the learners that it is for.
func losses(cmd *cobra.Command) ([]listed, error) {
	table, err := allLearners(cmd)
	if err != nil {
		return nil, err
	}
	users := map[string][]string{}
	for _, info := range table.List() {
		for _, p := range info.Params {
			if p.Name != "loss" {
				continue
			}
			for _, name := range choices(p.Schema) {
				users[name] = append(users[name], info.Name)
			}
		}
	}
	list := []listed{}
	for _, name := range slices.Sorted(maps.Keys(users)) {
		list = append(list, listed{Name: name, Summary: "For " + strings.Join(users[name], ", ") + "."})
	}
	return list, nil
}

// choices are the values that a parameter's schema allows, if it lists them.
func choices(schema map[string]any) []string {
	switch all := schema["enum"].(type) {
	case []string:
		return all
	case []any:
		var names []string
		for _, one := range all {
			if name, ok := one.(string); ok {
				names = append(names, name)
			}
		}
		return names
	default:
		return nil
	}
}
