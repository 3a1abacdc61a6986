package cli

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/gochimera/chimera/api"
	"github.com/gochimera/chimera/client"
)

// lookAtWorkers is the pause between two looks at workers that are started or ended.
const lookAtWorkers = 100 * time.Millisecond

func newScale() *cobra.Command {
	var only []string
	wait := true
	cmd := &cobra.Command{
		Use:   "scale [WORKERS]",
		Short: "Let workers of a running project leave, or join again",
		Long: `scale says how many of the project's workers take part from now on: the first
of those in chimera.yaml, or with --only those that are named. The others leave:
their processes, containers, services or pods are ended, and their rows are
missing. Asked for again, they are started and join.

A parameter server that is training goes on with the workers that are there: one
that joins gets the parameters with the next step, and the answer of the fit says
at which steps workers joined and left, and of how many rows. With master:
aggregation the model in service stays that of its workers until the next fit has
ended, which is that of the others. A pipeline's workers each have a part of the
model, so that none can leave.

Fewer than the quorum, or than an aggregation needs to tolerate faulty workers, are
refused. More workers than chimera.yaml has need rows: add them there, generate, and
start the program again. A program that is started again has all of its workers.
` + masterHelp,
		Example: `  chimera scale 2
  chimera scale --only worker1,worker3
  chimera scale 4 --wait=false --json`,
		Args: cobra.MaximumNArgs(1),
	}
	asJSON := addJSON(cmd)
	addURL(cmd)
	cmd.Flags().StringSliceVar(&only, "only", nil, "the `names` of the workers that take part, with commas between them")
	cmd.Flags().BoolVar(&wait, "wait", true, "return when workers that join are up, and those that leave have ended")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		workers := 0
		switch {
		case (len(args) == 0) == (len(only) == 0):
			return usageErrorf("say how many workers are to take part, as in chimera scale 2, or which, with --only, and not both")
		case len(args) > 0:
			n, err := strconv.Atoi(args[0])
			if err != nil || n < 1 {
				return usageErrorf("%q is not a number of workers, from 1 on", args[0])
			}
			workers = n
		}
		c, err := connect(cmd)
		if err != nil {
			return err
		}
		defer c.Close()
		changed, err := scale(cmd.Context(), c, workers, only)
		if err != nil {
			return err
		}
		if wait {
			if err := settle(cmd, c, changed); err != nil {
				return err
			}
		}
		if *asJSON {
			return printJSON(cmd.OutOrStdout(), changed)
		}
		_, err = fmt.Fprintln(reportOf(cmd), scaledText(changed))
		return err
	}
	return cmd
}

func scale(ctx context.Context, c *client.Client, workers int, names []string) (*api.ScaleResponse, error) {
	if workers > 0 {
		return c.Scale(ctx, workers)
	}
	return c.ScaleTo(ctx, names...)
}

// settle waits until those that join answer, and those that leave have ended or are to leave with the next fit. It says what it waits for.
func settle(cmd *cobra.Command, c *client.Client, changed *api.ScaleResponse) error {
	said := ""
	for {
		status, err := c.Status(cmd.Context())
		if err != nil {
			return err
		}
		pending, failed := unsettled(status.Workers, changed)
		if failed != nil {
			return failed
		}
		if len(pending) == 0 {
			return nil
		}
		if waiting := strings.Join(pending, ", "); waiting != said {
			said = waiting
			note(cmd, "waiting for %s", waiting)
		}
		select {
		case <-cmd.Context().Done():
			return context.Cause(cmd.Context())
		case <-time.After(lookAtWorkers):
		}
	}
}

// unsettled are the workers that are not yet as they were asked to be; the error is of those that cannot be.
func unsettled(workers []api.Member, changed *api.ScaleResponse) (pending []string, err error) {
	var errs []error
	for _, m := range workers {
		joins, leaves := slices.Contains(changed.Joining, m.Worker), slices.Contains(changed.Leaving, m.Worker)
		switch {
		case joins && m.State == api.MemberAway && !m.Joining:
			errs = append(errs, fmt.Errorf("worker %s does not join: %s", m.Worker, m.Reason))
		case joins && (m.State == api.MemberAway || m.State == api.MemberDown), leaves && (m.State != api.MemberAway && !m.Leaving || m.Ending):
			pending = append(pending, m.Worker)
		}
	}
	return pending, errors.Join(errs...)
}

// scaledText is the answer in words.
func scaledText(r *api.ScaleResponse) string {
	if len(r.Joining)+len(r.Leaving) == 0 {
		return fmt.Sprintf("nothing changes: %d workers take part", r.Workers)
	}
	when := ""
	if r.When == api.ScaleNextFit {
		when = " from the next fit on"
	}
	text := fmt.Sprintf("%d workers take part%s", r.Workers, when)
	if len(r.Joining) > 0 {
		text += "; joined: " + strings.Join(r.Joining, ", ")
	}
	if len(r.Leaving) > 0 {
		text += "; left: " + strings.Join(r.Leaving, ", ")
	}
	return text
}
