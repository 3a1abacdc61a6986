package cli

import (
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"github.com/gochimera/chimera/config"
	"github.com/gochimera/chimera/gen"
)

func newGenerate() *cobra.Command {
	var check, asJSON bool
	cmd := &cobra.Command{
		Use:   "generate",
		Short: "Write the workers' mains, as chimera.yaml describes them",
		Long: `generate writes chimera_workers/<worker>/main.go for every worker and
chimera_learners.go for the master, and removes the mains of workers that are
gone. It touches no file that it did not write, and none that is up to date.`,
		Example: `  chimera generate
  chimera generate --project examples/bagging
  chimera generate --check        # in continuous integration: fails if a file is not up to date

  //go:generate go tool chimera generate`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			cfg, err := loadProject(cmd)
			if err != nil {
				return err
			}
			if cfg.File == "" {
				return inputError{fmt.Errorf("%s has no %s, so there is nothing to generate", cfg.Dir, config.FileName)}
			}
			report, err := gen.Generate(cmd.Context(), cfg, gen.Options{Check: check})
			if err != nil {
				return err
			}
			if asJSON {
				err = printJSON(cmd.OutOrStdout(), map[string][]string{
					"created": list(report.Created), "updated": list(report.Updated), "removed": list(report.Removed), "unchanged": list(report.Unchanged),
				})
			} else {
				printReport(reportOf(cmd), report, check)
			}
			if err != nil {
				return err
			}
			if n := len(report.Stale()); check && n > 0 {
				return fmt.Errorf("generated files that are not up to date: %d; run chimera generate", n)
			}
			return nil
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print the answer as JSON, for a program")
	cmd.Flags().BoolVar(&check, "check", false, "report what would change without writing it, and fail if anything would")
	return cmd
}

// list is names that are never null in JSON.
func list(names []string) []string {
	if names == nil {
		return []string{}
	}
	return names
}

func printReport(w io.Writer, r gen.Report, check bool) {
	words := [3]string{"created", "updated", "removed"}
	if check {
		words = [3]string{"missing", "stale", "superfluous"}
	}
	for i, files := range [3][]string{r.Created, r.Updated, r.Removed} {
		for _, name := range files {
			_, _ = fmt.Fprintf(w, "%-11s  %s\n", words[i], name)
		}
	}
	if len(r.Stale()) == 0 {
		_, _ = fmt.Fprintf(w, "%d generated files are up to date\n", len(r.Unchanged))
	}
}
