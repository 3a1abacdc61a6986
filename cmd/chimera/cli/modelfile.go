package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/spf13/cobra"

	"github.com/gochimera/chimera/cmd/chimera/internal/stored"
	"github.com/gochimera/chimera/models"
)

func newModelsExport() *cobra.Command {
	var output string
	cmd := &cobra.Command{
		Use:   "export ID",
		Short: "Write a stored model as one file, for another project of Chimera",
		Long: `export writes a model as one file, a zip with the manifest first, which
chimera models import takes into another project's store. For other programs, such as
XGBoost and ONNX Runtime, "chimera export" writes it.
` + sourceHelp,
		Example: `  chimera models export serving
  chimera models export 20261129T1 -o best.chimera`,
		Args:              cobra.ExactArgs(1),
		ValidArgsFunction: completeModels(1),
	}
	cmd.Flags().StringVarP(&output, "output", "o", "", "the `file`; its ID and "+models.Extension+" if it is not given. It is there whole or not at all")
	asJSON := addJSON(cmd)
	addURL(cmd)
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		return withSource(cmd, func(ctx context.Context, s stored.Source) error {
			d, err := s.Model(ctx, args[0])
			if err != nil {
				return err
			}
			id, file := d.Manifest.ID, output
			if file == "" {
				file = id + models.Extension
			}
			if err := writeFile("--output", file, func(out io.Writer) error { return s.ExportModel(ctx, id, out) }); err != nil {
				return err
			}
			return printWritten(cmd, *asJSON, id, file)
		})
	}
	return cmd
}

// printWritten tells which model was written to which file.
func printWritten(cmd *cobra.Command, asJSON bool, id, file string) error {
	if asJSON {
		return printJSON(cmd.OutOrStdout(), struct {
			Model string `json:"model"`
			File  string `json:"file"`
		}{id, file})
	}
	_, err := fmt.Fprintf(reportOf(cmd), "wrote %s to %s\n", id, file)
	return err
}

func newModelsImport() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "import FILE",
		Short: "Take a model into the store from one file",
		Long: `import takes in a model that chimera models export has written. It is checked as a whole
first, and not put into service: chimera models serve does that.
` + sourceHelp,
		Example: `  chimera models import best.chimera`,
		Args:    cobra.ExactArgs(1),
	}
	asJSON := addJSON(cmd)
	addURL(cmd)
	cmd.RunE = func(cmd *cobra.Command, args []string) (err error) {
		file, err := os.Open(args[0])
		if err != nil {
			return inputError{err}
		}
		defer func() { err = errors.Join(err, file.Close()) }()
		info, err := file.Stat()
		if err != nil {
			return inputError{err}
		}
		if !info.Mode().IsRegular() {
			return inputError{fmt.Errorf("%s is not a regular file", args[0])}
		}
		return withSource(cmd, func(ctx context.Context, s stored.Source) error {
			d, isNew, err := s.ImportModel(ctx, file, info.Size())
			if err != nil {
				return fmt.Errorf("%s: %w", args[0], err)
			}
			if *asJSON {
				return printJSON(cmd.OutOrStdout(), d)
			}
			done := "took in"
			if !isNew {
				done = "there was already"
			}
			_, err = fmt.Fprintf(reportOf(cmd), "%s %s\n", done, d.Manifest.ID)
			return err
		})
	}
	return cmd
}
