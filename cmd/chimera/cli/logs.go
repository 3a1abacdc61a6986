package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/gochimera/chimera/config"
	"github.com/gochimera/chimera/launcher/docker"
)

func newLogs() *cobra.Command {
	var follow bool
	cmd := &cobra.Command{
		Use:   "logs NAME",
		Short: "Print what a worker has written",
		Long: `logs prints what the worker NAME has written. With launcher: docker that is what its
container has; with other launchers, or if there is no container, what it wrote in all
runs, each line after its time: chimera_logs/NAME.log. The log of a worker that runs
elsewhere (launcher: external) is where that was started.`,
		Example: `  chimera logs tree1
  chimera logs -f tree1`,
		Args:              cobra.ExactArgs(1),
		ValidArgsFunction: completeWorkers,
		RunE: func(cmd *cobra.Command, args []string) error {
			cfg, err := loadProject(cmd)
			if err != nil {
				return err
			}
			return showLog(cmd, cfg, args[0], follow)
		},
	}
	cmd.Flags().BoolVarP(&follow, "follow", "f", false, "go on until Ctrl-C, or until the container ends")
	return cmd
}

// showLog prints a worker's log from where its launcher leaves it.
func showLog(cmd *cobra.Command, cfg *config.Config, name string, follow bool) error {
	kept := filepath.Join(cfg.Dir, "chimera_logs", name+".log")
	i := slices.IndexFunc(cfg.Workers, func(w config.Worker) bool { return w.Name == name })
	switch {
	case i < 0 && cfg.Launcher != config.DockerLauncher:
		names := make([]string, len(cfg.Workers))
		for i, w := range cfg.Workers {
			names[i] = w.Name
		}
		return inputError{fmt.Errorf("project %s has no worker %q: its workers are %s", cfg.Project, name, strings.Join(names, ", "))}
	case i >= 0 && cfg.Launcher == config.ExternalLauncher:
		return fmt.Errorf("worker %s runs elsewhere (%s), and so does its log: look where it was started", name, cfg.Workers[i].URL)
	}
	if cfg.Launcher != config.DockerLauncher {
		err := printLog(cmd.Context(), cmd.OutOrStdout(), kept, follow)
		if !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	err := containerLog(cmd, cfg.Project, name, follow)
	if err == nil || cmd.Context().Err() != nil {
		return err
	}
	if cfg.Launcher != config.DockerLauncher { // run --launcher docker is the only way to a container
		return fmt.Errorf("worker %s has written nothing yet, as there is no %s; nor is there a container: %w", name, kept, err)
	}
	if is[*docker.NoWorkerError](err) {
		if _, statErr := os.Stat(kept); statErr == nil {
			return printLog(cmd.Context(), cmd.OutOrStdout(), kept, follow)
		}
	}
	return err
}

// containerLog prints what a worker's container has written.
func containerLog(cmd *cobra.Command, project, name string, follow bool) error {
	engine, err := docker.Open(cmd.Context())
	if err != nil {
		return err
	}
	defer engine.Close()
	return engine.Logs(cmd.Context(), project, name, follow, cmd.OutOrStdout(), cmd.ErrOrStderr())
}

// lookAgain is how often a log that is followed is looked at.
const lookAgain = 200 * time.Millisecond

// printLog prints a file and, with follow, what is added to it until ctx ends, which is then no error.
func printLog(ctx context.Context, out io.Writer, path string, follow bool) (err error) {
	file, err := os.Open(path)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	tick := time.NewTicker(lookAgain)
	defer tick.Stop()
	for {
		if _, err := io.Copy(out, file); err != nil {
			return fmt.Errorf("printing %s: %w", path, err)
		}
		if !follow {
			return nil
		}
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
	}
}
