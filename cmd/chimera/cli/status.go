package cli

import (
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"github.com/gochimera/chimera/api"
	"github.com/gochimera/chimera/client"
	"github.com/gochimera/chimera/cmd/chimera/internal/figures"
)

func newStatus() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "status",
		Short: "Show the state of a running master and its workers",
		Long:  "status prints what the master serves, the state of its workers, and that of the running\nor last fit.\n" + masterHelp,
		Example: `  chimera status
  chimera status --url http://localhost:9000 --json`,
		Args: cobra.NoArgs,
	}
	asJSON := addJSON(cmd)
	addURL(cmd)
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		c, err := connect(cmd)
		if err != nil {
			return err
		}
		defer c.Close()
		status, err := c.Status(cmd.Context())
		if err != nil {
			return err
		}
		if *asJSON {
			return printJSON(cmd.OutOrStdout(), status)
		}
		return printStatus(cmd.OutOrStdout(), c.URL(), status)
	}
	return cmd
}

func printStatus(out io.Writer, url string, s *client.Status) error {
	model := "no model yet: chimera fit"
	if s.Fitted {
		model = "serves the model of fit " + s.FitID
		if m := s.Model; m != nil {
			model += ", stored " + m.Created.Local().Format("2006-01-02 15:04:05")
			if m.Restoring {
				model += "; workers are being given it"
			}
		}
	}
	var b strings.Builder
	fmt.Fprintf(&b, "%s master of project %s at %s, up %s\n%s\n", s.Master, s.Project, url, seconds(s.Uptime), model)
	if f := s.Fit; f != nil {
		fmt.Fprintf(&b, "last fit %s: %s after %s", f.FitID, f.State, seconds(f.Seconds))
		if f.Error != "" {
			fmt.Fprintf(&b, ": %s", f.Error)
		}
		b.WriteByte('\n')
	}
	b.WriteByte('\n')
	table := tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
	_, _ = fmt.Fprintln(table, "STATE\tWORKER\tADDRESS\tCALLS\tFAILED\tREASON") // into memory, which does not fail
	for _, w := range s.Workers {
		_, _ = fmt.Fprintf(table, "%s\t%s\t%s\t%d\t%d\t%s\n", w.State, w.Worker, w.URL, w.Calls, w.Failed, w.Reason)
	}
	_ = table.Flush()
	for line := range strings.Lines(b.String()) {
		for state, colour := range map[api.MemberState]string{api.MemberUp: green, api.MemberDown: red, api.MemberOutdated: yellow, api.MemberAway: yellow} {
			if rest, ok := strings.CutPrefix(line, string(state)+" "); ok {
				line = paint(out, colour, string(state)) + " " + rest
			}
		}
		if _, err := io.WriteString(out, line); err != nil {
			return err
		}
	}
	return nil
}

// seconds is a duration for people.
func seconds(s float64) string { return figures.Seconds(s, 100*time.Microsecond) }
