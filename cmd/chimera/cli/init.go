package cli

import (
	"bufio"
	"fmt"
	"io"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/gochimera/chimera/cmd/chimera/internal/scaffold"
	"github.com/gochimera/chimera/cmd/chimera/internal/split"
	"github.com/gochimera/chimera/config"
	"github.com/gochimera/chimera/internal/catalogue"
)

func newInit() *cobra.Command {
	var o scaffold.Options
	var master string
	var own initData
	cmd := &cobra.Command{
		Use:   "init [DIR]",
		Short: "Make a project that runs",
		Long: `init makes a project in an empty folder: its module, a chimera.yaml with
comments, a program, a learner of your own with the line that tests it, a small
data set (iris) already split, and a README. It runs at once, with go run .

With --data it makes a project of a data set of your own instead: --target names
the column to learn, or its position (-1 is the last). The task shows in the target:
texts and few different whole numbers are classes, other numbers are quantities;
--task says otherwise. With --task clustering or --task decomposition there need be no
target; such a project has the master summation. The rows are dealt out to the workers, a quarter is held out
for a test (--holdout), and the learner fits the task and the master.

On a terminal it asks for what the flags do not say.`,
		Example: `  chimera init iris
  chimera init iris --master aggregation --learner tree-classifier --workers 3
  chimera init . --module example.com/me/iris
  chimera init income --data adult.csv --target income --drop id
  chimera init groups --data customers.csv --task clustering
  chimera init abalone --data abalone.data --target -1 --no-header --workers 2`,
		Args: cobra.MaximumNArgs(1),
	}
	cmd.Flags().StringVar(&master, "master", string(config.AggregationMaster), "kind of `master`: "+strings.Join(scaffold.Masters(), " or "))
	cmd.Flags().StringVar(&o.Learner, "learner", "", "the workers' `learner` ("+defaultLearners()+")")
	cmd.Flags().IntVar(&o.Workers, "workers", 4, "`number` of workers")
	cmd.Flags().StringVar(&o.Module, "module", "", "the module's `path` (example.com/ and the folder's name)")
	cmd.Flags().StringVar(&o.Replace, "replace", "", "the `folder` of Chimera's own source (where this program was built)")
	own.add(cmd)
	asJSON := addJSON(cmd)
	complete(cmd, "master", scaffold.Masters()...)
	complete(cmd, "learner", append([]string{scaffold.Own + "\tthe project's own"}, learnerNames()...)...)
	cmd.RunE = func(cmd *cobra.Command, args []string) (err error) {
		o.Dir, o.Catalogue = ".", catalogue.Shipped()
		if len(args) == 1 {
			o.Dir = args[0]
		}
		if err := scaffold.CheckFolder(o.Dir); err != nil { // before anything is asked
			return err
		}
		if o.Data, err = own.data(cmd); err != nil {
			return err
		}
		if o.Data != nil && o.Data.Task != "" && !o.Data.Task.Supervised() && !cmd.Flags().Changed("master") {
			master = scaffold.MasterFor(o.Data.Task, master)
		}
		if isTerminal(cmd.InOrStdin()) {
			if err := askInit(cmd, &master, &o); err != nil {
				return err
			}
		}
		o.Master = config.Master(master)
		if o.Replace == "" {
			if o.Replace, err = scaffold.Source(cmd.Context(), "."); err != nil {
				return err
			}
		}
		made, err := scaffold.Init(cmd.Context(), o)
		if err != nil {
			return err
		}
		if *asJSON {
			return printJSON(cmd.OutOrStdout(), madeProject{o.Dir, made.Project, master, o.Workers, made.Learner, string(made.Task), made.Split})
		}
		printNextSteps(reportOf(cmd), o, made)
		return nil
	}
	return cmd
}

// madeProject is a new project, for a program.
type madeProject struct {
	Dir     string        `json:"dir"`
	Project string        `json:"project"`
	Master  string        `json:"master"`
	Workers int           `json:"workers"`
	Learner string        `json:"learner"`
	Task    string        `json:"task,omitempty"`  // of data of the user's own
	Split   *split.Report `json:"split,omitempty"` // how that was dealt out
}

// defaultLearners says which learner a new project of each kind of master has.
func defaultLearners() string {
	var list []string
	for _, master := range scaffold.Masters() {
		name := scaffold.Default(config.Master(master))
		if name == scaffold.Own {
			name = "the project's own " + name
		}
		list = append(list, "for "+master+", "+name)
	}
	return strings.Join(list, "; ")
}

func printNextSteps(out io.Writer, o scaffold.Options, made *scaffold.Result) {
	_, _ = fmt.Fprintf(out, "made project %s: %s master, workers: %d, learner %s\n\n", made.Project, o.Master, o.Workers, made.Learner)
	if made.About != "" {
		_, _ = fmt.Fprintf(out, "%s\n", made.About)
		if made.Task.Supervised() {
			_, _ = fmt.Fprint(out, "if that is not so: --task classification or --task regression, or another learner in chimera.yaml\n")
		}
		_, _ = fmt.Fprintln(out)
	}
	if clean := filepath.Clean(o.Dir); clean != "." {
		_, _ = fmt.Fprintf(out, "  cd %s\n", clean)
	}
	_, _ = fmt.Fprint(out, `  go generate     # after each change of chimera.yaml
  go run .        # serves until Ctrl-C
`)
	switch {
	case o.Data == nil:
		_, _ = fmt.Fprint(out, "  go test ./...   # holds your learner to the contract\n")
	case made.Split.Test != nil:
		truth := ""
		if made.Split.Task != "" { // there are targets
			truth = " test_data/y_test.csv"
		}
		_, _ = fmt.Fprintf(out, `
and then, in another terminal:
  go tool chimera fit
  go tool chimera score test_data/X_test.csv%s
`, truth)
	}
}

// askInit asks for what no flag gave; an empty answer accepts the default.
func askInit(cmd *cobra.Command, master *string, o *scaffold.Options) error {
	in := bufio.NewReader(newInput(cmd.Context(), cmd.InOrStdin()))
	ask := func(flag, question, offered string) (string, error) {
		if cmd.Flags().Changed(flag) {
			return offered, nil
		}
		_, _ = fmt.Fprintf(cmd.ErrOrStderr(), "%s [%s]: ", question, offered)
		line, err := in.ReadString('\n')
		if cmd.Context().Err() != nil {
			_, _ = fmt.Fprintln(cmd.ErrOrStderr()) // the question's line ends
			return "", cmd.Context().Err()
		}
		if err != nil {
			return "", usageErrorf("no answer to what was asked")
		}
		if line = strings.TrimSpace(line); line == "" {
			line = offered
		}
		return line, nil
	}
	var err error
	if *master, err = ask("master", "Kind of master: "+strings.Join(scaffold.Masters(), " or "), *master); err != nil {
		return err
	}
	if o.Data != nil { // whose task decides about the learner
		return askWorkers(ask, o)
	}
	if o.Learner == "" {
		o.Learner = scaffold.Default(config.Master(*master))
	}
	if o.Learner, err = ask("learner", "Learner (chimera learners lists them)", o.Learner); err != nil {
		return err
	}
	return askWorkers(ask, o)
}

func askWorkers(ask func(flag, question, offered string) (string, error), o *scaffold.Options) error {
	workers, err := ask("workers", "Number of workers", strconv.Itoa(o.Workers))
	if err != nil {
		return err
	}
	if o.Workers, err = strconv.Atoi(workers); err != nil {
		return usageErrorf("number of workers: want a number, got %q", workers)
	}
	return nil
}
