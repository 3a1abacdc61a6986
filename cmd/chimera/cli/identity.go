package cli

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/gochimera/chimera/config"
	"github.com/gochimera/chimera/internal/identity"
)

func newIdentity() *cobra.Command {
	var anew, asJSON bool
	cmd := &cobra.Command{
		Use:   "identity",
		Short: "Make what a master and workers that run elsewhere know each other by",
		Long: `identity is for workers that you start yourself, on this machine or others
(launcher: external), with security.workers: mtls or token. It writes to
chimera_identity, in the project's folder:

  authority.json       by which this project's master is known; it stays here
  <worker>.identity    for each worker: bring it to the worker's machine, and
                       name it in CHIMERA_WORKERS_IDENTITY when you start the worker

All are secrets: whoever has authority.json can be the project's master. Only their
owner can read them, and git leaves them out. What is there already stays: a worker
that was added to chimera.yaml gets its file, and the others keep theirs. --new makes
all of them anew, after which workers and master need the new ones.

Certificates in these files last a year. The master renews that of a worker before it
runs out, and one that has run out when the worker is started again. Workers that a
launcher starts need none of this.`,
		Example: `  chimera identity
  chimera identity --new
  CHIMERA_WORKERS_IDENTITY=/etc/chimera/tree1.identity ./tree1    # on the worker's machine`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			cfg, err := loadProject(cmd)
			if err != nil {
				return err
			}
			made, err := makeIdentities(cfg, anew)
			if err != nil {
				return err
			}
			if asJSON {
				return printJSON(cmd.OutOrStdout(), made)
			}
			out := reportOf(cmd)
			for _, path := range made.Created {
				_, _ = fmt.Fprintf(out, "created    %s\n", path)
			}
			_, _ = fmt.Fprintf(out, "%d files were there already\n", len(made.Unchanged))
			return nil
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print the answer as JSON, for a program")
	cmd.Flags().BoolVar(&anew, "new", false, "make everything anew: what was made before is worth nothing then")
	return cmd
}

// identities are the files that there are now, from the project's folder.
type identities struct {
	Created   []string `json:"created"`
	Unchanged []string `json:"unchanged"`
}

// makeIdentities makes an authority, unless there is one that is to stay, and a file for each worker without one.
func makeIdentities(cfg *config.Config, anew bool) (identities, error) {
	made := identities{Created: []string{}, Unchanged: []string{}}
	how := cfg.WorkerSecurity()
	if cfg.Launcher != config.ExternalLauncher {
		return made, inputError{fmt.Errorf("the launcher is %s, which gives workers their identities itself: this is for launcher: external", cfg.Launcher)}
	}
	if how == config.WorkersNone {
		return made, inputError{errors.New("security.workers is none: set it to mtls or token in chimera.yaml first")}
	}
	authority, err := identity.Open(cfg.Dir, cfg.Project, identity.Mode(how))
	var missing *identity.MissingError
	switch {
	case anew, errors.As(err, &missing):
		anew = true
		if authority, err = identity.Create(cfg.Dir, cfg.Project, identity.Mode(how)); err != nil {
			return made, err
		}
		made.Created = append(made.Created, identity.AuthorityPath)
	case err != nil:
		return made, inputError{err}
	default:
		made.Unchanged = append(made.Unchanged, identity.AuthorityPath)
	}
	for _, w := range cfg.Workers {
		path := identity.PathOf(w.Name)
		if _, err := os.Stat(filepath.Join(cfg.Dir, path)); err == nil && !anew {
			made.Unchanged = append(made.Unchanged, path)
			continue
		}
		if err := authority.IssueFile(cfg.Dir, w.Name); err != nil {
			return made, err
		}
		made.Created = append(made.Created, path)
	}
	return made, nil
}
