package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/gochimera/chimera/client"
	"github.com/gochimera/chimera/internal/api"
	"github.com/gochimera/chimera/internal/program"
	"github.com/gochimera/chimera/internal/split"
)

func newFit() *cobra.Command {
	var local bool
	var test string
	cmd := &cobra.Command{
		Use:   "fit",
		Short: "Fit the model and tell who took part",
		Long: `fit has the master fit its model and waits for it. Ctrl-C cancels the fit, and
the model that served before serves on.

With --local, no master is needed: the project's program is built and run with
all workers inside that one process, fits, and ends. One seed gives the same
model as with workers that are processes, so it is something to compare with.
` + masterHelp,
		Example: `  chimera fit
  chimera fit --url http://localhost:9000 --json
  chimera fit --local --score test_data`,
		Args: cobra.NoArgs,
	}
	asJSON := addJSON(cmd)
	addURL(cmd)
	cmd.Flags().BoolVar(&local, "local", false, "fit the project in one process, to compare")
	cmd.Flags().StringVar(&test, "score", "", "then score on X_test.csv and y_test.csv of this `folder`")
	cmd.MarkFlagsMutuallyExclusive("local", "url")
	cmd.MarkFlagsMutuallyExclusive("json", "score")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		if !local {
			c, err := connect(cmd)
			if err != nil {
				return err
			}
			defer c.Close()
			return fitAndScore(cmd, c, *asJSON, test)
		}
		cfg, err := loadProject(cmd)
		if err != nil {
			return err
		}
		running, err := startProgram(cmd, cfg.Dir, program.Options{Env: []string{"CHIMERA_LAUNCHER=inprocess", "CHIMERA_MASTER_PORT=0", "CHIMERA_ANNOUNCE=no"}})
		if err != nil {
			return err
		}
		defer running.Stop()
		c, err := client.New(running.URL)
		if err != nil {
			return err
		}
		defer c.Close()
		return fitAndScore(cmd, c, *asJSON, test)
	}
	return cmd
}

// startProgram builds and starts the project's program, with a word about it on
// a terminal.
func startProgram(cmd *cobra.Command, dir string, o program.Options) (*program.Running, error) {
	p := newProgress(cmd)
	p.say("building and starting the program in %s", dir)
	defer p.clear()
	o.Dir = dir
	running, err := program.Start(cmd.Context(), o)
	var ended *program.ExitError
	if errors.As(err, &ended) && strings.Contains(ended.Output, "is in use") {
		return nil, inputError{err}
	}
	return running, err
}

// fitAndScore fits, prints who took part and, if a folder is given, the score
// on its rows.
func fitAndScore(cmd *cobra.Command, c *client.Client, asJSON bool, test string) error {
	if test != "" {
		if _, err := os.Stat(filepath.Join(test, split.TestFeatures)); err != nil { // before a fit that may take long
			return inputError{fmt.Errorf("--score: there is no %s", filepath.Join(test, split.TestFeatures))}
		}
	}
	result, err := follow(cmd, c)
	if err != nil {
		return err
	}
	if asJSON {
		return printJSON(cmd.OutOrStdout(), result)
	}
	if err := printFit(cmd.OutOrStdout(), result); err != nil || test == "" {
		return err
	}
	_, _ = fmt.Fprintln(cmd.OutOrStdout())
	return scoreFolder(cmd.Context(), cmd.OutOrStdout(), c, test)
}

func scoreFolder(ctx context.Context, out io.Writer, c *client.Client, test string) error {
	return score(ctx, out, c, filepath.Join(test, split.TestFeatures), filepath.Join(test, split.TestTarget), false)
}

// follow fits with a line of progress.
func follow(cmd *cobra.Command, c *client.Client) (*client.FitResult, error) {
	p := newProgress(cmd)
	p.say("fitting")
	result, err := c.FollowFit(cmd.Context(), func(e client.Event) {
		switch e := e.Event.(type) {
		case api.WorkerFittedEvent:
			p.say("fitting  %s %d of %d workers", bar(e.Done, e.Total), e.Done, e.Total)
		case api.WorkerFailedEvent:
			p.say("fitting  %s %d of %d workers, %s failed", bar(e.Done, e.Total), e.Done, e.Total, e.Failure.Worker)
		case api.StepEvent:
			p.say("fitting  %s step %d of at most %d, loss %.6g", bar(e.Step, e.MaxIter), e.Step, e.MaxIter, e.Loss)
		}
	})
	p.clear()
	if err != nil && !is[*client.UnreachableError](err) {
		return nil, fitError{err}
	}
	return result, err
}

// printFit prints what a fit did: of workers that fit by themselves their
// out-of-bag score, of those that a parameter server trains how long they waited.
func printFit(out io.Writer, r *client.FitResult) error {
	_, _ = fmt.Fprintf(out, "fitted %d workers on %d rows in %s (fit %s)\n", len(r.Workers), r.Rows, seconds(r.Seconds), r.FitID)
	if t := r.Training; t != nil && len(t.Loss) > 0 {
		_, _ = fmt.Fprintf(out, "%d steps (%s), loss %.6g to %.6g, stopped by %s\n", t.Steps, t.Mode, t.Loss[0], t.Loss[len(t.Loss)-1], t.Stopped)
	}
	_, _ = fmt.Fprintln(out)
	table := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	last := "OUT OF BAG"
	if r.Training != nil {
		last = "WAITING"
	}
	_, _ = fmt.Fprintf(table, "WORKER\tROWS\tCOMPUTING\tON THE WIRE\t%s\n", last) // Flush tells the error
	for _, w := range r.Workers {
		value := "-"
		switch {
		case r.Training != nil:
			value = seconds(w.Waiting)
		case w.OutOfBag != nil:
			value = fmt.Sprintf("%s %.4f", w.OutOfBag.Metric, w.OutOfBag.Score)
		}
		_, _ = fmt.Fprintf(table, "%s\t%d\t%s\t%s\t%s\n", w.Worker, w.Rows, seconds(w.Seconds), seconds(w.Wire), value)
	}
	if err := table.Flush(); err != nil {
		return err
	}
	for _, f := range r.Failures {
		if _, err := fmt.Fprintf(out, "without worker %s\n", f); err != nil {
			return err
		}
	}
	return nil
}
