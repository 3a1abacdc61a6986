package cli

import (
	"io"

	"github.com/spf13/cobra"

	"github.com/gochimera/chimera/config"
	"github.com/gochimera/chimera/internal/catalogue"
)

func newSchema() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "schema",
		Short: "Print the JSON Schema of chimera.yaml, for editors",
		Long: `schema prints the JSON Schema (2020-12) of chimera.yaml: every setting, and the
parameters of every learner. An editor with a YAML language server takes it from
the first line of chimera.yaml:

  # yaml-language-server: $schema=chimera.schema.json

In a project with packages: in its chimera.yaml, the kinds and launchers that those
register are in it too.`,
		Example: `  chimera schema
  chimera schema --output chimera.schema.json`,
		Args: cobra.NoArgs,
	}
	output := addOutput(cmd)
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		if err := linkForList(cmd); err != nil {
			return err
		}
		return write(cmd, *output, func(out io.Writer) error { return printJSON(out, config.JSONSchema(catalogue.Shipped())) })
	}
	return cmd
}
