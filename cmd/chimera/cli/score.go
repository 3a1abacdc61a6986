package cli

import (
	"context"
	"errors"

	"github.com/spf13/cobra"

	"github.com/gochimera/chimera/client"
	"github.com/gochimera/chimera/cmd/chimera/internal/inference"
)

func newScore() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "score FILE --target COLUMN | X.csv y.csv | X.csv",
		Short: "Compare predictions with the truth",
		Long: `score predicts for the rows of a file and compares with their true targets:
accuracy, balanced accuracy, macro-F1, AUC, log loss and the confusion matrix of
a classifier; R2, MSE and MAE of a regressor; beside the baseline that always
answers the most frequent class, or the mean, of the training rows. Clusters and
decompositions are scored without targets, by the rows themselves: silhouette (of a
sample, if there are more than 5000 rows) and inertia; explained variance and error of
the reconstruction. If there are targets, clusters are compared with them too (adjusted
Rand index).

FILE has all columns: --target says which is the target, by its name or its position
(1 is the first column, -1 the last). Or X.csv has the features and y.csv the targets.

--plots draws what is behind the numbers into a folder, as SVG: the confusion matrix,
ROC and precision-recall curves and the calibration of a classifier, with more than two
classes each against all others; predicted against true values and the residuals of a
regressor. scores.json beside them has the points of the curves, the areas, average
precisions and Brier scores.

--record attaches the score to the stored model that answered, so that models can be
compared by it (chimera models, chimera runs).
` + masterHelp + "\n" + modelHelp,
		Example: `  chimera score test_data/X_test.csv test_data/y_test.csv
  chimera score test_data/X_test.csv test_data/y_test.csv --json
  chimera score --model best.chimera test_data/X_test.csv test_data/y_test.csv
  chimera score adult-test.csv --target income --plots plots
  chimera score test_data/X_test.csv --json  # of clusters or components`,
		Args: cobra.RangeArgs(1, 2),
	}
	asJSON := addJSON(cmd)
	addURL(cmd)
	threshold := addThreshold(cmd)
	written := addScored(cmd)
	var plots plotsFlags
	plots.add(cmd)
	record := addRecord(cmd)
	model := addModel(cmd)
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		target, err := "", plots.check()
		if err == nil && (len(args) == 2 || written.Target != "") { // else the master knows whether one is needed
			target, err = written.targetOf(args)
		}
		if err == nil {
			err = record.check()
		}
		if err == nil && record.record && cmd.Flags().Changed("model") {
			err = usageErrorf("--record attaches the score to the model in a store, and --model is a file of its own: score against its master, or leave it out")
		}
		if err != nil {
			return err
		}
		return model.with(func(ctx context.Context, c *client.Client) error {
			if c, err = threshold.of(c); err != nil {
				return err
			}
			rows, truth, err := inference.ReadScored(ctx, args[0], target, written.Written)
			if err != nil {
				return err
			}
			s, err := c.ScoreTable(ctx, rows, truth)
			if truth == nil && needsTruth(err) {
				return usageErrorf(noTarget, args[0])
			}
			if err != nil {
				return inference.Refused(err, args[0], target, rows.Columns, written.Written)
			}
			if plots.dir != "" && s.Classification == nil && s.Regression == nil {
				return usageErrorf("--plots draws what a classifier or a regressor predicts beside the truth; the model is for %s", s.Task)
			}
			if *asJSON {
				err = printJSON(cmd.OutOrStdout(), s)
			} else {
				err = inference.WriteScore(cmd.OutOrStdout(), s)
				warnAll(cmd, s.Notes)
			}
			if err == nil && plots.dir != "" {
				err = plots.write(cmd, c, s, rows, truth)
			}
			if err != nil {
				return err
			}
			return record.attach(cmd, c, s, args[0])
		})
	}
	return cmd
}

// scoredFlags say how a file of rows and their target are written.
type scoredFlags struct{ inference.Written }

func addScored(cmd *cobra.Command) *scoredFlags {
	f := &scoredFlags{}
	addWritten(cmd, &f.Written)
	cmd.Flags().StringVarP(&f.Target, "target", "t", "", "the `column` of the target, in a file that has all columns")
	completeColumns(cmd, "target")
	return f
}

// targetOf is the file of the targets, if there is one; else the flag names the column.
func (f *scoredFlags) targetOf(args []string) (string, error) {
	switch {
	case len(args) == 2 && f.Target != "":
		return "", usageErrorf("--target is for one file that has all columns; here %s holds the target", args[1])
	case len(args) == 2:
		return args[1], nil
	case f.Target == "":
		return "", usageErrorf(noTarget, args[0])
	default:
		return "", nil
	}
}

// noTarget says of a file that it was not said where its target is.
const noTarget = "%s: which column is the target? Say --target NAME, or --target -1 for the last one; or name a second file that holds it"

// needsTruth reports whether a master has refused a score because there is no truth.
func needsTruth(err error) bool {
	var p *client.Problem
	return errors.As(err, &p) && len(p.Errors) > 0 && p.Errors[0].Location == "body.y_true"
}
