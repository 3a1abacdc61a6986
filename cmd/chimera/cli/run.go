package cli

import (
	"os"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/gochimera/chimera/client"
	"github.com/gochimera/chimera/cmd/chimera/internal/program"
	"github.com/gochimera/chimera/config"
	"github.com/gochimera/chimera/internal/catalogue"
	"github.com/gochimera/chimera/internal/environment"
)

func newRun() *cobra.Command {
	var launcher, port, test string
	var fit, once, restart bool
	cmd := &cobra.Command{
		Use:   "run",
		Short: "Build and run the project's program",
		Long: `run builds the project's program and runs it, as go run . does in its folder,
until Ctrl-C. It can fit and score as soon as the master is ready, and end then.

If the program ended in the middle of a fit, however that happened, the next one
goes on with that fit, to the same model, unless the settings are others; with
--restart it does not.`,
		Example: `  chimera run
  chimera run --launcher inprocess --port 9000
  chimera run --fit --score test_data --once
  chimera run --score test_data --once --json`,
		Args: cobra.NoArgs,
	}
	cmd.Flags().StringVar(&launcher, "launcher", "", "what starts the workers, whatever chimera.yaml says: "+strings.Join(config.LauncherNames(), ", "))
	cmd.Flags().StringVar(&port, "port", "", "the master's `port`, whatever the program says; 0 is any free one")
	cmd.Flags().BoolVar(&fit, "fit", false, "fit as soon as the master is ready")
	cmd.Flags().StringVar(&test, "score", "", "fit, and score on X_test.csv and y_test.csv of this `folder`")
	cmd.Flags().BoolVar(&restart, "restart", false, "do not go on with a fit that was interrupted")
	cmd.Flags().BoolVar(&once, "once", false, "end after that, instead of serving")
	asJSON := cmd.Flags().Bool("json", false, "once it serves, and has fitted and scored if that is asked for, print where and what as JSON, and nothing else")
	complete(cmd, "launcher", config.LauncherNames()...)
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		if once && !fit && test == "" {
			return usageErrorf("--once: end after what? Say --fit or --score too")
		}
		if n, err := strconv.Atoi(port); port != "" && (err != nil || n < 0 || n > 65535) {
			return usageErrorf("--port: want a port from 0 to 65535, got %q", port)
		}
		dir, err := findProject(cmd)
		if err != nil {
			return err
		}
		if launcher != "" { // the program would find out too, but only after it is built
			over := config.Override{Field: "launcher", Value: launcher, Source: "--launcher"}
			if _, err := loadLinked(cmd, config.Options{Dir: dir, Env: os.LookupEnv, Overrides: []config.Override{over},
				Catalogue: catalogue.Shipped()}); err != nil {
				return err
			}
		}
		o := program.Options{Stdout: reportOf(cmd), Stderr: cmd.ErrOrStderr()}
		if *asJSON {
			o.Stdout = nil
		}
		for variable, value := range map[string]string{environment.Launcher: launcher, environment.MasterPort: port} {
			if value != "" {
				o.Env = append(o.Env, variable+"="+value)
			}
		}
		if restart {
			o.Env = append(o.Env, environment.Anew+"=yes")
		}
		running, err := startProgram(cmd, dir, o)
		if err != nil {
			return err
		}
		defer running.Stop()
		if err := fitProgram(cmd, running, fit || test != "", test, *asJSON); err != nil {
			return err
		}
		if once {
			return nil
		}
		return running.Wait(cmd.Context())
	}
	return cmd
}

// ran is what a program that was started has done, for a program.
type ran struct {
	Master string            `json:"master"`
	Fit    *client.FitResult `json:"fit,omitempty"`
	Score  *client.Score     `json:"score,omitempty"`
}

// fitProgram fits and scores as far as that is asked for, and prints it.
func fitProgram(cmd *cobra.Command, running *program.Running, fit bool, test string, asJSON bool) error {
	if !fit && !asJSON {
		return nil
	}
	done := ran{Master: running.URL}
	if !fit {
		return printJSON(cmd.OutOrStdout(), done)
	}
	c, err := running.Client()
	if err != nil {
		return err
	}
	defer c.Close()
	c = c.WithFitsLeft()
	if !asJSON {
		return fitAndScore(cmd, c, false, test)
	}
	if err := checkTest(test); err != nil {
		return err
	}
	if done.Fit, err = follow(cmd, c); err != nil {
		return err
	}
	if test != "" {
		if done.Score, err = scoreTest(cmd.Context(), c, test); err != nil {
			return err
		}
	}
	return printJSON(cmd.OutOrStdout(), done)
}
