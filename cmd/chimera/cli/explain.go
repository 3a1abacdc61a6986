package cli

import (
	"io"

	"github.com/spf13/cobra"

	"github.com/gochimera/chimera/api"
	"github.com/gochimera/chimera/client"
	"github.com/gochimera/chimera/cmd/chimera/internal/explanation"
	"github.com/gochimera/chimera/cmd/chimera/internal/inference"
	"github.com/gochimera/chimera/internal/picture"
	"github.com/gochimera/chimera/metrics"
)

func newExplain() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "explain",
		Short: "Say what the model in service goes by",
		Long: `explain asks the master what its model goes by. Two questions are answered from
predictions alone, so that any model has an answer:

  permutation         by how much it scores worse once a column's cells change places
  partial-dependence  what it answers on average as a column takes one value after another

Four are answered from what the learners have learned, if they tell:

  importances         how much each feature mattered (trees and forests)
  coefficients        of linear models
  structure           the clusters, or the components, of a model without targets
  out-of-bag          scores on the rows that each worker's bootstrap left out
` + masterHelp,
		Example: `  chimera explain importances
  chimera explain permutation test_data/X_test.csv test_data/y_test.csv
  chimera explain partial-dependence test_data/X_test.csv --column age --plot age.svg`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(newImportances(), newCoefficients(), newStructure(), newOutOfBag(), newPermutation(), newDependence())
	return cmd
}

// told is how an answer of a master is shown.
type told[A any] struct {
	json *bool
	plot *string // nil if there is no picture

	table func(io.Writer, *A) error
	draw  func(out io.Writer, format string, a *A) error
}

// add adds the flags.
func (t *told[A]) add(cmd *cobra.Command) {
	t.json = addJSON(cmd)
	addURL(cmd)
	if t.draw != nil {
		t.plot = cmd.Flags().String("plot", "", "draw it into this `file`: .svg, .png or .pdf")
	}
}

// show asks the master, and prints and draws its answer. That the name of the picture is none is found out before.
func (t *told[A]) show(cmd *cobra.Command, ask func(c *client.Client) (*A, error)) error {
	format := ""
	if t.plot != nil && *t.plot != "" {
		var err error
		if format, err = picture.FormatOf(*t.plot); err != nil {
			return usageErrorf("--plot: %v", err)
		}
	}
	c, err := connect(cmd)
	if err != nil {
		return err
	}
	defer c.Close()
	a, err := ask(c)
	if err != nil {
		return err
	}
	if format != "" {
		if err := writeFile("--plot", *t.plot, func(out io.Writer) error { return t.draw(out, format, a) }); err != nil {
			return err
		}
	}
	if *t.json {
		return printJSON(cmd.OutOrStdout(), a)
	}
	return t.table(cmd.OutOrStdout(), a)
}

func newImportances() *cobra.Command {
	t := told[client.Importances]{table: explanation.WriteImportances, draw: explanation.PlotImportances}
	cmd := &cobra.Command{
		Use:   "importances",
		Short: "How much each feature mattered to the learners",
		Long: `importances prints how much each feature mattered to the learners, by what they have
learned: for trees and forests, how much purer its splits made the rows. They add up
to 1. With several workers it is the mean of their learners', beside each one's. Of
prepared rows, features are summed up for each column as it comes.

Such importances favour columns with many values, and are of the training rows. For
learners that have none, and for another view, there is "chimera explain permutation".
` + masterHelp,
		Example: `  chimera explain importances
  chimera explain importances --plot importances.svg`,
		Args: cobra.NoArgs,
	}
	t.add(cmd)
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		return t.show(cmd, func(c *client.Client) (*client.Importances, error) { return c.Importances(cmd.Context()) })
	}
	return cmd
}

func newCoefficients() *cobra.Command {
	t := told[client.LinearCoefficients]{table: explanation.WriteCoefficients, draw: explanation.PlotCoefficients}
	cmd := &cobra.Command{
		Use:   "coefficients",
		Short: "The coefficients of linear models",
		Long: `coefficients prints the intercept and the coefficients of linear models: for the
features as the learners see them, which can be compared where features are scaled,
and then also for the columns as they are (unscaled). With several workers it is the
mean of their models, if all are linear and have one shape; --json has each one's.
` + masterHelp,
		Example: `  chimera explain coefficients
  chimera explain coefficients --json`,
		Args: cobra.NoArgs,
	}
	t.add(cmd)
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		return t.show(cmd, func(c *client.Client) (*client.LinearCoefficients, error) { return c.LinearCoefficients(cmd.Context()) })
	}
	return cmd
}

func newStructure() *cobra.Command {
	t := told[client.Structure]{table: explanation.WriteStructure}
	cmd := &cobra.Command{
		Use:   "structure",
		Short: "The clusters, or the components, of a model without targets",
		Long: `structure prints what a model without targets has found in its training rows: of clusters
how much each weighs and where its center is, for the features as the learner sees
them; of components the share of the variance that each tells.
` + masterHelp,
		Example: `  chimera explain structure
  chimera explain structure --json`,
		Args: cobra.NoArgs,
	}
	t.add(cmd)
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		return t.show(cmd, func(c *client.Client) (*client.Structure, error) { return c.Structure(cmd.Context()) })
	}
	return cmd
}

func newOutOfBag() *cobra.Command {
	t := told[client.OutOfBagScores]{table: explanation.WriteOutOfBag}
	cmd := &cobra.Command{
		Use:   "out-of-bag",
		Short: "Scores on the rows that each worker's bootstrap left out",
		Long: `out-of-bag prints how well each worker's learner predicts the rows that its bootstrap
left out (bootstrap: true in chimera.yaml): accuracy, or R2.
` + masterHelp,
		Example: `  chimera explain out-of-bag`,
		Args:    cobra.NoArgs,
	}
	t.add(cmd)
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		return t.show(cmd, func(c *client.Client) (*client.OutOfBagScores, error) { return c.OutOfBag(cmd.Context()) })
	}
	return cmd
}

