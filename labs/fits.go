package labs

import (
	"context"
	"errors"
	"slices"

	"github.com/gochimera/chimera/client"
	"github.com/gochimera/chimera/labs/rig"
)

// with starts a plan, has it used, and ends it.
func with(ctx context.Context, p rig.Plan, use func(*rig.Rig) error) error {
	g, err := rig.Start(ctx, p)
	if err != nil {
		return err
	}
	return errors.Join(use(g), g.Close())
}

// fitOf is a fit of a plan.
func fitOf(ctx context.Context, p rig.Plan) (fit *client.FitResult, err error) {
	err = with(ctx, p, func(g *rig.Rig) (err error) {
		fit, err = g.Client.Fit(ctx)
		return err
	})
	return fit, err
}

// stepSeconds is how long a step of a training took, on average.
func stepSeconds(fit *client.FitResult) float64 {
	s := fit.Training.Seconds
	return s[len(s)-1] / float64(len(s))
}

// stepTimes are the seconds that each step but the first took, in which connections are opened.
func stepTimes(fit *client.FitResult) []float64 {
	ends := fit.Training.Seconds
	times := make([]float64, len(ends)-1)
	for i := range times {
		times[i] = ends[i+1] - ends[i]
	}
	return times
}

// median is the middle of values, or the lower of the two middle ones.
func median(values []float64) float64 {
	sorted := slices.Sorted(slices.Values(values))
	return sorted[(len(sorted)-1)/2]
}
