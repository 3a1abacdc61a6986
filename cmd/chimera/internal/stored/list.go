package stored

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"slices"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/gochimera/chimera/cmd/chimera/internal/figures"
	"github.com/gochimera/chimera/models"
)

// dated is a time for people, on their clock.
func dated(t time.Time) string { return t.Local().Format("2006-01-02 15:04:05") }

// lasted is a number of seconds for people.
func lasted(s float64) string { return figures.Seconds(s, 100*time.Microsecond) }

// Sized is a number of bytes for people.
func Sized(n int64) string {
	switch {
	case n >= 1e9:
		return fmt.Sprintf("%.1f GB", float64(n)/1e9)
	case n >= 1e6:
		return fmt.Sprintf("%.1f MB", float64(n)/1e6)
	case n >= 1e3:
		return fmt.Sprintf("%.1f kB", float64(n)/1e3)
	default:
		return fmt.Sprintf("%d B", n)
	}
}

// learners are the learners of a model in a few words.
func learners(uses []models.Use) string {
	var names []string
	for _, u := range uses {
		name := u.Learner
		if name == "" {
			name = "?"
		}
		if params := flat("", u.Params); len(params) > 0 {
			name += "(" + strings.Join(pairs(params), " ") + ")"
		}
		if u.Workers > 1 && len(uses) > 1 {
			name += fmt.Sprintf(" x%d", u.Workers)
		}
		names = append(names, name)
	}
	return strings.Join(names, ", ")
}

// last is the score that was attached last, in a few words.
func last(scores []models.Mark) string {
	if len(scores) == 0 {
		return "-"
	}
	m := scores[len(scores)-1]
	return fmt.Sprintf("%s %.4f (%s)", m.Metric, m.Score, m.Name)
}

// WriteList prints models, one a line. The one in service has an asterisk.
func WriteList(out io.Writer, l *models.Listing) error {
	table := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	_, _ = fmt.Fprint(table, "  ID\tCREATED\tMASTER\tLEARNERS\tROWS\tSCORE\tFIT TOOK\tSIZE\n") // Flush returns the error
	for _, m := range l.Models {
		mark := " "
		if m.Serving {
			mark = "*"
		}
		_, _ = fmt.Fprintf(table, "%s %s\t%s\t%s\t%s\t%d\t%s\t%s\t%s\n", mark, m.ID, dated(m.Created), m.Kind, learners(m.Learners), m.Rows, last(m.Scores),
			lasted(m.Seconds), Sized(m.Bytes))
	}
	return table.Flush()
}