func newPermutation() *cobra.Command {
	t := told[client.PermutationImportances]{table: explanation.WritePermutation, draw: explanation.PlotPermutation}
	var o client.PermutationOptions
	cmd := &cobra.Command{
		Use:   "permutation FILE --target COLUMN | X.csv y.csv",
		Short: "By how much the model scores worse with a column permuted",
		Long: `permutation scores the rows of a file, and again with the cells of one column in another
order, column by column: by how much the score is worse then is how much the model
needs the column. It works for any model. Use rows that it was not trained on. Columns
that say the same share their importance: each seems to matter little.

FILE and its target are as in "chimera score". One --seed gives the same numbers again.
` + masterHelp,
		Example: `  chimera explain permutation test_data/X_test.csv test_data/y_test.csv
  chimera explain permutation adult-test.csv --target income --metric log_loss --plot permutation.svg`,
		Args: cobra.RangeArgs(1, 2),
	}
	t.add(cmd)
	cmd.Flags().IntVar(&o.Repeats, "repeats", api.DefaultRepeats, "how `often` each column is permuted")
	cmd.Flags().Uint64Var(&o.Seed, "seed", 0, "`seed` of the permutations")
	cmd.Flags().StringVar(&o.Metric, "metric", "", "by which `metric` the model is scored (accuracy, or r2)")
	complete(cmd, "metric", metrics.MetricNames()...)
	threshold := addThreshold(cmd)
	written := addScored(cmd)
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		if o.Repeats < 1 || o.Repeats > api.MostRepeats {
			return usageErrorf("--repeats: want 1 to %d, got %d", api.MostRepeats, o.Repeats)
		}
		target, err := written.targetOf(args)
		if err != nil {
			return err
		}
		return t.show(cmd, func(c *client.Client) (*client.PermutationImportances, error) {
			rows, truth, err := inference.ReadScored(cmd.Context(), args[0], target, written.Written)
			if err != nil {
				return nil, err
			}
			if c, err = threshold.of(c); err != nil {
				return nil, err
			}
			p := newProgress(cmd)
			p.say("%d rows, each column permuted %d times", rows.Len(), o.Repeats)
			defer p.clear()
			a, err := c.PermutationImportance(cmd.Context(), rows, truth, o)
			if err == nil {
				warnAll(cmd, a.Notes)
			}
			return a, inference.Refused(err, args[0], target, rows.Columns, written.Written)
		})
	}
	return cmd
}

func newDependence() *cobra.Command {
	t := told[client.PartialDependence]{table: explanation.WriteDependence, draw: explanation.PlotDependence}
	var o client.DependenceOptions
	var column string
	var percentiles []float64
	cmd := &cobra.Command{
		Use:   "partial-dependence FILE --column NAME",
		Short: "What the model answers on average as a column changes",
		Long: `partial-dependence has one column take one value after another in all rows of a file, and
prints what the model answers on average: a number, or a probability per class. Values
are those of the rows, if they are fewer than --grid-resolution or categories; else as
many numbers at one distance between two --percentiles of the rows.

It works for any model. Where columns depend on each other, some of the rows that it
asks about cannot occur, and their answers count too.
` + masterHelp,
		Example: `  chimera explain partial-dependence test_data/X_test.csv --column petal_length
  chimera explain partial-dependence adult-test.csv --column workclass --plot workclass.svg`,
		Args: cobra.ExactArgs(1),
	}
	t.add(cmd)
	cmd.Flags().StringVar(&column, "column", "", "the `name` of the column that changes")
	cmd.Flags().IntVar(&o.Resolution, "grid-resolution", api.DefaultResolution, "how `many` values, of a column with at least so many numbers")
	cmd.Flags().Float64SliceVar(&percentiles, "percentiles", []float64{api.DefaultLow, api.DefaultHigh},
		"`shares` of the rows below the lowest and the highest value")
	written := addScored(cmd)
	completeColumns(cmd, "column")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		switch {
		case column == "":
			return usageErrorf("which column is to change? Say --column NAME")
		case o.Resolution < 2 || o.Resolution > api.MostResolution:
			return usageErrorf("--grid-resolution: want 2 to %d, got %d", api.MostResolution, o.Resolution)
		case len(percentiles) != 2 || !(percentiles[0] >= 0 && percentiles[0] < percentiles[1] && percentiles[1] <= 1):
			return usageErrorf("--percentiles: want two shares from 0 to 1, the lower one first, such as 0.05,0.95")
		}
		o.Low, o.High = percentiles[0], percentiles[1]
		return t.show(cmd, func(c *client.Client) (*client.PartialDependence, error) {
			rows, err := inference.ReadRows(cmd.Context(), args[0], written.Written)
			if err != nil {
				return nil, err
			}
			p := newProgress(cmd)
			p.say("%d rows", rows.Len())
			defer p.clear()
			a, err := c.PartialDependence(cmd.Context(), rows, column, o)
			if err == nil {
				warnAll(cmd, a.Notes)
			}
			return a, inference.Refused(err, args[0], "", rows.Columns, written.Written)
		})
	}
	return cmd
}

// warnAll passes on what there is to know of the rows.
func warnAll(cmd *cobra.Command, notes []string) {
	for _, note := range notes {
		warn(cmd, "%s", note)
	}
}
