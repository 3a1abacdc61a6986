package inspect

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/gochimera/chimera/cmd/chimera/internal/datafile"
	"github.com/gochimera/chimera/internal/cell"
	"github.com/gochimera/chimera/internal/dataio"
	"github.com/gochimera/chimera/learner"
	"github.com/gochimera/chimera/prepare"
)

// settle turns what was counted into the report.
func (s *survey) settle() {
	r := s.report
	task := s.settleTarget()
	for _, c := range s.columns {
		r.Columns = append(r.Columns, c.settle(s.options.Prepare))
	}
	r.Duplicates = s.repeats.found
	if r.Rows == 0 && len(s.noted.List) == 0 && len(r.Files) > 0 {
		s.noted.Add("rows", &dataio.Error{File: r.Files[0].Name, Reason: "the file has no rows"})
	}
	if r.Rows > 0 && !slices.ContainsFunc(r.Columns, func(c Column) bool { return c.Kind != prepare.Dropped }) {
		s.noted.Add("columns", &dataio.Error{File: r.Files[0].Name, Reason: "no column is left to learn from"})
	}
	r.Problems, r.Hidden = []Problem{}, s.noted.Hidden
	for _, e := range s.noted.List {
		reason := e.Reason
		if e.Err != nil {
			reason += ": " + e.Err.Error()
		}
		r.Problems = append(r.Problems, Problem{Place: datafile.Place{File: e.File, Line: e.Line, Field: e.Field}, Column: e.Column, Reason: reason, text: e.Error()})
	}
	slices.SortStableFunc(r.Problems, func(a, b Problem) int { return cmp.Or(cmp.Compare(a.File, b.File), cmp.Compare(a.Line, b.Line)) })
	r.Advice = []Advice{}
	s.advise(task)
	if s.target != nil && r.Rows > 0 {
		h := s.target.histogram()
		if classes := r.Target.Classes; len(classes) > 0 && len(classes) <= plainClasses {
			h.values, h.labels, h.others = nil, classes, 0
		}
		r.histograms = append(r.histograms, h)
	}
	for _, c := range s.columns {
		r.histograms = append(r.histograms, c.histogram())
	}
}

// settleTarget says what the target is.
func (s *survey) settleTarget() learner.Task {
	if s.target == nil || s.report.Rows == 0 {
		return ""
	}
	classes := s.targets.Settle(&s.noted)
	t := &Target{Name: s.target.name, Position: s.target.position, Task: classes.Task, Distinct: len(s.target.values.counts)}
	for k, label := range classes.Labels {
		t.Classes = append(t.Classes, Frequency{label, classes.Counts[k]})
	}
	if s.target.texts == 0 {
		t.Range = s.target.spread()
	}
	s.report.Target = t
	return classes.Task
}

// settle says what a column is, and what `prepare: auto` makes of it.
func (c *column) settle(settings prepare.Settings) Column {
	out := Column{
		Name: c.name, Position: c.position, Missing: c.missing, Texts: c.texts, Distinct: len(c.values.counts),
		Capped: c.values.full, Range: c.spread(),
	}
	const shown = 5
	if c.texts > 0 || !c.values.full {
		out.Frequent = c.values.frequent(shown)
	}
	out.Kind, out.Why = c.becomes(settings)
	return out
}

// becomes says what a preparation makes of the column, and why it drops it.
func (c *column) becomes(s prepare.Settings) (kind prepare.Kind, why string) {
	stated := s.Columns[c.name]
	switch {
	case c.isLeftOut(s):
		return prepare.Dropped, "as prepare says"
	case c.present() == 0:
		return prepare.Dropped, "all cells are missing"
	case stated.Kind == prepare.Numeric || stated.Kind == "" && c.texts == 0:
		return prepare.Numeric, ""
	}
	most, rare := s.MaxCategories, s.MinFrequency
	if stated.MinFrequency > 0 {
		rare = stated.MinFrequency
	}
	if e := cmp.Or(stated.Encode, s.Encode); e == prepare.Frequency || e == prepare.Target {
		most = prepare.MostCategories
	}
	if c.categories(rare) > most {
		return prepare.Dropped, fmt.Sprintf("more than %d categories", most)
	}
	return prepare.Categorical, ""
}

// isLeftOut reports whether the settings drop the column by its name.
func (c *column) isLeftOut(s prepare.Settings) bool {
	return s.Columns[c.name].Kind == prepare.Dropped || slices.ContainsFunc(s.Drop, func(name string) bool { return cell.Name(name) == c.name })
}

// categories is how many categories are left when those with fewer rows than a number, or a share below 1, are one.
func (c *column) categories(rare float64) int {
	if rare > 0 && rare < 1 {
		rare *= float64(c.rows)
	}
	common := 0
	for _, n := range c.values.counts {
		if float64(n) >= rare {
			common++
		}
	}
	return min(common+1, len(c.values.counts))
}

// histogram is what is drawn of a column.
func (c *column) histogram() histogram {
	h := histogram{name: c.name}
	if c.texts == 0 && c.numbers > 0 {
		h.values = c.quantiles.counted(c.values)
		return h
	}
	const shown = 8
	h.labels = c.values.frequent(shown)
	h.others = c.present()
	for _, f := range h.labels {
		h.others -= f.Rows
	}
	return h
}
