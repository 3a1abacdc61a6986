package cli

import (
	"bytes"
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
	"github.com/gochimera/chimera/internal/logs"
	"github.com/gochimera/chimera/launcher/docker"
	"github.com/gochimera/chimera/launcher/swarm"
)

func newLogs() *cobra.Command {
	var follow bool
	var asJSON *bool
	cmd := &cobra.Command{
		Use:   "logs NAME",
		Short: "Print what a worker has written",
		Long: `logs prints what the worker NAME has written. With launcher: docker that is what its
container has; with other launchers, or if there is no container, what it wrote in all
runs, each line after its time: chimera_logs/NAME.log. The log of a worker that runs
elsewhere (launcher: external) is where that was started.

Lines that were written as JSON (log_format: json) are shown as text. With --json every
line is an object, whichever way it was written.`,
		Example: `  chimera logs tree1
  chimera logs tree1 --json
  chimera logs -f tree1`,
		Args:              cobra.ExactArgs(1),
		ValidArgsFunction: completeWorkers,
		RunE: func(cmd *cobra.Command, args []string) error {
			cfg, err := loadProject(cmd)
			if err != nil {
				return err
			}
			shown := &logLines{worker: args[0], json: *asJSON, to: cmd.OutOrStdout()}
			return errors.Join(showLog(cmd, cfg, args[0], follow, shown), shown.end())
		},
	}
	asJSON = cmd.Flags().Bool("json", false, "print an object a line, for a program")
	cmd.Flags().BoolVarP(&follow, "follow", "f", false, "go on until Ctrl-C, or until the container ends")
	return cmd
}

// logLines shows what a worker has written, line by line, to people or to programs.
type logLines struct {
	worker string
	json   bool
	to     io.Writer
	part   []byte // of a line that has not ended yet
}

// Write implements [io.Writer].
func (l *logLines) Write(p []byte) (int, error) {
	l.part = append(l.part, p...)
	for {
		line, rest, ended := bytes.Cut(l.part, []byte{'\n'})
		if !ended {
			return len(p), nil
		}
		_, err := io.WriteString(l.to, l.show(string(line))+"\n")
		l.part = bytes.Clone(rest)
		if err != nil {
			return 0, err
		}
	}
}

// end shows a last line without an end, of a worker that was killed.
func (l *logLines) end() error {
	if len(l.part) == 0 {
		return nil
	}
	_, err := io.WriteString(l.to, l.show(string(l.part))+"\n")
	return err
}

func (l *logLines) show(line string) string {
	at, text, object := logs.Plain(line)
	switch {
	case object && l.json:
		return line
	case object:
		return at + " " + text
	case l.json:
		if stamp, rest, _ := strings.Cut(line, " "); stamp != "" {
			if at, err := time.Parse(time.RFC3339, stamp); err == nil {
				return logs.Wrapped(l.worker, rest, at)
			}
		}
		return logs.Wrapped(l.worker, line, time.Time{})
	default:
		return line
	}
}

// showLog prints a worker's log from where its launcher leaves it.
func showLog(cmd *cobra.Command, cfg *config.Config, name string, follow bool, out io.Writer) error {
	kept := filepath.Join(cfg.Dir, "chimera_logs", name+".log")
	i := slices.IndexFunc(cfg.Workers, func(w config.Worker) bool { return w.Name == name })
	switch {
	case i < 0 && !contained(cfg):
		names := make([]string, len(cfg.Workers))
		for i, w := range cfg.Workers {
			names[i] = w.Name
		}
		return inputError{fmt.Errorf("project %s has no worker %q: its workers are %s", cfg.Project, name, strings.Join(names, ", "))}
	case i >= 0 && cfg.Launcher == config.ExternalLauncher:
		return fmt.Errorf("worker %s runs elsewhere (%s), and so does its log: look where it was started", name, cfg.Workers[i].URL)
	}
	if !contained(cfg) {
		err := printLog(cmd.Context(), out, kept, follow)
		if !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	err := containerLog(cmd, cfg, name, follow, out)
	if err == nil || cmd.Context().Err() != nil {
		return err
	}
	if !contained(cfg) { // run --launcher docker or swarm is the only way to a container
		return fmt.Errorf("worker %s has written nothing yet, as there is no %s; nor is there a container: %w", name, kept, err)
	}
	if is[*docker.NoWorkerError](err) {
		if _, statErr := os.Stat(kept); statErr == nil {
			return printLog(cmd.Context(), out, kept, follow)
		}
	}
	return err
}

// contained reports whether the project's workers run in containers, whose engines keep their logs.
func contained(cfg *config.Config) bool {
	return cfg.Launcher == config.DockerLauncher || cfg.Launcher == config.SwarmLauncher
}

// containerLog prints what a worker's container has written, or its service.
func containerLog(cmd *cobra.Command, cfg *config.Config, name string, follow bool, out io.Writer) error {
	engine, err := docker.Open(cmd.Context())
	if err != nil {
		return err
	}
	defer engine.Close()
	if cfg.Launcher == config.SwarmLauncher {
		return swarm.Logs(cmd.Context(), engine, cfg.Project, name, follow, out, out)
	}
	return engine.Logs(cmd.Context(), cfg.Project, name, follow, out, out)
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
