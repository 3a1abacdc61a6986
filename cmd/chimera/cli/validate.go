package cli

import (
	"errors"
	"fmt"
	"slices"

	"github.com/spf13/cobra"

	"github.com/gochimera/chimera/cmd/chimera/internal/validate"
	"github.com/gochimera/chimera/config"
)

func newValidate() *cobra.Command {
	var noData bool
	cmd := &cobra.Command{
		Use:   "validate",
		Short: "Check chimera.yaml, the environment and the training data",
		Long: `validate reports everything that is wrong with a project, each with its place
and what is allowed: chimera.yaml and the CHIMERA_ variables, the kind of master
that main.go runs, the learners of the project's own, whose workers are built and
asked, and all rows of the training data: that they can be read, are alike in all
workers, and can be prepared for their learners as chimera.yaml says. It changes
nothing.`,
		Example: `  chimera validate
  chimera validate --project examples/bagging
  chimera validate --no-data      # where the training data is not at hand`,
		Args: cobra.NoArgs,
	}
	cmd.Flags().BoolVar(&noData, "no-data", false, "do not read the training data")
	asJSON := addJSON(cmd)
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		cfg, err := loadProject(cmd)
		if err != nil {
			return err
		}
		p := newProgress(cmd)
		defer p.clear()
		p.say("asking the workers about their learners")
		infos, err := validate.Learners(cmd.Context(), cfg)
		if err != nil && !is[config.Errors](err) {
			return err
		}
		err = errors.Join(validate.Program(cfg), err)
		if !noData {
			p.say("reading the training data")
			about, bad := validate.Data(cmd.Context(), cfg, infos, func(done, total int) { p.say("reading the training data: %d of %d workers", done, total) })
			err = errors.Join(err, bad)
			cfg.Notes = append(cfg.Notes, about...)
		}
		p.clear()
		for _, text := range config.Unrepeatable(infos) { // those that were asked are not among the configuration's
			if !slices.Contains(cfg.Notes, text) {
				cfg.Notes = append(cfg.Notes, text)
			}
		}
		for _, text := range cfg.Notes {
			note(cmd, "%s", text)
		}
		if err != nil {
			return err
		}
		out := cmd.OutOrStdout()
		if *asJSON {
			type worker struct {
				Name    string `json:"name"`
				Learner string `json:"learner,omitempty"`
			}
			list := make([]worker, len(cfg.Workers))
			for i, w := range cfg.Workers {
				list[i] = worker{w.Name, w.Learner}
			}
			return printJSON(out, struct {
				Launcher config.Launcher `json:"launcher"`
				Master   config.Master   `json:"master"`
				Notes    []string        `json:"notes,omitempty"`
				Project  string          `json:"project"`
				Workers  []worker        `json:"workers"`
			}{cfg.Launcher, cfg.Master, cfg.Notes, cfg.Project, list})
		}
		_, err = fmt.Fprintf(reportOf(cmd), "project %s: %s master, %s launcher, workers: %d\n", cfg.Project, cfg.Master, cfg.Launcher, len(cfg.Workers))
		return err
	}
	return cmd
}
