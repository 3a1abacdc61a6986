package explanation

import (
	"cmp"
	"fmt"
	"io"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/gochimera/chimera/api"
	"github.com/gochimera/chimera/client"
)

// tables are written into memory, which does not fail.
type tables struct {
	strings.Builder
	*tabwriter.Writer
}

func newTables() *tables {
	t := &tables{}
	t.Writer = tabwriter.NewWriter(&t.Builder, 0, 0, 2, ' ', 0)
	return t
}

func (t *tables) line(format string, args ...any) { _, _ = fmt.Fprintf(t.Writer, format+"\n", args...) }

// text ends a table, and begins a line beside it.
func (t *tables) text(format string, args ...any) {
	_ = t.Flush()
	fmt.Fprintf(&t.Builder, format+"\n", args...)
}

func (t *tables) without(failures []api.WorkerFailure) {
	for _, f := range failures {
		t.text("\nwithout worker %s", f)
	}
}

func (t *tables) to(out io.Writer) error {
	_ = t.Flush()
	_, err := io.WriteString(out, t.String())
	return err
}

// WriteImportances prints the importances of columns and features, the largest first, with each worker's.
func WriteImportances(out io.Writer, a *client.Importances) error {
	t := newTables()
	t.text("feature importances of fit %s\n", a.FitID)
	if len(a.Columns) < len(a.Features) {
		t.line("COLUMN\tIMPORTANCE")
		for _, c := range slices.SortedStableFunc(slices.Values(a.Columns), func(a, b api.ColumnImportance) int { return cmp.Compare(b.Importance, a.Importance) }) {
			t.line("%s\t%.4f", c.Column, c.Importance)
		}
		t.text("")
	}
	head := "FEATURE\tIMPORTANCE"
	for _, w := range a.Workers {
		head += "\t" + w.Worker
	}
	t.line("%s", head)
	for _, j := range sorted(len(a.Features), func(j int) float64 { return a.Features[j].Importance }) {
		line := fmt.Sprintf("%s\t%.4f", a.Features[j].Feature, a.Features[j].Importance)
		for _, w := range a.Workers {
			line += fmt.Sprintf("\t%.4f", w.Importances[j])
		}
		t.line("%s", line)
	}
	t.without(a.Failures)
	return t.to(out)
}

// sorted are the indices of n values, the largest first.
func sorted(n int, value func(int) float64) []int {
	order := make([]int, n)
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(value(b), value(a)) })
	return order
}

// WriteCoefficients prints the model's coefficients, or each worker's if they have no mean, for features as the learner sees them
// and, where they are scaled, for the columns as they are.
func WriteCoefficients(out io.Writer, a *client.LinearCoefficients) error {
	t := newTables()
	write := func(whose string, m *api.LinearModel) {
		t.text("coefficients of %s\n", whose)
		head := "FEATURE"
		names := lines(a, m)
		for _, name := range names {
			head += "\t" + name
		}
		if m.OriginalCoef != nil {
			for _, name := range names {
				head += "\t" + name + " (unscaled)"
			}
		}
		t.line("%s", head)
		row := func(name string, of func(coef []api.Floats, intercept api.Floats, k int) float64) {
			line := name
			for k := range m.Coef {
				line += fmt.Sprintf("\t%.6g", of(m.Coef, m.Intercept, k))
			}
			for k := range m.OriginalCoef {
				line += fmt.Sprintf("\t%.6g", of(m.OriginalCoef, m.OriginalIntercept, k))
			}
			t.line("%s", line)
		}
		row("(intercept)", func(_ []api.Floats, intercept api.Floats, k int) float64 { return intercept[k] })
		for j, f := range a.Features {
			row(f.Feature, func(coef []api.Floats, _ api.Floats, k int) float64 { return coef[k][j] })
		}
	}
	switch {
	case a.Model != nil && len(a.Workers) > 0:
		write(fmt.Sprintf("fit %s, the mean of %d workers", a.FitID, len(a.Workers)), a.Model)
	case a.Model != nil:
		write("fit "+a.FitID, a.Model)
	default:
		for i, w := range a.Workers {
			if i > 0 {
				t.text("")
			}
			write("worker "+w.Worker, &w.LinearModel)
		}
	}
	t.without(a.Failures)
	return t.to(out)
}

// lines are the names of a model's lines of coefficients.
func lines(a *client.LinearCoefficients, m *api.LinearModel) []string {
	var names []string
	for k := range m.Coef {
		switch {
		case k < len(a.Outputs):
			names = append(names, string(a.Outputs[k]))
		case len(m.Coef) == 1:
			names = append(names, "coefficient")
		default:
			names = append(names, fmt.Sprintf("output %d", k+1))
		}
	}
	return names
}

// WriteOutOfBag prints the workers' out-of-bag scores.
func WriteOutOfBag(out io.Writer, a *client.OutOfBagScores) error {
	t := newTables()
	t.text("out-of-bag scores of fit %s\n", a.FitID)
	t.line("WORKER\tMETRIC\tSCORE\tROWS")
	for _, w := range a.Workers {
		if o := w.OutOfBag; o != nil {
			t.line("%s\t%s\t%.4f\t%d", w.Worker, o.Metric, o.Score, o.Rows)
		} else {
			t.line("%s\t-\t-\t-", w.Worker)
		}
	}
	t.without(a.Failures)
	return t.to(out)
}

// WritePermutation prints by how much the model needs each column, the most needed first.
func WritePermutation(out io.Writer, a *client.PermutationImportances) error {
	t := newTables()
	t.text("%s of fit %s on %d rows: %.4f\nby how much it is worse with a column permuted %d times\n", a.Metric, a.FitID, a.Rows, a.Baseline, a.Repeats)
	t.line("COLUMN\tMEAN\tSD")
	for _, j := range sorted(len(a.Columns), func(j int) float64 { return a.Columns[j].Mean }) {
		c := a.Columns[j]
		t.line("%s\t%.4f\t%.4f", c.Column, c.Mean, c.Std)
	}
	t.without(a.Failures)
	return t.to(out)
}

// WriteDependence prints the mean answer at each value.
func WriteDependence(out io.Writer, a *client.PartialDependence) error {
	t := newTables()
	t.text("mean answer of fit %s over %d rows, by %s\n", a.FitID, a.Rows, a.Column)
	head := strings.ToUpper(a.Column)
	for _, name := range answers(a) {
		head += "\t" + name
	}
	t.line("%s", head)
	for k := range a.Average[0] {
		line := at(a, k)
		for o := range a.Average {
			line += fmt.Sprintf("\t%.6g", a.Average[o][k])
		}
		t.line("%s", line)
	}
	t.without(a.Failures)
	return t.to(out)
}

// answers are the names of what the model answers.
func answers(a *client.PartialDependence) []string {
	if a.Classes == nil {
		return []string{"prediction"}
	}
	var names []string
	for _, class := range a.Classes {
		names = append(names, string(class))
	}
	return names
}

// at is the k-th value of the column.
func at(a *client.PartialDependence, k int) string {
	if a.Categories != nil {
		return string(a.Categories[k])
	}
	return fmt.Sprintf("%.6g", a.Values[k])
}
