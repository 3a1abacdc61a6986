package cli

import (
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"github.com/gochimera/chimera/cmd/chimera/internal/served"
	"github.com/gochimera/chimera/config"
	"github.com/gochimera/chimera/gen"
	"github.com/gochimera/chimera/internal/environment"
	"github.com/gochimera/chimera/launcher"
	"github.com/gochimera/chimera/telemetry/traces"
)

func newManifests() *cobra.Command {
	var images string
	var rbac bool
	cmd := &cobra.Command{
		Use:   "manifests",
		Short: "Write what launcher: kubernetes makes in a cluster, as YAML",
		Long: `manifests builds the workers and writes the objects that launcher: kubernetes makes
of them, for people who apply them by themselves. The workers' images go to
images.registry, or with --images to files, one for each, which ctr, docker and the
like load into nodes.

With kubernetes.apply: false a master uses what was applied: it gives each
StatefulSet its one replica when it starts, and takes it away when it ends. Nothing
that is written is secret: what workers are known by is made by that master.

With --rbac it writes what a master has to be permitted instead: a role, a service
account with it, and what binds the two.`,
		Example: `  chimera manifests
  chimera manifests --images images > workers.yaml
  chimera manifests --rbac > master.yaml`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			cfg, err := loadProject(cmd)
			if err != nil {
				return err
			}
			made, err := projectLauncher(cmd, cfg)
			if err != nil {
				return err
			}
			writer, ok := made.(launcher.Manifester)
			if !ok {
				return inputError{fmt.Errorf("launcher: %s makes nothing that could be written down: set launcher: %s", cfg.Launcher, config.KubernetesLauncher)}
			}
			return writeManifests(cmd, cfg, writer, launcher.Manifests{To: cmd.OutOrStdout(), Images: images, Permission: rbac})
		},
	}
	cmd.Flags().StringVar(&images, "images", "", "`folder` for the workers' images, in place of the registry")
	cmd.Flags().BoolVar(&rbac, "rbac", false, "write what a master has to be permitted")
	return cmd
}

func writeManifests(cmd *cobra.Command, cfg *config.Config, writer launcher.Manifester, m launcher.Manifests) error {
	report, err := gen.Generate(cmd.Context(), cfg, gen.Options{Check: true})
	if err != nil {
		return err
	}
	if stale := report.Stale(); len(stale) > 0 {
		return inputError{fmt.Errorf("the generated files do not match chimera.yaml (%s): run go generate in %s", strings.Join(stale, ", "), cfg.Dir)}
	}
	env, err := environment.ReadMaster(os.Getenv, "", 0)
	if err != nil {
		return inputError{err}
	}
	var traced []string
	if cfg.Telemetry.Traces {
		traced = traces.Environment(os.Environ())
	}
	plan := launcher.PlanOf(cfg, served.Version(), env.Level, traced)
	p := newProgress(cmd)
	plan.Observe = func(e launcher.Event) { p.say("%s", e) }
	err = writer.Manifests(cmd.Context(), plan, m)
	p.clear()
	var bad *launcher.PlanError
	if errors.As(err, &bad) {
		return inputError{err}
	}
	return err
}
