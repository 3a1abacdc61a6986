package cli

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/gochimera/chimera/api"
	"github.com/gochimera/chimera/client"
	"github.com/gochimera/chimera/cmd/chimera/internal/stored"
	"github.com/gochimera/chimera/cmd/chimera/internal/watch"
)

func newReplay() *cobra.Command {
	var speed float64
	cmd := &cobra.Command{
		Use:   "replay RUN",
		Short: "Watch a fit that is over",
		Long: `replay shows a fit of the past as chimera watch has shown it, also one that failed or was
cancelled: on a terminal as fast as it went, or so many times faster as --speed says; 0
shows the end at once, as is usual into a pipe. Of a long fit not every step is there.
` + watchHelp + sourceHelp,
		Example: `  chimera replay latest
  chimera replay 20261129T1 --speed 10
  chimera replay latest --json > events.jsonl`,
		Args:              cobra.ExactArgs(1),
		ValidArgsFunction: completeRuns(1),
	}
	asJSON := addEventsJSON(cmd)
	addURL(cmd)
	cmd.Flags().Float64Var(&speed, "speed", 1, "so many times as fast as it went")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		if !(speed >= 0) {
			return usageErrorf("--speed: want 0 or more, got %v", speed)
		}
		pace := watch.Pace{Speed: speed}
		if (*asJSON || !drawable(cmd.OutOrStdout())) && !cmd.Flags().Changed("speed") {
			pace.Speed = 0
		}
		return withSource(cmd, func(ctx context.Context, s stored.Source) error {
			return show(cmd, *asJSON, func(add func(client.Event) bool) error {
				var stopped error
				err := s.RunEvents(ctx, args[0], func(e client.Event) bool {
					if _, starts := e.Event.(api.FitStartedEvent); starts {
						pace.Skip() // until then no program ran the fit
					}
					stopped = pace.Wait(ctx, e.Time)
					return stopped == nil && !add(e)
				})
				if stopped != nil {
					return stopped
				}
				return err
			})
		})
	}
	return cmd
}
