package cli

import (
	"context"
	"io"

	"github.com/spf13/cobra"

	"github.com/gochimera/chimera/client"
	"github.com/gochimera/chimera/cmd/chimera/internal/inference"
)

func newScore() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "score FILE --target COLUMN | X.csv y.csv",
		Short: "Compare predictions with the truth",
		Long: `score predicts for the rows of a file and compares with their true targets:
accuracy, balanced accuracy, macro-F1, AUC, log loss and the confusion matrix of
a classifier; R2, MSE and MAE of a regressor; beside the baseline that always
answers the most frequent class, or the mean, of the training rows.

FILE has all columns: --target says which is the target, by its name or its position
(1 is the first column, -1 the last). Or X.csv has the features and y.csv the targets.
` + masterHelp,
		Example: `  chimera score test_data/X_test.csv test_data/y_test.csv
  chimera score test_data/X_test.csv test_data/y_test.csv --json
  chimera score adult-test.csv --target income`,
		Args: cobra.RangeArgs(1, 2),
	}
	asJSON := addJSON(cmd)
	addURL(cmd)
	threshold := addThreshold(cmd)
	var written inference.Written
	addWritten(cmd, &written)
	cmd.Flags().StringVarP(&written.Target, "target", "t", "", "the `column` of the target, in a file that has all columns")
	completeColumns(cmd, "target")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		target := ""
		switch {
		case len(args) == 2 && written.Target != "":
			return usageErrorf("--target is for one file that has all columns; here %s holds the target", args[1])
		case len(args) == 2:
			target = args[1]
		case written.Target == "":
			return usageErrorf("%s: which column is the target? Say --target NAME, or --target -1 for the last one; or name a second file that holds it", args[0])
		}
		c, err := connect(cmd)
		if err != nil {
			return err
		}
		defer c.Close()
		if c, err = threshold.of(c); err != nil {
			return err
		}
		notes, err := score(cmd.Context(), cmd.OutOrStdout(), c, args[0], target, written, *asJSON)
		for _, note := range notes {
			warn(cmd, "%s", note)
		}
		return err
	}
	return cmd
}

// score scores the master on two files and prints how it did. It returns what to know of the rows.
func score(ctx context.Context, out io.Writer, c *client.Client, features, target string, w inference.Written, asJSON bool) (notes []string, err error) {
	s, err := inference.Score(ctx, c, features, target, w)
	if err != nil {
		return nil, err
	}
	if asJSON {
		return nil, printJSON(out, s)
	}
	return s.Notes, inference.WriteScore(out, s)
}
