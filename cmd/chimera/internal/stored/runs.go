package stored

import (
	"cmp"
	"encoding/csv"
	"fmt"
	"io"
	"maps"
	"slices"
	"strconv"
	"strings"
	"text/tabwriter"

	"github.com/gochimera/chimera/models"
)

// order compares two runs: the better, or newer, one comes first. Those that lack the number come last.
type order func(a, b models.RunSummary) int

func missingLast(a, b *float64, down bool) int {
	switch {
	case a == nil || b == nil:
		return cmp.Compare(b2i(a == nil), b2i(b == nil))
	case down:
		return cmp.Compare(*b, *a)
	default:
		return cmp.Compare(*a, *b)
	}
}

func b2i(b bool) int {
	if b {
		return 1
	}
	return 0
}

func scoreOf(r models.RunSummary) *float64 {
	if len(r.Scores) == 0 {
		return nil
	}
	return &r.Scores[len(r.Scores)-1].Score
}

// orders are the columns by which runs are sorted.
var orders = map[string]order{
	"started":  func(a, b models.RunSummary) int { return b.Started.Compare(a.Started) },
	"id":       func(a, b models.RunSummary) int { return strings.Compare(a.ID, b.ID) },
	"state":    func(a, b models.RunSummary) int { return strings.Compare(string(a.State), string(b.State)) },
	"master":   func(a, b models.RunSummary) int { return strings.Compare(a.Kind, b.Kind) },
	"learner":  func(a, b models.RunSummary) int { return strings.Compare(learners(a.Learners), learners(b.Learners)) },
	"rows":     func(a, b models.RunSummary) int { return cmp.Compare(b.Rows, a.Rows) },
	"loss":     func(a, b models.RunSummary) int { return missingLast(a.Loss, b.Loss, false) },
	"score":    func(a, b models.RunSummary) int { return missingLast(scoreOf(a), scoreOf(b), true) },
	"seconds":  func(a, b models.RunSummary) int { return cmp.Compare(a.Seconds, b.Seconds) },
	"workers":  func(a, b models.RunSummary) int { return cmp.Compare(b.Workers, a.Workers) },
	"failures": func(a, b models.RunSummary) int { return cmp.Compare(b.Failures, a.Failures) },
}

// Columns are those by which runs can be sorted.
func Columns() []string { return slices.Sorted(maps.Keys(orders)) }

// Sort sorts runs by a column, and keeps the first so many; 0 keeps all. Losses and seconds begin with the lowest, scores and counts
// with the highest, times with the last.
func Sort(h *models.History, column string, reverse bool, limit int) error {
	by, known := orders[column]
	if !known {
		return fmt.Errorf("want one of %s, got %q", strings.Join(Columns(), ", "), column)
	}
	slices.SortStableFunc(h.Runs, by)
	if reverse {
		slices.Reverse(h.Runs)
	}
	if limit > 0 {
		h.Runs = h.Runs[:min(limit, len(h.Runs))]
	}
	return nil
}

// varying are the settings in which runs of one kind of master differ.
func varying(runs []models.RunSummary) map[string]bool {
	first, differ := map[string]map[string]string{}, map[string]bool{}
	for _, r := range runs {
		settings := flat("", r.Settings)
		other, seen := first[r.Kind]
		if !seen {
			first[r.Kind] = settings
			continue
		}
		for name, value := range settings {
			if other[name] != value {
				differ[name] = true
			}
		}
	}
	return differ
}

// widest is how long the text of settings may be in a table.
const widest = 60

func settingsOf(r models.RunSummary, which map[string]bool) string {
	settings := flat("", r.Settings)
	maps.DeleteFunc(settings, func(name, _ string) bool { return !which[name] })
	text := strings.Join(pairs(settings), " ")
	if short := []rune(text); len(short) > widest {
		return string(short[:widest-1]) + "…"
	}
	if text == "" {
		return absent
	}
	return text
}

