package cv

import (
	"encoding/csv"
	"fmt"
	"io"
	"strconv"
	"strings"
	"text/tabwriter"

	"github.com/gochimera/chimera/cmd/chimera/internal/trial"
)

// how says in words how rows were divided.
func (r *Report) how() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%d-fold cross-validation", r.Folds)
	if r.Stratified {
		b.WriteString(", stratified by class")
	}
	if r.Group != "" {
		fmt.Fprintf(&b, ", grouped by %s", r.Group)
	}
	if r.Repeats > 1 {
		fmt.Fprintf(&b, ", %d times", r.Repeats)
	}
	return b.String()
}

// Write prints the report for people: each metric's mean and standard deviation, and with each also the folds.
func (r *Report) Write(out io.Writer, each bool) error {
	var b strings.Builder
	fmt.Fprintf(&b, "%s: %d rows of %d workers, seed %d\n\n", r.how(), r.Rows, r.Workers, r.Seed)
	table := tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
	_, _ = fmt.Fprint(table, "METRIC\tMEAN\tSD\n") // into memory, which does not fail
	line := func(name string, e Estimate) {
		if e.N == 0 {
			_, _ = fmt.Fprintf(table, "%s\t-\t-\n", name)
			return
		}
		_, _ = fmt.Fprintf(table, "%s\t%.4f\t%.4f\n", name, e.Mean, e.SD)
	}
	line(r.metric.Name, r.Metrics[r.metric.Name])
	for _, m := range trial.Metrics(r.metric.Task) {
		if e, ok := r.Metrics[m.Name]; ok && m.Name != r.metric.Name {
			line(m.Name, e)
		}
	}
	line("baseline "+trial.Metrics(r.metric.Task)[0].Name, r.Baseline)
	_ = table.Flush()
	if each {
		fmt.Fprintln(&b)
		_, _ = fmt.Fprintf(table, "REPEAT\tFOLD\tTRAINED ON\tHELD OUT\t%s\tFIT\n", strings.ToUpper(r.metric.Name))
		for _, f := range r.Results {
			value := "failed"
			if f.Err == nil {
				value = fmt.Sprintf("%.4f", f.Values[r.metric.Name])
			}
			_, _ = fmt.Fprintf(table, "%d\t%d\t%d\t%d\t%s\t%.2f s\n", f.Repeat, f.Fold, f.TrainRows, f.TestRows, value, f.Seconds)
		}
		_ = table.Flush()
	}
	for _, text := range r.Notes {
		fmt.Fprintf(&b, "\nnote: %s\n", text)
	}
	for _, text := range Remarks(r.Results) {
		fmt.Fprintf(&b, "\n%s\n", text)
	}
	_, err := io.WriteString(out, b.String())
	return err
}

// Remarks are what the fits of folds noted, and why folds failed, each once with how many folds say so.
func Remarks(results []Result) []string {
	var order []string
	count := map[string]int{}
	note := func(text string) {
		if count[text] == 0 {
			order = append(order, text)
		}
		count[text]++
	}
	for _, r := range results {
		for _, n := range r.Notes {
			note("note: " + n)
		}
		if r.Err != nil {
			note("failed: " + r.Error)
		}
	}
	for i, text := range order {
		if n := count[text]; n > 1 {
			order[i] = fmt.Sprintf("%s (%d folds)", text, n)
		}
	}
	return order
}

// WriteCSV writes a line per fold.
func (r *Report) WriteCSV(out io.Writer) error {
	w := csv.NewWriter(out)
	header := []string{"repeat", "fold", "train_rows", "test_rows", "fit_seconds"}
	list := trial.Metrics(r.metric.Task)
	for _, m := range list {
		header = append(header, m.Name)
	}
	_ = w.Write(append(header, "error")) // Flush keeps the error
	for _, f := range r.Results {
		line := []string{fmt.Sprint(f.Repeat), fmt.Sprint(f.Fold), fmt.Sprint(f.TrainRows), fmt.Sprint(f.TestRows), strconv.FormatFloat(f.Seconds, 'g', -1, 64)}
		for _, m := range list {
			text := ""
			if v, ok := f.Values[m.Name]; ok {
				text = strconv.FormatFloat(v, 'g', -1, 64)
			}
			line = append(line, text)
		}
		_ = w.Write(append(line, f.Error))
	}
	w.Flush()
	return w.Error()
}
