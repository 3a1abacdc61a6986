package stored

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"strconv"
	"text/tabwriter"

	"github.com/gochimera/chimera/api"
	"github.com/gochimera/chimera/models"
)

// Difference is something that two models do not have in common.
type Difference struct {
	Of   string `json:"of"` // what it is about: model, worker, settings, columns, preparation, scores
	What string `json:"what"`
	A    string `json:"a"` // "-" if the first model has no such thing
	B    string `json:"b"`
}

const absent = "-"

// facts are what is known of a model, by what it is about and its name.
type facts struct {
	of     []string
	values map[string]map[string]string
	order  map[string][]string
}

func (f *facts) set(of, what, value string) {
	if f.values == nil {
		f.values, f.order = map[string]map[string]string{}, map[string][]string{}
	}
	if f.values[of] == nil {
		f.values[of] = map[string]string{}
		f.of = append(f.of, of)
	}
	if _, twice := f.values[of][what]; !twice {
		f.order[of] = append(f.order[of], what)
	}
	f.values[of][what] = value
}

func (f *facts) setAll(of, prefix string, values map[string]string) {
	for _, name := range slices.Sorted(maps.Keys(values)) {
		f.set(of, prefix+name, values[name])
	}
}

// factsOf is all that two models are compared by. Settings are left out unless both have them.
func factsOf(d *models.Detail, settings bool) *facts {
	f, m := &facts{}, d.Manifest
	f.set("model", "project", m.Project)
	f.set("model", "master", m.Kind)
	f.set("model", "task", string(m.Model.Task))
	f.set("model", "classes", shortened(texts(m.Model.Classes)))
	f.set("model", "rows", strconv.Itoa(m.Model.Rows))
	f.set("model", "seed", strconv.FormatUint(m.Seed, 10))
	f.set("model", "chimera", m.Version)
	f.set("model", "go", m.Go)
	if r := m.Report; r != nil && r.Training != nil {
		f.set("model", "steps", strconv.Itoa(r.Training.Steps))
		f.set("model", "stopped by", string(r.Training.Stopped))
		if n := len(r.Training.Loss); n > 0 {
			f.set("model", "loss", fmt.Sprintf("%.6g", r.Training.Loss[n-1]))
		}
	}
	for _, w := range m.Workers {
		f.set("worker "+w.Name, "learner", w.Learner)
		f.set("worker "+w.Name, "rows", strconv.Itoa(w.Rows))
		f.set("worker "+w.Name, "checksum of rows", shortSum(w.RowsSum))
		if w.Weight != 0 {
			f.set("worker "+w.Name, "weight", strconv.FormatFloat(w.Weight, 'g', -1, 64))
		}
		f.setAll("worker "+w.Name, "params.", flat("", w.Params))
	}
	if settings {
		f.setAll("settings", "", flat("", d.Settings))
	}
	for _, c := range rawColumns(m) {
		f.set("columns", c, "there")
	}
	if m.Report != nil {
		for _, c := range m.Report.Prepared {
			f.set("preparation", c.Name, preparedAs(c))
		}
	}
	for _, s := range d.Scores { // of one name the last one
		if metric, value := models.Main(s.Result); metric != "" {
			f.set("scores", s.Name, fmt.Sprintf("%s %.6g", metric, value))
		}
	}
	return f
}

func preparedAs(c api.PreparedColumn) string {
	if c.Done == "" {
		return string(c.Kind)
	}
	return string(c.Kind) + ", " + c.Done
}

func shortSum(sum string) string {
	if sum == "" {
		return "not known"
	}
	return sum[:min(12, len(sum))]
}

// Diff is what differs between two models.
func Diff(a, b *models.Detail) []Difference {
	settings := a.Settings != nil && b.Settings != nil
	fa, fb := factsOf(a, settings), factsOf(b, settings)
	all := []Difference{}
	groups := slices.Clone(fa.of)
	for _, of := range fb.of {
		if !slices.Contains(groups, of) {
			groups = append(groups, of)
		}
	}
	for _, of := range groups {
		names := slices.Clone(fa.order[of])
		for _, name := range fb.order[of] {
			if !slices.Contains(names, name) {
				names = append(names, name)
			}
		}
		for _, name := range names {
			va, ina := fa.values[of][name]
			vb, inb := fb.values[of][name]
			if ina && inb && va == vb {
				continue
			}
			if !ina {
				va = absent
			}
			if !inb {
				vb = absent
			}
			all = append(all, Difference{of, name, va, vb})
		}
	}
	return all
}

// WriteDiff prints what differs between two models.
func WriteDiff(out io.Writer, a, b *models.Detail) error {
	table := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	_, _ = fmt.Fprintf(table, "\t\t%s\t%s\n", a.Manifest.ID, b.Manifest.ID) // Flush returns the error
	_, _ = fmt.Fprintf(table, "\tcreated\t%s\t%s\n", dated(a.Manifest.Created), dated(b.Manifest.Created))
	before := ""
	list := Diff(a, b)
	for _, d := range list {
		of := d.Of
		if of == before {
			of = ""
		}
		before = d.Of
		_, _ = fmt.Fprintf(table, "%s\t%s\t%s\t%s\n", of, d.What, d.A, d.B)
	}
	if err := table.Flush(); err != nil {
		return err
	}
	if len(list) == 0 {
		_, err := fmt.Fprintln(out, "nothing else differs: the same master, workers, parameters, rows and columns")
		return err
	}
	if a.Settings == nil || b.Settings == nil {
		_, err := fmt.Fprintln(out, "the settings are not compared: the record of a fit is not here")
		return err
	}
	return nil
}
