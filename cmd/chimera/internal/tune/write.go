package tune

import (
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"strconv"
	"strings"
	"text/tabwriter"

	"github.com/goccy/go-yaml"

	"github.com/gochimera/chimera/cmd/chimera/internal/cv"
	"github.com/gochimera/chimera/cmd/chimera/internal/trial"
)

// shownEntries is how many candidates are printed for people.
const shownEntries = 20

// values are a candidate's values as JSON has them.
func values(params []Param, c Candidate) map[string]any {
	out := map[string]any{}
	for i, p := range params {
		v, err := trial.ParseValue(c[i])
		if err != nil {
			v = c[i]
		}
		out[p.Name] = plain(v)
	}
	return out
}

func plain(v any) any {
	switch v := v.(type) {
	case string:
		if json.Valid([]byte(v)) && strings.Trim(v, "+-.0123456789eE") == "" { // 1e-05 is a number too
			return json.Number(v)
		}
		return v
	case []any:
		out := make([]any, len(v))
		for i, item := range v {
			out[i] = plain(item)
		}
		return out
	case yaml.MapSlice:
		out := map[string]any{}
		for _, item := range v {
			out[fmt.Sprint(item.Key)] = plain(item.Value)
		}
		return out
	default:
		return v
	}
}

// Write prints the candidates for people, the best first, and with each also every fold.
func (r *Report) Write(out io.Writer, each bool) error {
	var b strings.Builder
	fmt.Fprintf(&b, "%s search of %d candidates by %d-fold cross-validation", r.Search, len(r.Entries), r.Folds)
	if r.Stratified {
		b.WriteString(", stratified by class")
	}
	if r.Group != "" {
		fmt.Fprintf(&b, ", grouped by %s", r.Group)
	}
	if r.Repeats > 1 {
		fmt.Fprintf(&b, ", %d times", r.Repeats)
	}
	fmt.Fprintf(&b, ", seed %d\n", r.Seed)
	for i, rung := range r.Rungs {
		if len(r.Rungs) > 1 {
			fmt.Fprintf(&b, "rung %d: %d candidates on %d rows\n", i+1, rung.Candidates, rung.Rows)
		}
	}
	table := tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
	_, _ = fmt.Fprintf(table, "\nRANK\t%s\t%s\tSD\tROWS\tFIT\n", strings.Join(r.Names, "\t"), strings.ToUpper(r.Metric)) // into memory, which does not fail
	for i, e := range r.Entries {
		if i == shownEntries && !each {
			break
		}
		mean, sd := fmt.Sprintf("%.4f", e.Estimate.Mean), fmt.Sprintf("%.4f", e.Estimate.SD)
		if e.Failed {
			mean, sd = "failed", "-"
		}
		_, _ = fmt.Fprintf(table, "%d\t%s\t%s\t%s\t%d\t%.2f s\n", e.Rank, strings.Join(e.candidate, "\t"), mean, sd, e.Rows, e.Seconds)
		for _, f := range e.Results {
			if !each {
				break
			}
			value := "failed"
			if f.Err == nil {
				value = fmt.Sprintf("%.4f", f.Values[r.Metric])
			}
			_, _ = fmt.Fprintf(table, "\t%s%s\t\t\t\n", strings.Repeat("\t", len(r.Names)), fmt.Sprintf("%s (%d.%d)", value, f.Repeat, f.Fold))
		}
	}
	_ = table.Flush()
	if n := len(r.Entries) - shownEntries; n > 0 && !each {
		fmt.Fprintf(&b, "and %d more: --verbose shows all\n", n)
	}
	for _, text := range r.Notes {
		fmt.Fprintf(&b, "\nnote: %s\n", text)
	}
	for _, e := range r.Entries {
		for _, text := range cv.Remarks(e.Results) {
			if strings.HasPrefix(text, "failed: ") {
				fmt.Fprintf(&b, "\n%s %s\n", describe(r.space.Params, e.candidate), text)
			}
		}
	}
	for _, text := range cv.Remarks(r.Entries[0].Results) {
		if strings.HasPrefix(text, "note: ") {
			fmt.Fprintf(&b, "\nof the best: %s\n", strings.TrimPrefix(text, "note: "))
		}
	}
	_, err := io.WriteString(out, b.String())
	return err
}

// WriteCSV writes a line per candidate, with each fold's value.
func (r *Report) WriteCSV(out io.Writer) error {
	w := csv.NewWriter(out)
	header := append(append([]string{"rank"}, r.Names...), "rung", "rows", "mean_"+r.Metric, "sd_"+r.Metric, "fit_seconds")
	for _, f := range r.Entries[0].Results {
		header = append(header, fmt.Sprintf("repeat%d_fold%d", f.Repeat, f.Fold))
	}
	_ = w.Write(header) // Flush keeps the error
	number := func(v float64) string { return strconv.FormatFloat(v, 'g', -1, 64) }
	for _, e := range r.Entries {
		line := append(append([]string{fmt.Sprint(e.Rank)}, e.candidate...), fmt.Sprint(e.Rung), fmt.Sprint(e.Rows))
		if e.Failed {
			line = append(line, "", "", number(e.Seconds))
		} else {
			line = append(line, number(e.Estimate.Mean), number(e.Estimate.SD), number(e.Seconds))
		}
		for _, f := range e.Results {
			text := ""
			if f.Err == nil {
				text = number(f.Values[r.Metric])
			}
			line = append(line, text)
		}
		_ = w.Write(line)
	}
	w.Flush()
	return w.Error()
}
