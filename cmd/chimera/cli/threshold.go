package cli

import (
	"github.com/spf13/cobra"

	"github.com/gochimera/chimera/client"
)

// thresholdFlag is the flag --threshold.
type thresholdFlag struct {
	cmd   *cobra.Command
	value float64
}

func addThreshold(cmd *cobra.Command) *thresholdFlag {
	f := &thresholdFlag{cmd: cmd}
	cmd.Flags().Float64Var(&f.value, "threshold", 0, "of two classes, take the second from this `probability` on, whatever chimera.yaml says")
	return f
}

// of is a client of the same master that decides so.
func (f *thresholdFlag) of(c *client.Client) (*client.Client, error) {
	switch {
	case !f.cmd.Flags().Changed("threshold"):
		return c, nil
	case !(f.value > 0 && f.value < 1):
		return nil, usageErrorf("--threshold: want a probability above 0 and below 1, got %v", f.value)
	default:
		return c.WithThreshold(f.value), nil
	}
}