// WriteModel prints a model for people.
func WriteModel(out io.Writer, d *models.Detail) error {
	m := d.Manifest
	var b bytes.Buffer
	serving := ""
	if d.Serving {
		serving = ", in service"
	}
	fmt.Fprintf(&b, "model %s%s\n\n", m.ID, serving)
	table := tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
	line := func(name string, format string, args ...any) { // into memory, which does not fail
		_, _ = fmt.Fprintf(table, "  %s\t%s\n", name, fmt.Sprintf(format, args...))
	}
	line("created", "%s", dated(m.Created))
	line("project", "%s", m.Project)
	line("master", "%s", m.Kind)
	line("task", "%s", cmp.Or(string(m.Model.Task), "not told by its workers, which are of the Python package"))
	line("rows", "%d", m.Model.Rows)
	line("columns", "%s", shortened(rawColumns(m)))
	if len(m.Model.Classes) > 0 {
		line("classes", "%s", shortened(texts(m.Model.Classes)))
	}
	line("seed", "%d", m.Seed)
	line("size", "%s in %d parts", Sized(d.Bytes), len(m.Parts))
	line("made by", "chimera %s, %s", m.Version, m.Go)
	if r := m.Report; r != nil {
		line("fit took", "%s", lasted(r.Seconds))
		if t := r.Training; t != nil {
			line("training", "%d steps, stopped by %s%s", t.Steps, t.Stopped, lossOf(t.Loss))
		}
	}
	_ = table.Flush()
	_, _ = fmt.Fprint(table, "\nWORKER\tLEARNER\tROWS\tSTORED\tPARAMETERS\n")
	for _, w := range m.Workers {
		kept := "-"
		if i := slices.IndexFunc(m.Parts, func(p models.Part) bool { return p.Name == w.Name }); i >= 0 {
			if kept = Sized(m.Parts[i].Size); m.Parts[i].Refit != "" {
				kept = "no: " + m.Parts[i].Refit
			}
		}
		_, _ = fmt.Fprintf(table, "%s\t%s\t%d\t%s\t%s\n", w.Name, w.Learner, w.Rows, kept, strings.Join(pairs(flat("", w.Params)), " "))
	}
	_ = table.Flush()
	if settings := flat("", d.Settings); len(settings) > 0 {
		_, _ = fmt.Fprintf(table, "\nsettings of %s\n", m.Kind)
		for _, name := range slices.Sorted(maps.Keys(settings)) {
			line(name, "%s", settings[name])
		}
		_ = table.Flush()
	}
	if m.Report != nil && len(m.Report.Prepared) > 0 {
		_, _ = fmt.Fprint(table, "\nCOLUMN\tKIND\tPREPARATION\n")
		for _, c := range m.Report.Prepared {
			_, _ = fmt.Fprintf(table, "%s\t%s\t%s\n", c.Name, c.Kind, c.Done)
		}
		_ = table.Flush()
	}
	writeScores(table, d.Scores)
	_ = table.Flush()
	_, err := b.WriteTo(out)
	return err
}

func writeScores(table io.Writer, scores []models.Score) {
	if len(scores) == 0 {
		return
	}
	_, _ = fmt.Fprint(table, "\nSCORE\tOF\tROWS\tBASELINE\tAT\n")
	for _, s := range scores {
		score := "-"
		if metric, value := models.Main(s.Result); metric != "" {
			score = fmt.Sprintf("%s %.4f", metric, value)
		}
		baseline := "-" // without targets
		if s.Result.Clustering == nil && s.Result.Decomposition == nil {
			baseline = fmt.Sprintf("%.4f", s.Result.Baseline)
		}
		_, _ = fmt.Fprintf(table, "%s\t%s\t%d\t%s\t%s\n", score, s.Name, s.Result.Rows, baseline, dated(s.At))
	}
}

// lossOf is how the loss went, in a few words.
func lossOf(loss []float64) string {
	if len(loss) == 0 {
		return ""
	}
	return fmt.Sprintf(", loss %.6g to %.6g", loss[0], loss[len(loss)-1])
}

// rawColumns are the columns of the rows that a model takes.
func rawColumns(m *models.Manifest) []string {
	if m.Model.Columns != nil {
		return m.Model.Columns
	}
	return m.Model.Features
}

func texts[T ~string](list []T) []string {
	all := make([]string, len(list))
	for i, v := range list {
		all[i] = string(v)
	}
	return all
}

// shortened lists names, the first of many.
func shortened(names []string) string {
	const most = 12
	if len(names) <= most {
		return strings.Join(names, ", ")
	}
	return fmt.Sprintf("%s and %d more", strings.Join(names[:most], ", "), len(names)-most)
}

// flat are the values of a JSON object by their paths.
func flat(prefix string, text json.RawMessage) map[string]string {
	all := map[string]string{}
	var object map[string]json.RawMessage
	if len(text) == 0 || json.Unmarshal(text, &object) != nil {
		return all
	}
	for name, value := range object {
		if bytes.HasPrefix(bytes.TrimSpace(value), []byte("{")) {
			maps.Copy(all, flat(prefix+name+".", value))
			continue
		}
		shown := string(value)
		if s, err := strconv.Unquote(shown); err == nil {
			shown = s
		}
		all[prefix+name] = shown
	}
	return all
}

// pairs are name=value, sorted.
func pairs(values map[string]string) []string {
	var all []string
	for _, name := range slices.Sorted(maps.Keys(values)) {
		all = append(all, name+"="+values[name])
	}
	return all
}