// WriteRuns prints runs, one a line, with the settings in which they differ.
func WriteRuns(out io.Writer, h *models.History) error {
	table := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	_, _ = fmt.Fprint(table, "STARTED\tID\tSTATE\tMASTER\tLEARNERS\tSETTINGS\tROWS\tLOSS\tSCORE\tSECONDS\tWORKERS\tFAILURES\tMODEL\n") // Flush returns the error
	which := varying(h.Runs)
	for _, r := range h.Runs {
		loss, model := absent, "removed"
		if r.Loss != nil {
			loss = fmt.Sprintf("%.6g", *r.Loss)
		}
		switch {
		case r.Serving:
			model = "serving"
		case r.Kept:
			model = "kept"
		case r.State != "succeeded":
			model = absent
		}
		_, _ = fmt.Fprintf(table, "%s\t%s\t%s\t%s\t%s\t%s\t%d\t%s\t%s\t%s\t%d of %d\t%d\t%s\n", dated(r.Started), r.ID, r.State, r.Kind, learners(r.Learners),
			settingsOf(r, which), r.Rows, loss, last(r.Scores), lasted(r.Seconds), r.Workers, r.Of, r.Failures, model)
	}
	return table.Flush()
}

// WriteCSV writes runs as a table for other programs. A run has one line, with the score that was attached last.
func WriteCSV(out io.Writer, h *models.History) error {
	w := csv.NewWriter(out)
	_ = w.Write([]string{ // Error returns the error
		"id", "started", "state", "master", "learners", "settings", "seed", "rows", "workers", "of_workers", "failures", "steps", "loss", "metric", "score",
		"score_of", "baseline", "seconds", "kept", "serving", "error",
	})
	number := func(v *float64) string {
		if v == nil {
			return ""
		}
		return strconv.FormatFloat(*v, 'g', -1, 64)
	}
	for _, r := range h.Runs {
		metric, of, baseline := "", "", ""
		if n := len(r.Scores); n > 0 {
			m := r.Scores[n-1]
			metric, of, baseline = m.Metric, m.Name, number(m.Baseline)
		}
		_ = w.Write([]string{
			r.ID, r.Started.UTC().Format("2006-01-02T15:04:05.000Z"), string(r.State), r.Kind, learners(r.Learners), strings.Join(pairs(flat("", r.Settings)), " "),
			strconv.FormatUint(r.Seed, 10), strconv.Itoa(r.Rows), strconv.Itoa(r.Workers), strconv.Itoa(r.Of), strconv.Itoa(r.Failures), strconv.Itoa(r.Steps),
			number(r.Loss), metric, number(scoreOf(r)), of, baseline, number(&r.Seconds), strconv.FormatBool(r.Kept), strconv.FormatBool(r.Serving), r.Error,
		})
	}
	w.Flush()
	return w.Error()
}

// WriteRun prints the record of one fit for people.
func WriteRun(out io.Writer, r *models.Run) error {
	var b strings.Builder
	fmt.Fprintf(&b, "fit %s %s\n\n", r.ID, r.State)
	table := tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
	line := func(name, format string, args ...any) { // into memory, which does not fail
		_, _ = fmt.Fprintf(table, "  %s\t%s\n", name, fmt.Sprintf(format, args...))
	}
	line("started", "%s", dated(r.Started))
	line("took", "%s", lasted(r.Seconds))
	line("master", "%s", r.Kind)
	line("seed", "%d", r.Seed)
	if r.Error != "" {
		line("error", "%s", r.Error)
	}
	if p := r.Report; p != nil {
		line("rows", "%d", p.Rows)
		if t := p.Training; t != nil {
			line("training", "%d steps, stopped by %s%s", t.Steps, t.Stopped, lossOf(t.Loss))
		}
		for _, note := range p.Notes {
			line("note", "%s", note)
		}
		for _, f := range p.Failures {
			line("without", "%s", f)
		}
	}
	_ = table.Flush()
	_, _ = fmt.Fprint(table, "\nWORKER\tLEARNER\tROWS\tPARAMETERS\n")
	for _, w := range r.Workers {
		_, _ = fmt.Fprintf(table, "%s\t%s\t%d\t%s\n", w.Name, w.Learner, w.Rows, strings.Join(pairs(flat("", w.Params)), " "))
	}
	_ = table.Flush()
	if settings := flat("", r.Settings); len(settings) > 0 {
		fmt.Fprintf(&b, "\nsettings of %s\n", r.Kind)
		for _, name := range slices.Sorted(maps.Keys(settings)) {
			line(name, "%s", settings[name])
		}
		_ = table.Flush()
	}
	writeScores(table, r.Scores)
	_ = table.Flush()
	_, err := io.WriteString(out, b.String())
	return err
}
