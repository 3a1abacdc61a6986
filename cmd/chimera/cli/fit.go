package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"github.com/gochimera/chimera/api"
	"github.com/gochimera/chimera/client"
	"github.com/gochimera/chimera/cmd/chimera/internal/inference"
	"github.com/gochimera/chimera/cmd/chimera/internal/program"
	"github.com/gochimera/chimera/cmd/chimera/internal/split"
	"github.com/gochimera/chimera/config"
	"github.com/gochimera/chimera/internal/environment"
)

func newFit() *cobra.Command {
	var local, restart bool
	var test string
	cmd := &cobra.Command{
		Use:   "fit",
		Short: "Fit the model and report which workers took part",
		Long: `fit has the master fit its model and waits for it. Ctrl-C cancels the fit, and
the model that served before serves on.

With --local, no master is needed: the project's program is built and run with
all workers inside that one process, fits, and ends. One seed gives the same
model as with workers that are processes, so it is something to compare with.
Ctrl-C ends it, and the next time it goes on with that fit.

A master that was ended in the middle of a fit goes on with it when it starts
again. A fit that is asked for then is that one, unless --restart says that it
is to begin anew.
` + masterHelp,
		Example: `  chimera fit
  chimera fit --url http://localhost:9000 --json
  chimera fit --local --score test_data`,
		Args: cobra.NoArgs,
	}
	asJSON := addJSON(cmd)
	addURL(cmd)
	cmd.Flags().BoolVar(&local, "local", false, "fit the project in one process, for comparison")
	cmd.Flags().BoolVar(&restart, "restart", false, "begin anew, whatever fit was interrupted")
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
			if restart {
				c = c.WithRestart()
			}
			return fitAndScore(cmd, c, *asJSON, test)
		}
		cfg, err := loadProject(cmd)
		if err != nil {
			return err
		}
		env := []string{environment.Launcher + "=" + string(config.InprocessLauncher), environment.MasterPort + "=0", environment.Announce + "=no"}
		if restart {
			env = append(env, environment.Anew+"=yes")
		}
		running, err := startProgram(cmd, cfg.Dir, program.Options{Env: env})
		if err != nil {
			return err
		}
		defer running.Stop()
		c, err := running.Client()
		if err != nil {
			return err
		}
		defer c.Close()
		return fitAndScore(cmd, c.WithFitsLeft(), *asJSON, test)
	}
	return cmd
}

// startProgram builds and starts the project's program, and says so on a terminal.
func startProgram(cmd *cobra.Command, dir string, o program.Options) (*program.Running, error) {
	p := newProgress(cmd)
	p.say("building and starting the program in %s", dir)
	defer p.clear()
	o.Dir = dir
	return program.Start(cmd.Context(), o)
}

// fitAndScore fits, prints who took part and, if a folder is given, the score
// on its rows.
func fitAndScore(cmd *cobra.Command, c *client.Client, asJSON bool, test string) error {
	if err := checkTest(test); err != nil {
		return err
	}
	result, err := follow(cmd, c)
	if err != nil {
		return err
	}
	if asJSON {
		return printJSON(cmd.OutOrStdout(), result)
	}
	if err := printFit(reportOf(cmd), result); err != nil || test == "" {
		return err
	}
	_, _ = fmt.Fprintln(reportOf(cmd))
	return scoreFolder(cmd.Context(), cmd.OutOrStdout(), c, test)
}

// checkTest finds out before a fit, which may take long, that a folder to score on has no rows; "" is none.
func checkTest(folder string) error {
	if folder == "" {
		return nil
	}
	features, _ := testFiles(folder)
	if _, err := os.Stat(features); err != nil {
		return inputError{fmt.Errorf("--score: there is no %s", features)}
	}
	return nil
}

// testFiles are the files of a folder with held-out rows.
func testFiles(folder string) (features, target string) {
	return filepath.Join(folder, split.TestFeatures), filepath.Join(folder, split.TestTarget)
}

func scoreFolder(ctx context.Context, out io.Writer, c *client.Client, test string) error {
	s, err := scoreTest(ctx, c, test)
	if err != nil {
		return err
	}
	return inference.WriteScore(out, s)
}

// scoreTest scores the master on a folder with held-out rows. Their targets need not be there if the model is for none.
func scoreTest(ctx context.Context, c *client.Client, test string) (*client.Score, error) {
	features, target := testFiles(test) // which have the model's columns
	if _, err := os.Stat(target); errors.Is(err, fs.ErrNotExist) {
		if s, err := inference.Score(ctx, c, features, "", inference.Written{}); !needsTruth(err) {
			return s, err
		}
	}
	return inference.Score(ctx, c, features, target, inference.Written{})
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
		case api.FitResumedEvent:
			if e.Recovery.Worker == "" {
				p.say("fitting  going on from step %d", e.Recovery.From)
			}
		case api.StepEvent:
			loss := ""
			if e.Loss != nil {
				loss = fmt.Sprintf(", loss %.6g", *e.Loss)
			}
			p.say("fitting  %s step %d of at most %d%s", bar(e.Step, e.MaxIter), e.Step, e.MaxIter, loss)
		}
	})
	p.clear()
	if err != nil && !is[*client.UnreachableError](err) && !isRefused(err) {
		return nil, fitError{err}
	}
	return result, err
}

