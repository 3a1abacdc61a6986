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
		Use:   "score X.csv y.csv",
		Short: "Compare predictions with the truth",
		Long: `score predicts for the rows of a file and compares with their true targets:
accuracy, balanced accuracy, macro-F1, AUC, log loss and the confusion matrix of
a classifier; R2, MSE and MAE of a regressor; beside the baseline that always
answers the most frequent class, or the mean, of the training rows.
` + masterHelp,
		Example: `  chimera score test_data/X_test.csv test_data/y_test.csv
  chimera score test_data/X_test.csv test_data/y_test.csv --json`,
		Args: cobra.ExactArgs(2),
	}
	asJSON := addJSON(cmd)
	addURL(cmd)
	threshold := addThreshold(cmd)
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		c, err := connect(cmd)
		if err != nil {
			return err
		}
		defer c.Close()
		if c, err = threshold.of(c); err != nil {
			return err
		}
		notes, err := score(cmd.Context(), cmd.OutOrStdout(), c, args[0], args[1], *asJSON)
		for _, note := range notes {
			warn(cmd, "%s", note)
		}
		return err
	}
	return cmd
}

// score scores the master on two files and prints how it did. It returns what to know of the rows.
func score(ctx context.Context, out io.Writer, c *client.Client, features, target string, asJSON bool) (notes []string, err error) {
	s, err := inference.Score(ctx, c, features, target)
	if err != nil {
		return nil, err
	}
	if asJSON {
		return nil, printJSON(out, s)
	}
	return s.Notes, inference.WriteScore(out, s)
}
