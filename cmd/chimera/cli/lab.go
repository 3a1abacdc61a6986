package cli

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/gochimera/chimera/labs"
)

// labFlags say which labs are run, and how.
type labFlags struct {
	all  bool
	set  []string
	out  string
	seed uint64
	json *bool
}

func newLab() *cobra.Command {
	var f labFlags
	cmd := &cobra.Command{
		Use:   "lab [NAME | --all]",
		Short: "List and run experiments that show how distributed training behaves",
		Long: `lab lists the labs, or runs one: an experiment with masters and workers within this
process, which call each other over HTTP. It needs no project, and makes its own data.

A lab prints what it asks, a table, what was expected and whether it came so, and
questions. Its plots (SVG) and tables (CSV) go into the folder of --out. The guide has a
page with all labs and their parameters, which --set changes; a list is written with
commas. One --seed gives the same numbers again, but for times, and bytes of messages
that have times in them.

It fails if something did not come out that must by arithmetic.`,
		Example: `  chimera lab
  chimera lab bagging
  chimera lab bagging --set repetitions=3 --set replicates=10 --seed 7
  chimera lab --all --out pictures`,
		Args: cobra.MaximumNArgs(1),
		ValidArgsFunction: func(*cobra.Command, []string, string) (names []string, _ cobra.ShellCompDirective) {
			for _, l := range labs.All() {
				names = append(names, l.Name+"\t"+l.Title)
			}
			return names, cobra.ShellCompDirectiveNoFileComp
		},
	}
	cmd.Flags().BoolVar(&f.all, "all", false, "run all labs")
	cmd.Flags().StringArrayVar(&f.set, "set", nil, "a parameter of the lab, as `NAME=VALUE`; may be repeated")
	cmd.Flags().StringVar(&f.out, "out", "chimera_labs", "write plots and tables into this `folder`; an empty name is none")
	cmd.Flags().Uint64Var(&f.seed, "seed", 0, "`seed` of everything random")
	f.json = addJSON(cmd)
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		if len(args) == 0 && !f.all {
			return f.list(cmd)
		}
		return f.run(cmd, args)
	}
	return cmd
}

// list prints the labs.
func (f *labFlags) list(cmd *cobra.Command) error {
	if len(f.set) > 0 || cmd.Flags().Changed("out") || cmd.Flags().Changed("seed") {
		return usageErrorf("name a lab to run, or --all; without, the labs are listed")
	}
	if *f.json {
		return printJSON(cmd.OutOrStdout(), labs.All())
	}
	table := tabwriter.NewWriter(cmd.OutOrStdout(), 0, 0, 2, ' ', 0)
	for _, l := range labs.All() {
		_, _ = fmt.Fprintf(table, "%s\t%s\n", l.Name, l.Title) // Flush returns the error
	}
	return table.Flush()
}

// chosen are the labs to run, and their parameters.
func (f *labFlags) chosen(args []string) ([]labs.Lab, map[string]string, error) {
	if f.all {
		if len(args) > 0 || len(f.set) > 0 {
			return nil, nil, usageErrorf("--all runs every lab as it is: name one to change its parameters")
		}
		return labs.All(), nil, nil
	}
	l, err := labs.Find(args[0])
	if err != nil {
		return nil, nil, usageError{err}
	}
	given := map[string]string{}
	for _, text := range f.set {
		name, value, found := strings.Cut(text, "=")
		if !found || name == "" {
			return nil, nil, usageErrorf("--set: want NAME=VALUE, got %q", text)
		}
		given[name] = value
	}
	return []labs.Lab{l}, given, nil
}

// run runs labs one after the other.
func (f *labFlags) run(cmd *cobra.Command, args []string) error {
	list, given, err := f.chosen(args)
	if err != nil {
		return err
	}
	var results []*labs.Result
	var broken []error
	for _, l := range list {
		r, err := f.one(cmd, l, given)
		if err != nil {
			return err
		}
		results = append(results, r)
		for _, c := range r.Broken() {
			broken = append(broken, fmt.Errorf("lab %s: %s: this must hold by arithmetic, and did not: %s", l.Name, c.Expected, c.Found))
		}
	}
	switch {
	case *f.json && f.all:
		err = printJSON(cmd.OutOrStdout(), results)
	case *f.json:
		err = printJSON(cmd.OutOrStdout(), results[0])
	}
	return errors.Join(append(broken, err)...)
}

// one runs a lab, prints it unless the answer is JSON, and writes its files.
func (f *labFlags) one(cmd *cobra.Command, l labs.Lab, given map[string]string) (*labs.Result, error) {
	out := cmd.OutOrStdout()
	if *f.json {
		out = io.Discard
	}
	if err := l.Print(out); err != nil {
		return nil, err
	}
	p := newProgress(cmd)
	b := &labs.Bench{Seed: f.seed, Progress: func(done, total int, what string) { p.say("%s %s: %s", bar(done, total), l.Name, what) }}
	r, err := l.Run(cmd.Context(), b, given)
	p.clear()
	var wrong *labs.ParamError
	switch {
	case errors.As(err, &wrong):
		return nil, usageErrorf("--set: %w", err)
	case err != nil:
		return nil, err
	}
	if err := errors.Join(r.Print(out), l.PrintMore(out)); err != nil {
		return nil, err
	}
	_, _ = fmt.Fprintln(out)
	if f.out == "" {
		return r, nil
	}
	names, err := r.Write(f.out)
	if err != nil {
		return nil, inputError{fmt.Errorf("--out: %w", err)}
	}
	note(cmd, "%s: %s", f.out, strings.Join(names, ", "))
	return r, nil
}
