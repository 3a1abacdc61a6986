package inference

import (
	"context"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"

	"github.com/gochimera/chimera/client"
	"github.com/gochimera/chimera/metrics"
)

// shownClasses is how many classes the largest confusion matrix has that is printed.
const shownClasses = 12

// Score has the master compare its predictions for the rows of a file with the targets of another, or with those in
// the column w.Target.
func Score(ctx context.Context, master *client.Client, features, target string, w Written) (*client.Score, error) {
	rows, truth, err := ReadScored(ctx, features, target, w)
	if err != nil {
		return nil, err
	}
	s, err := master.ScoreTable(ctx, rows, truth)
	return s, Refused(err, features, target, rows.Columns, w)
}

// WriteScore prints a score for people: the figures, the baseline beside them,
// each worker's model by itself, the confusion matrix.
func WriteScore(out io.Writer, s *client.Score) error {
	var b strings.Builder
	table := tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
	line := func(name string, v float64) { _, _ = fmt.Fprintf(table, "  %s\t%.4f\n", name, v) } // into memory, which does not fail
	metric := "R2"
	if m := s.Classification; m != nil {
		metric = "accuracy"
		fmt.Fprintf(&b, "classification, %d rows\n\n", s.Rows)
		line("accuracy", m.Accuracy)
		line("baseline accuracy (majority of the training rows)", s.Baseline)
		line("balanced accuracy", m.BalancedAccuracy)
		line("macro F1", m.MacroF1)
		if m.ROCAUC != nil {
			line("ROC AUC", *m.ROCAUC)
		}
		if m.LogLoss != nil {
			line("log loss", *m.LogLoss)
		}
	}
	if m := s.Regression; m != nil {
		fmt.Fprintf(&b, "regression, %d rows\n\n", s.Rows)
		line("R2", m.R2)
		line("baseline R2 (mean of the training rows)", s.Baseline)
		line("mean squared error", m.MSE)
		line("baseline MSE (mean of these rows)", m.Baseline)
		line("mean absolute error", m.MAE)
	}
	if m := s.Clustering; m != nil {
		fmt.Fprintf(&b, "clustering, %d rows\n\n", s.Rows)
		if m.Silhouette != nil {
			line("silhouette", *m.Silhouette)
		}
		if m.Inertia != nil {
			line("inertia", *m.Inertia)
		}
		if m.LogLikelihood != nil {
			line("mean log-likelihood", *m.LogLikelihood)
		}
		if m.AdjustedRand != nil {
			line("adjusted Rand index", *m.AdjustedRand)
		}
		for c, n := range m.Sizes {
			_, _ = fmt.Fprintf(table, "  rows in cluster %d\t%d\n", c, n)
		}
	}
	if m := s.Decomposition; m != nil {
		fmt.Fprintf(&b, "decomposition, %d rows, components: %d\n\n", s.Rows, m.Components)
		line("explained variance", m.ExplainedVariance)
		line("mean squared error of the reconstruction", m.Reconstruction)
	}
	_ = table.Flush()
	if len(s.Members) > 0 {
		fmt.Fprintf(&b, "\n%s of each worker's model by itself\n\n", metric)
		for _, m := range s.Members {
			line(m.Worker, m.Score)
		}
		_ = table.Flush()
	}
	if m := s.Classification; m != nil && len(m.Classes) <= shownClasses {
		writeConfusion(&b, m)
	}
	for _, f := range s.Failures {
		fmt.Fprintf(&b, "\nwithout worker %s\n", f)
	}
	_, err := io.WriteString(out, b.String())
	return err
}

func writeConfusion(b *strings.Builder, m *metrics.Classification) {
	b.WriteString("\nconfusion matrix: true classes down, predicted across\n\n")
	table := tabwriter.NewWriter(b, 0, 0, 2, ' ', tabwriter.AlignRight)
	for _, c := range m.Classes {
		_, _ = fmt.Fprintf(table, "\t%s", c)
	}
	_, _ = fmt.Fprint(table, "\t\n")
	for i, row := range m.Confusion {
		_, _ = fmt.Fprintf(table, "  %s", m.Classes[i])
		for _, n := range row {
			_, _ = fmt.Fprintf(table, "\t%v", n)
		}
		_, _ = fmt.Fprint(table, "\t\n")
	}
	_ = table.Flush()
}
