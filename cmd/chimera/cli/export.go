package cli

import (
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/gochimera/chimera/cmd/chimera/internal/exported"
	"github.com/gochimera/chimera/cmd/chimera/internal/stored"
	"github.com/gochimera/chimera/export"
	"github.com/gochimera/chimera/models"
)

func newExport() *cobra.Command {
	var to, output string
	var prepared bool
	cmd := &cobra.Command{
		Use:   "export [MODEL] --to FORMAT",
		Short: "Write a stored model for other programs: XGBoost, ONNX",
		Long: `export writes a stored model in the format of other programs, which then predict
without Chimera. Nothing is fitted, and no worker is needed.

  onnx     trees, forests, boosting, linear models and networks, with the
           preparation of their rows, for ONNX Runtime and whatever else reads ONNX
  xgboost  trees, forests and boosting, for XGBoost 1.7 and later

MODEL is the ID of a stored model, or a file that ends in ` + models.Extension + `; without it, the model
in service. The learners of several workers become one model, if their answers are
combined by mean, weighted or vote (vote: onnx only). What a format cannot express
is refused, with the worker and the reason. A file that another project of Chimera
takes in is written by "chimera models export" instead.
` + sourceHelp,
		Example: `  chimera export --to onnx
  chimera export 20261129T1 --to xgboost -o best.json
  chimera export best.chimera --to onnx --prepared`,
		Args:              cobra.MaximumNArgs(1),
		ValidArgsFunction: completeModels(1),
	}
	cmd.Flags().StringVar(&to, "to", "", "the `format`: "+strings.Join(exported.FormatNames(), " or "))
	cmd.Flags().StringVarP(&output, "output", "o", "", "the `file`; the model's ID and .json or .onnx if it is not given. It is there whole or not at all")
	cmd.Flags().BoolVar(&prepared, "prepared", false,
		"the written model takes rows that somebody else has prepared: the features that learners see, not the columns")
	complete(cmd, "to", exported.FormatNames()...)
	asJSON := addJSON(cmd)
	addURL(cmd)
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		format, err := exported.FormatOf(to)
		if err != nil {
			return usageErrorf("--to: %v", err)
		}
		model := models.InService
		if len(args) > 0 {
			model = args[0]
		}
		return withModel(cmd, model, func(ctx context.Context, s *models.Store, m *models.Manifest) error {
			of, err := exported.Model(ctx, s, m)
			if is[*exported.MissingLearnerError](err) {
				if dir, none := findProject(cmd); none == nil {
					if again := goOnLinked(cmd, dir); again != nil {
						return again
					}
				}
			}
			if err != nil {
				return refusedExport(err)
			}
			file := output
			if file == "" {
				file = m.ID + format.Extension
			}
			if err := writeFile("--output", file, func(out io.Writer) error { return format.Write(out, of, prepared) }); err != nil {
				return refusedExport(err)
			}
			return printWritten(cmd, *asJSON, m.ID, file)
		})
	}
	return cmd
}

// refusedExport is the error of a model that cannot be exported as bad input.
func refusedExport(err error) error {
	if is[*export.Error](err) || is[*exported.MissingLearnerError](err) || is[*models.DamagedError](err) {
		return inputError{err}
	}
	return err
}

// withModel opens a stored model: a file, or one of the project's or its master's.
func withModel(cmd *cobra.Command, model string, do func(context.Context, *models.Store, *models.Manifest) error) error {
	if strings.HasSuffix(model, models.Extension) {
		return withArchive(cmd.Context(), model, do)
	}
	return withSource(cmd, func(ctx context.Context, s stored.Source) error {
		if local, ok := s.(*stored.Local); ok {
			id, err := local.Store.Find(ctx, model)
			if err != nil {
				return err
			}
			m, err := local.Store.Get(ctx, id)
			if err != nil {
				return err
			}
			return do(ctx, local.Store, m)
		}
		return withDownloaded(ctx, s, model, do)
	})
}

// withDownloaded opens a model of a master.
func withDownloaded(
	ctx context.Context, s stored.Source, model string, do func(context.Context, *models.Store, *models.Manifest) error,
) (err error) {
	d, err := s.Model(ctx, model)
	if err != nil {
		return err
	}
	if d.Manifest == nil {
		return errors.New("what answers there says nothing of the model: is it a master?")
	}
	dir, err := os.MkdirTemp("", "chimera-export-")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	path := filepath.Join(dir, "model"+models.Extension)
	file, err := os.Create(path)
	if err != nil {
		return err
	}
	if err := errors.Join(s.ExportModel(ctx, d.Manifest.ID, file), file.Close()); err != nil {
		return err
	}
	return withArchive(ctx, path, do)
}

// withArchive opens a model in a file.
func withArchive(ctx context.Context, path string, do func(context.Context, *models.Store, *models.Manifest) error) (err error) {
	a, err := models.OpenArchive(ctx, path, models.Limits{})
	if err != nil {
		if ctx.Err() != nil {
			return err
		}
		return inputError{err}
	}
	defer func() { err = errors.Join(err, a.Close()) }()
	return do(ctx, a.Store(), a.Manifest())
}
