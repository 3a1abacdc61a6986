package cli

import (
	"context"
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/gochimera/chimera/cmd/chimera/internal/stored"
	"github.com/gochimera/chimera/models"
)

func newModels() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "models",
		Short: "List, compare, serve and remove stored models",
		Long: `models is about the models that fits have stored: every fit stores its model, and the
master that starts serves the one that was in service.
` + sourceHelp,
		Example: `  chimera models list
  chimera models show latest
  chimera models diff 20261129T1 20261130T0
  chimera models serve 20261129T1
  chimera models export latest -o best.chimera`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(newModelsList(), newModelsShow(), newModelsDiff(), newModelsServe(), newModelsRemove(), newModelsExport(), newModelsImport())
	return cmd
}

func newModelsList() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "list",
		Short: "List the stored models",
		Long: `list prints the stored models, the newest first, with the score that was attached last
(chimera score --record). The one in service has an asterisk.
` + sourceHelp,
		Example: `  chimera models list
  chimera models list --json`,
		Args: cobra.NoArgs,
	}
	asJSON := addJSON(cmd)
	addURL(cmd)
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		return withSource(cmd, func(ctx context.Context, s stored.Source) error {
			list, err := s.Models(ctx)
			if err != nil {
				return err
			}
			for _, one := range list.Damaged {
				warn(cmd, "%s", one)
			}
			switch {
			case *asJSON:
				return printJSON(cmd.OutOrStdout(), list)
			case len(list.Models) == 0:
				note(cmd, "no model is stored yet: chimera fit stores one")
				return nil
			default:
				return stored.WriteList(cmd.OutOrStdout(), list)
			}
		})
	}
	return cmd
}

func newModelsShow() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "show [ID]",
		Short: "Show all that is known of a stored model",
		Long: `show prints what a model was fitted with, who took part, how its rows were prepared and
what it scored; without an ID that of the model in service. --json is its whole manifest.
` + sourceHelp,
		Example: `  chimera models show
  chimera models show latest --json`,
		Args:              cobra.MaximumNArgs(1),
		ValidArgsFunction: completeModels(1),
	}
	asJSON := addJSON(cmd)
	addURL(cmd)
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		return withSource(cmd, func(ctx context.Context, s stored.Source) error {
			id := models.InService
			if len(args) > 0 {
				id = args[0]
			}
			d, err := s.Model(ctx, id)
			if err != nil {
				return err
			}
			if *asJSON {
				return printJSON(cmd.OutOrStdout(), d)
			}
			return stored.WriteModel(cmd.OutOrStdout(), d)
		})
	}
	return cmd
}

func newModelsDiff() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "diff A B",
		Short: "Show what differs between two stored models",
		Long: `diff compares two models: parameters, settings, rows, columns, their preparation, and
scores on the same held-out rows. What is the same is left out.
` + sourceHelp,
		Example: `  chimera models diff serving latest
  chimera models diff 20261129T1 20261130T0 --json`,
		Args:              cobra.ExactArgs(2),
		ValidArgsFunction: completeModels(2),
	}
	asJSON := addJSON(cmd)
	addURL(cmd)
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		return withSource(cmd, func(ctx context.Context, s stored.Source) error {
			a, err := s.Model(ctx, args[0])
			if err != nil {
				return err
			}
			b, err := s.Model(ctx, args[1])
			if err != nil {
				return err
			}
			if *asJSON {
				return printJSON(cmd.OutOrStdout(), struct {
					A           string              `json:"a"`
					B           string              `json:"b"`
					Differences []stored.Difference `json:"differences"`
				}{a.Manifest.ID, b.Manifest.ID, stored.Diff(a, b)})
			}
			return stored.WriteDiff(cmd.OutOrStdout(), a, b)
		})
	}
	return cmd
}

func newModelsServe() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "serve ID",
		Short: "Put a stored model into service",
		Long: `serve rolls back, or forward: the stored model answers in place of the one in service,
which answers until then. Nothing is fitted. If no master runs, the next start of the
project's program serves it.
` + sourceHelp,
		Example: `  chimera models serve 20261129T1
  chimera models serve latest`,
		Args:              cobra.ExactArgs(1),
		ValidArgsFunction: completeModels(1),
	}
	asJSON := addJSON(cmd)
	addURL(cmd)
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		return withSource(cmd, func(ctx context.Context, s stored.Source) error {
			p := newProgress(cmd)
			p.say("putting the model into service")
			served, err := s.ServeModel(ctx, args[0])
			p.clear()
			if err != nil {
				return err
			}
			if *asJSON {
				return printJSON(cmd.OutOrStdout(), served)
			}
			for _, text := range served.Notes {
				note(cmd, "%s", text)
			}
			before := ""
			if served.Before != "" && served.Before != served.ID {
				before = " in place of " + served.Before
			}
			_, err = fmt.Fprintf(reportOf(cmd), "%s is in service%s (%s)\n", served.ID, before, seconds(served.Seconds))
			return err
		})
	}
	return cmd
}

func newModelsRemove() *cobra.Command {
	cmd := &cobra.Command{
		Use:     "remove ID...",
		Aliases: []string{"rm"},
		Short:   "Remove stored models",
		Long: `remove removes models, without asking. The one in service stays. The records of their
fits stay (chimera runs). Old ones are removed by themselves: models.keep in chimera.yaml.
` + sourceHelp,
		Example: `  chimera models remove 20261129T1 20261129T2
  chimera models remove 20261129T1 --json`,
		Args:              cobra.MinimumNArgs(1),
		ValidArgsFunction: completeModels(0),
	}
	asJSON := addJSON(cmd)
	addURL(cmd)
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		return withSource(cmd, func(ctx context.Context, s stored.Source) error {
			var ids []string
			for _, word := range args { // all, before the first is gone: latest would be another one then
				d, err := s.Model(ctx, word)
				if err != nil {
					return err
				}
				ids = append(ids, d.Manifest.ID)
			}
			var failures []error
			removed := []string{}
			for _, id := range ids {
				if err := s.RemoveModel(ctx, id); err != nil {
					failures = append(failures, err)
					continue
				}
				removed = append(removed, id)
				if *asJSON {
					continue
				}
				if _, err := fmt.Fprintf(reportOf(cmd), "removed %s\n", id); err != nil {
					return err
				}
			}
			if *asJSON {
				failures = append(failures, printJSON(cmd.OutOrStdout(), map[string][]string{"removed": removed}))
			}
			return errors.Join(failures...)
		})
	}
	return cmd
}
