package cli

import (
	"context"
	"io"
	"os"

	"github.com/spf13/cobra"

	"github.com/gochimera/chimera/client"
	"github.com/gochimera/chimera/cmd/chimera/internal/inference"
	"github.com/gochimera/chimera/internal/dataio"
)

func newPredict() *cobra.Command {
	var format string
	var probabilities bool
	var batch int
	cmd := &cobra.Command{
		Use:   "predict [FILE]",
		Short: "Predict for the rows of a file",
		Long: `predict has the master answer for the rows of a file, or of standard input if
there is none or it is -, in batches: the file may be larger than memory.

Rows are a file of any kind that can be trained on, or JSON: a list of objects, or a
request's body {"X_pred_columns": [...], "X_pred_rows": [[...], ...]}. Where the first
line of CSV may be a header or a row, it is a header, unless --no-header is given.
Cells are numbers, texts or missing; columns that the model does not have are ignored.
Answers are CSV with a column prediction, or a list of objects in JSON. Of a decomposition
they are the components: columns component_1, component_2, ..., or a list in each object.
` + masterHelp + "\n" + modelHelp,
		Example: `  chimera predict test_data/X_test.csv
  chimera predict test_data/X_test.csv --proba --output answers.csv
  chimera predict --model best.chimera test_data/X_test.csv
  chimera predict abalone-new.csv --no-header
  chimera predict --format json < rows.json`,
		Args: cobra.MaximumNArgs(1),
	}
	output := addOutput(cmd)
	addURL(cmd)
	cmd.Flags().StringVar(&format, "format", "csv", "form of the answers: `csv or json`")
	cmd.Flags().BoolVar(&probabilities, "proba", false, "also answer with the probability of each class")
	cmd.Flags().IntVar(&batch, "batch", 10_000, "`rows` per request")
	model := addModel(cmd)
	threshold := addThreshold(cmd)
	var written inference.Written
	addWritten(cmd, &written)
	asJSON := cmd.Flags().Bool("json", false, "the same as --format json")
	complete(cmd, "format", string(inference.CSV), string(inference.JSON))
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		if *asJSON {
			format = string(inference.JSON)
		}
		form, err := inference.ParseFormat(format)
		if err != nil {
			return usageError{err}
		}
		if batch < 1 {
			return usageErrorf("--batch: want at least 1 row per request, got %d", batch)
		}
		var done *inference.Summary
		err = model.with(func(ctx context.Context, c *client.Client) error {
			if c, err = threshold.of(c); err != nil {
				return err
			}
			in, name, err := openRows(cmd, args)
			if err != nil {
				return err
			}
			defer func() { _ = in.Close() }() // only read
			rows, err := inference.NewSource(newInput(ctx, in), name, written)
			if ctx.Err() != nil {
				return ctx.Err() // whatever a reader made of an input that has ended with it
			}
			if err != nil {
				return err
			}
			p := newProgress(cmd)
			defer p.clear()
			return write(cmd, *output, func(out io.Writer) (err error) {
				done, err = inference.Predict(ctx, c, rows, inference.NewSink(out, form, probabilities), batch, func(rows int) { p.say("%d rows", rows) })
				if err != nil && ctx.Err() != nil {
					return ctx.Err()
				}
				return err
			})
		})
		if err != nil {
			return err
		}
		for _, f := range done.Failures {
			warn(cmd, "without worker %s", f)
		}
		for _, note := range done.Notes {
			warn(cmd, "%s", note)
		}
		return nil
	}
	return cmd
}

// addWritten adds the flags that say how a file of rows is written.
func addWritten(cmd *cobra.Command, w *inference.Written) {
	cmd.Flags().StringVar(&w.Delimiter, "delimiter", "", "what separates the cells: a `character`, or comma, semicolon, tab, pipe, blanks (found out)")
	cmd.Flags().BoolVar(&w.NoHeader, "no-header", false, "the first line is a row; columns are x1, x2, ...")
	complete(cmd, "delimiter", "comma", "semicolon", "tab", "pipe", "blanks")
}

// openRows opens the file that is named, or standard input.
func openRows(cmd *cobra.Command, args []string) (io.ReadCloser, string, error) {
	if len(args) == 0 || args[0] == "-" {
		return io.NopCloser(cmd.InOrStdin()), "standard input", nil
	}
	f, err := os.Open(args[0])
	if err != nil {
		return nil, "", &dataio.Error{File: args[0], Reason: "cannot open", Err: unwrapPath(err)}
	}
	return f, args[0], nil
}