// printFit prints what a fit did, as fits of that kind of master do.
func printFit(out io.Writer, r *client.FitResult) error {
	_, _ = fmt.Fprintf(out, "fitted %d workers on %d rows in %s (fit %s)\n", len(r.Workers), r.Rows, seconds(r.Seconds), r.FitID) // Flush returns the error
	for _, note := range r.Notes {
		_, _ = fmt.Fprintf(out, "note: %s\n", note)
	}
	table := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	switch {
	case r.Pipeline != nil:
		printPipeline(out, table, r)
	case r.Training != nil:
		printTraining(out, table, r)
	default:
		printMembers(out, table, r)
	}
	if err := table.Flush(); err != nil {
		return err
	}
	for _, w := range r.Workers {
		if w.Outlier == "" {
			continue
		}
		if _, err := fmt.Fprintf(out, "worker %s stands out: %s\n", w.Worker, w.Outlier); err != nil {
			return err
		}
	}
	for _, f := range r.Failures {
		if _, err := fmt.Fprintf(out, "without worker %s\n", f); err != nil {
			return err
		}
	}
	return nil
}

// printMembers prints what the workers did in a fit where each fits its own model.
func printMembers(out, table io.Writer, r *client.FitResult) {
	_, _ = fmt.Fprintln(out)
	_, _ = fmt.Fprint(table, "WORKER\tROWS\tCOMPUTING\tON THE WIRE\tOUT OF BAG\n")
	for _, w := range r.Workers {
		value := "-"
		if w.OutOfBag != nil {
			value = fmt.Sprintf("%s %.4f", w.OutOfBag.Metric, w.OutOfBag.Score)
		}
		_, _ = fmt.Fprintf(table, "%s\t%d\t%s\t%s\t%s\n", w.Worker, w.Rows, seconds(w.Seconds), seconds(w.Wire), value)
	}
}

// printTraining prints what a parameter server did.
func printTraining(out, table io.Writer, r *client.FitResult) {
	printResumed(out, r.Training)
	if t := r.Training; len(t.Loss) > 0 {
		_, _ = fmt.Fprintf(out, "%d steps (%s), loss %.6g to %.6g, stopped by %s\n", t.Steps, t.Mode, t.Loss[0], t.Loss[len(t.Loss)-1], t.Stopped)
	}
	_, _ = fmt.Fprintln(out)
	_, _ = fmt.Fprint(table, "WORKER\tROWS\tCOMPUTING\tON THE WIRE\tWAITING\n")
	for _, w := range r.Workers {
		_, _ = fmt.Fprintf(table, "%s\t%d\t%s\t%s\t%s\n", w.Worker, w.Rows, seconds(w.Seconds), seconds(w.Wire), seconds(w.Waiting))
	}
}

// printResumed prints when a fit was gone on with.
func printResumed(out io.Writer, t *api.Training) {
	for _, r := range t.Resumed {
		_, _ = fmt.Fprintf(out, "went on from step %d after the program was ended (%s)\n", r.From, r.At.Local().Format(time.DateTime))
	}
}

// printPipeline prints what a pipeline did.
func printPipeline(out, table io.Writer, r *client.FitResult) {
	t, p := r.Training, r.Pipeline
	printResumed(out, t)
	if len(t.Loss) > 0 {
		_, _ = fmt.Fprintf(out, "%d epochs, %d steps (%s, %d micro-batches), loss %.6g to %.6g, stopped by %s\n",
			t.Epochs, t.Steps, p.Schedule, p.MicroBatches, t.Loss[0], t.Loss[len(t.Loss)-1], t.Stopped)
	}
	_, _ = fmt.Fprintf(out, "idle for %.0f %% of the steps (in theory %.0f %%), %.1f MB between stages\n", 100*p.Bubble, 100*p.BubbleTheory, float64(p.Bytes)/1e6)
	for _, lost := range p.Recoveries {
		_, _ = fmt.Fprintf(out, "went on from step %d after %s was lost at step %d: %s\n", lost.From, lost.Worker, lost.Step, lost.Reason)
	}
	_, _ = fmt.Fprintln(out)
	_, _ = fmt.Fprint(table, "WORKER\tROWS\tPARAMETERS\tLAYERS\tCOMPUTING\tWAITING\tSENT\n")
	for _, w := range r.Workers {
		_, _ = fmt.Fprintf(table, "%s\t%d\t%d of %d\t%d\t%s\t%s\t%.1f MB\n",
			w.Worker, w.Rows, w.Parameters, p.Parameters, w.Layers, seconds(w.Seconds), seconds(w.Waiting), float64(w.Sent)/1e6)
	}
}
