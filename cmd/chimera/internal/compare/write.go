package compare

import (
	"encoding/csv"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/gochimera/chimera/cmd/chimera/internal/figures"
	"github.com/gochimera/chimera/cmd/chimera/internal/trial"
)

// legend says what the columns of the table are.
const legend = `FIT is the time of the whole fit. COMPUTING, WIRE (calls, beyond computing and waiting) and WAITING (for the slowest worker, or of a
pipeline for a neighbour) are of all workers together. BYTES are the bodies to and from the workers, or of a pipeline between them.
`

// Write prints the report for people; with each, also every fit.
func (r *Report) Write(out io.Writer, each bool) error {
	var b strings.Builder
	fmt.Fprintf(&b, "%s on %d rows of %d workers, scored on %d held-out rows", r.Learner, r.Rows, r.Workers, r.Test)
	if r.Repeats > 1 {
		fmt.Fprintf(&b, ", %d times", r.Repeats)
	}
	fmt.Fprintf(&b, ", seed %d\n\n", r.Seed)
	table := tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
	_, _ = fmt.Fprintf(table, "TRAINED BY\t%s\tFIT\tSTEPS\tCOMPUTING\tWIRE\tWAITING\tBYTES\n", strings.ToUpper(r.Metric)) // into memory, which does not fail
	for _, result := range r.Results {
		value := "failed"
		if e, ok := result.Metrics[r.Metric]; ok {
			value = r.value(e)
		}
		row(table, result.Way, value, result.Way, result.Cost)
	}
	_, _ = fmt.Fprintf(table, "baseline\t%s\t-\t-\t-\t-\t-\t-\n", r.value(r.Baseline))
	_ = table.Flush()
	if each {
		fmt.Fprintln(&b)
		_, _ = fmt.Fprintf(table, "REPEAT\tTRAINED BY\t%s\tFIT\tSTEPS\tCOMPUTING\tWIRE\tWAITING\tBYTES\n", strings.ToUpper(r.Metric))
		for _, result := range r.Results {
			for _, run := range result.Runs {
				value := "failed"
				if run.Err == nil {
					value = fmt.Sprintf("%.4f", run.Metrics[r.Metric])
				}
				row(table, fmt.Sprintf("%d\t%s", run.Repeat, result.Way), value, result.Way, run.Cost)
			}
		}
		_ = table.Flush()
	}
	b.WriteString("\n" + legend)
	for _, text := range r.remarks() {
		fmt.Fprintln(&b, text)
	}
	_, err := io.WriteString(out, b.String())
	return err
}

func (r *Report) value(e Estimate) string {
	if r.Repeats > 1 {
		return fmt.Sprintf("%.4f ± %.4f", e.Mean, e.SD)
	}
	return fmt.Sprintf("%.4f", e.Mean)
}

// row prints a line of the table.
func row(table io.Writer, begin, value, way string, c Cost) {
	steps, wire, waiting, bytes := "-", "-", "-", "-"
	if c.Steps > 0 {
		steps = strconv.Itoa(c.Steps)
	}
	if way != Alone {
		wire, waiting = seconds(c.Wire), seconds(c.Waiting)
	}
	if n := c.Bytes(); n > 0 { // a kind may not count them
		bytes = amount(n)
	}
	_, _ = fmt.Fprintf(table, "%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\n", begin, value, seconds(c.Seconds), steps, seconds(c.Computing), wire, waiting, bytes)
}

func seconds(s float64) string { return figures.Seconds(s, 100*time.Microsecond) }

// amount is a number of bytes.
func amount(n int64) string {
	unit, name := unitOf(float64(n))
	if unit == 1 {
		return fmt.Sprintf("%d B", n)
	}
	return fmt.Sprintf("%.1f %s", float64(n)/unit, name)
}

// unitOf is the largest unit that is not larger than so many bytes.
func unitOf(n float64) (unit float64, name string) {
	unit, name = 1, "B"
	for _, larger := range []string{"kB", "MB", "GB"} {
		if n < 1000*unit {
			break
		}
		unit, name = 1000*unit, larger
	}
	return unit, name
}

// remarks are what was changed for a way, what fits noted, why they failed and why others are not possible: each once.
func (r *Report) remarks() []string {
	var list []string
	add := func(format string, args ...any) {
		if text := fmt.Sprintf(format, args...); !slices.Contains(list, text) {
			list = append(list, text)
		}
	}
	for _, text := range r.Notes {
		add("note: %s", text)
	}
	for _, result := range r.Results {
		for _, text := range result.Remarks {
			add("%s: %s", result.Way, text)
		}
		for _, run := range result.Runs {
			for _, text := range run.Notes {
				add("%s: note: %s", result.Way, text)
			}
			if run.Err != nil {
				add("%s: failed: %s", result.Way, run.Error)
			}
		}
	}
	for _, c := range r.Cannot {
		add("not by %s: %s", c.Way, c.Reason)
	}
	return list
}

// WriteCSV writes a line for every fit.
func (r *Report) WriteCSV(out io.Writer) error {
	w := csv.NewWriter(out)
	header := []string{"way", "repeat", "workers", "train_rows"}
	list := trial.Metrics(r.metric.Task)
	for _, m := range list {
		header = append(header, m.Name)
	}
	_ = w.Write(append(header, "fit_seconds", "computing_seconds", "wire_seconds", "waiting_seconds", "steps", // Error returns the error
		"bytes_to_workers", "bytes_from_workers", "bytes_between_workers", "error"))
	number := func(v float64) string { return strconv.FormatFloat(v, 'g', -1, 64) }
	for _, result := range r.Results {
		for _, run := range result.Runs {
			line := []string{result.Way, strconv.Itoa(run.Repeat), strconv.Itoa(result.Workers), strconv.Itoa(run.Train)}
			for _, m := range list {
				text := ""
				if v, ok := run.Metrics[m.Name]; ok {
					text = number(v)
				}
				line = append(line, text)
			}
			line = append(line, number(run.Seconds), number(run.Computing), number(run.Wire), number(run.Waiting), strconv.Itoa(run.Steps))
			_ = w.Write(append(line, fmt.Sprint(run.Down), fmt.Sprint(run.Up), fmt.Sprint(run.Between), run.Error))
		}
	}
	w.Flush()
	return w.Error()
}
