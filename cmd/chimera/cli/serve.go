package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"

	"github.com/spf13/cobra"

	"github.com/gochimera/chimera/client"
	"github.com/gochimera/chimera/cmd/chimera/internal/served"
	"github.com/gochimera/chimera/internal/environment"
	"github.com/gochimera/chimera/internal/logs"
	"github.com/gochimera/chimera/models"
	"github.com/gochimera/chimera/serving"
)

func newServe() *cobra.Command {
	var host string
	var port int
	cmd := &cobra.Command{
		Use:   "serve FILE",
		Short: "Serve a model from its file, without its project",
		Long: `serve serves a stored model in this process until Ctrl-C: without its project, training
data, workers or Docker. FILE is what chimera models export has written, or the folder of
a model in a store (chimera_models/ID). It answers as its project's master does, to the
bit, but fits nothing.

All learners of Chimera are known but those of GoLearn, which need a C compiler. Those,
and learners of your own, are known in the folder of a project whose chimera.yaml names
their packages (packages:); the command line is built with them then.

To listen on more than this machine, CHIMERA_SECURITY_CLIENTS has to say who may
ask: token, for clients with a token that is listed in the file that
CHIMERA_TOKENS_FILE names, to which chimera token --file adds; or none, for
whoever reaches it.`,
		Example: `  chimera serve best.chimera
  chimera serve chimera_models/20261129T1 --port 0
  chimera serve best.chimera --host 0.0.0.0`,
		Args: cobra.ExactArgs(1),
	}
	cmd.Flags().StringVar(&host, "host", "127.0.0.1", "the `address` to listen on; 0.0.0.0 is all of this machine. "+environment.MasterHost+" goes before it")
	cmd.Flags().IntVar(&port, "port", 8080, "the `port` to listen on; 0 is any free one. "+environment.MasterPort+" goes before it, unless it is given")
	asJSON := cmd.Flags().Bool("json", false, "once it serves, print where as JSON, and nothing else")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		if port < 0 || port > 65535 {
			return usageErrorf("--port: want a port from 0 to 65535, got %d", port)
		}
		env, err := environment.ReadMaster(os.Getenv, host, port)
		if err != nil {
			return inputError{err}
		}
		if cmd.Flags().Changed("host") {
			env.Host = host
		}
		if cmd.Flags().Changed("port") {
			env.Port = port
		}
		log := slog.New(logs.Handler(cmd.ErrOrStderr(), env.Format, env.Level))
		out := reportOf(cmd)
		if env.Format == logs.JSON {
			out = nil
		}
		var ready func(context.Context, string) error
		if *asJSON {
			out, ready = io.Discard, func(_ context.Context, url string) error {
				return printJSON(cmd.OutOrStdout(), map[string]string{"master": url})
			}
		}
		return withLearners(cmd, served.Serve(cmd.Context(), args[0], env.Host, env.Port, out, log, ready))
	}
	return cmd
}

// withLearners carries on as a command line that links the project's packages, if err says that a learner of a model, or its
// loss, is not linked; else it returns err.
func withLearners(cmd *cobra.Command, err error) error {
	var missing *serving.MissingLearnerError
	if !errors.As(err, &missing) && !mayBeLinked(err) {
		return err
	}
	if dir, none := findProject(cmd); none == nil {
		if again := goOnLinked(cmd, dir); again != nil {
			return again
		}
	}
	if missing == nil {
		return err
	}
	return fmt.Errorf("%w; or run this in the folder of a project whose chimera.yaml names the package under packages", err)
}

// modelFlag is the flag --model.
type modelFlag struct {
	cmd  *cobra.Command
	file string
}

const modelHelp = `
With --model the model in a file answers, without a master: what chimera models export
has written, or the folder of a model in a store.`

func addModel(cmd *cobra.Command) *modelFlag {
	f := &modelFlag{cmd: cmd}
	cmd.Flags().StringVar(&f.file, "model", "", "ask the model in this `file` ("+models.Extension+") or folder, instead of a master")
	return f
}

// given reports whether the flag is given; without a file that is wrong use.
func (f *modelFlag) given() (bool, error) {
	if !f.cmd.Flags().Changed("model") {
		return false, nil
	}
	if f.file == "" {
		return true, usageErrorf("--model: want a file or a folder, got an empty name")
	}
	if f.cmd.Flags().Changed("url") {
		return true, usageErrorf("--url is about a master, and --model about a file: give one of them")
	}
	return true, nil
}

// with calls ask with a client of the model in the file, if there is one; else of the master that the command is about.
func (f *modelFlag) with(ask func(ctx context.Context, c *client.Client) error) error {
	switch given, err := f.given(); {
	case err != nil:
		return err
	case given:
		return withLearners(f.cmd, served.Ask(f.cmd.Context(), f.file, ask))
	}
	c, err := connect(f.cmd)
	if err != nil {
		return err
	}
	defer c.Close()
	return ask(f.cmd.Context(), c)
}
