package cli

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"

	"github.com/gochimera/chimera/client"
	"github.com/gochimera/chimera/cmd/chimera/internal/stored"
	"github.com/gochimera/chimera/config"
	"github.com/gochimera/chimera/models"
)

const sourceHelp = `
The master is asked that is at --url, else at CHIMERA_MASTER_URL, else the one that the
project's program serves. If that does not run, the project's own store of models is
used (models.store in chimera.yaml).

An ID may be shortened to the beginning that no other has; latest is the newest one,
serving the one in service.`

// openSource finds the stored models that the command is about: those of a running master, or of the project.
func openSource(cmd *cobra.Command) (stored.Source, error) {
	url, err := cmd.Flags().GetString("url")
	if err != nil {
		return nil, err
	}
	if url != "" || os.Getenv(masterVariable) != "" {
		return connectToMaster(cmd)
	}
	dir, err := findProject(cmd)
	if err != nil {
		if flag := cmd.Flag("project"); flag != nil && flag.Changed {
			return nil, err
		}
		return connectToMaster(cmd) // no project is needed to talk to a master
	}
	if _, err := os.Stat(filepath.Join(dir, filepath.FromSlash(config.MasterFile))); err == nil {
		c, err := connect(cmd)
		if err != nil {
			return nil, err
		}
		_, err = c.Status(cmd.Context())
		if !is[*client.UnreachableError](err) {
			return c, nil // what else may be wrong, the command itself finds out
		}
		c.Close()
	}
	cfg, err := loadProject(cmd)
	if err != nil {
		return nil, err
	}
	if cfg.Models.Store == config.NoModels {
		return nil, inputError{fmt.Errorf("this project keeps no models: models.store is %s in %s", config.NoModels, filepath.Join(cfg.Dir, config.FileName))}
	}
	store, err := models.Open(cmd.Context(), cfg.Models.Store, cfg.Dir)
	if err != nil {
		return nil, inputError{err}
	}
	return &stored.Local{Store: store}, nil
}

// connectToMaster is connect, once there is a master at the address.
func connectToMaster(cmd *cobra.Command) (stored.Source, error) {
	c, err := connect(cmd)
	if err != nil {
		return nil, err
	}
	if _, err := c.Status(cmd.Context()); err != nil {
		c.Close()
		return nil, err
	}
	return c, nil
}

// withSource runs a command on the stored models.
func withSource(cmd *cobra.Command, do func(ctx context.Context, s stored.Source) error) error {
	s, err := openSource(cmd)
	if err != nil {
		return err
	}
	defer s.Close()
	err = do(cmd.Context(), s)
	var problem *client.Problem
	if err == nil || errors.As(err, &problem) {
		return err
	}
	if is[*models.UnknownError](err) || is[*models.NotFoundError](err) || is[*models.NoEventsError](err) || is[*models.DamagedError](err) {
		return inputError{err}
	}
	return err
}

// completeWithin bounds how long the shell waits for IDs.
const completeWithin = 3 * time.Second

// completing lists IDs for the shell.
func completing(list func(ctx context.Context, s stored.Source) ([]string, error), most int) cobra.CompletionFunc {
	return func(cmd *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
		if most > 0 && len(args) >= most {
			return nil, cobra.ShellCompDirectiveNoFileComp
		}
		ctx, cancel := context.WithTimeout(cmd.Context(), completeWithin)
		defer cancel()
		cmd.SetContext(ctx)
		s, err := openSource(cmd)
		if err != nil {
			return nil, cobra.ShellCompDirectiveNoFileComp
		}
		defer s.Close()
		ids, err := list(ctx, s)
		if err != nil {
			return nil, cobra.ShellCompDirectiveNoFileComp
		}
		return ids, cobra.ShellCompDirectiveNoFileComp | cobra.ShellCompDirectiveKeepOrder
	}
}

// completeModels offers the IDs of stored models, for so many arguments at most; 0 is any number.
func completeModels(most int) cobra.CompletionFunc {
	return completing(func(ctx context.Context, s stored.Source) ([]string, error) {
		list, err := s.Models(ctx)
		if err != nil {
			return nil, err
		}
		ids := []string{models.Latest + "\tthe newest model", models.InService + "\tthe model in service"}
		for _, m := range list.Models {
			what := fmt.Sprintf("%d rows", m.Rows)
			if m.Serving {
				what += ", in service"
			}
			ids = append(ids, m.ID+"\t"+what)
		}
		return ids, nil
	}, most)
}

// completeRuns offers the IDs of fits.
func completeRuns(most int) cobra.CompletionFunc {
	return completing(func(ctx context.Context, s stored.Source) ([]string, error) {
		h, err := s.Runs(ctx)
		if err != nil {
			return nil, err
		}
		ids := []string{models.Latest + "\tthe last fit"}
		for _, r := range h.Runs {
			ids = append(ids, r.ID+"\t"+string(r.State))
		}
		return ids, nil
	}, most)
}
