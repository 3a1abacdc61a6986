package inspect

import (
	"fmt"
	"slices"
	"strings"

	"github.com/gochimera/chimera/cmd/chimera/internal/datafile"
	"github.com/gochimera/chimera/learner"
	"github.com/gochimera/chimera/prepare"
)

// advise adds what the user should know: what endangers a result first.
func (s *survey) advise(task learner.Task) {
	if s.report.Rows == 0 {
		return
	}
	// Of those that the user has dropped there is nothing to say.
	columns := slices.DeleteFunc(slices.Clone(s.columns), func(c *column) bool { return c.isLeftOut(s.options.Prepare) })
	if s.target == nil {
		s.say(NoTarget, "", "no target is named: with --target COLUMN its classes are shown, and what gives it away")
	} else {
		s.adviseLeaks(columns, task)
		s.adviseTarget(task)
	}
	for _, c := range columns {
		s.adviseColumn(c)
	}
	s.adviseRows(len(columns))
}

func (s *survey) say(code Code, column, format string, args ...any) *Advice {
	s.report.Advice = append(s.report.Advice, Advice{Code: code, Column: column, Text: fmt.Sprintf(format, args...)})
	return &s.report.Advice[len(s.report.Advice)-1]
}

func (s *survey) adviseLeaks(columns []*column, task learner.Task) {
	for _, c := range columns {
		if how := c.leak(s.target, task); how != "" {
			s.say(Leak, c.name, "%s gives the target away: %s. If it is not known when predicting: --drop %s, or prepare: {drop: [%s]}",
				c.name, how, flag(c.name), word(c.name))
		}
	}
}

// What is worth a word about a target.
const (
	plainClasses  = 20 // more whole numbers than that may be a quantity
	rareRows      = 10
	imbalanceFrom = 10 // times as many rows
)

func (s *survey) adviseTarget(task learner.Task) {
	t := s.report.Target
	if task != learner.Classification || len(t.Classes) == 0 {
		return
	}
	quantity := t.Range != nil && len(t.Classes) > plainClasses
	if quantity {
		s.say(Quantity, t.Name, "the target has %d different whole numbers: a classifier takes each as a class, a regressor takes them as a quantity", len(t.Classes))
	}
	var rare []string
	least, most := t.Classes[0], t.Classes[0]
	for _, c := range t.Classes {
		if c.Rows < rareRows {
			rare = append(rare, fmt.Sprintf("%s (%d)", clip(string(c.Value)), c.Rows))
		}
		if c.Rows < least.Rows {
			least = c
		}
		if c.Rows > most.Rows {
			most = c
		}
	}
	if rare != nil && (!quantity || len(rare) <= len(t.Classes)/2) { // else they are hardly classes
		s.say(RareClass, t.Name, "few rows have class %s: workers and test rows may lack it. chimera split --by stratified deals each class out evenly", list(rare))
	}
	if !quantity && most.Rows >= imbalanceFrom*least.Rows {
		s.say(Imbalance, t.Name, "class %s has %.4g times as many rows as %s: class_weight: balanced makes up for it, where a learner has that",
			clip(string(most.Value)), float64(most.Rows)/float64(least.Rows), clip(string(least.Value)))
	}
}

// What is worth a word about a column.
const (
	fewTexts      = 0.05 // of the cells that are there, among numbers
	mostlyMissing = 0.5
	nearlyAll     = 0.9 // of the rows differ: an identifier may repeat now and then
)

func (s *survey) adviseColumn(c *column) {
	name, present, distinct := c.name, c.present(), len(c.values.counts)
	switch {
	case present == 0:
		s.say(Empty, name, "%s has no values at all: prepare: auto drops it", name)
		return
	case distinct == 1 && c.missing == 0:
		s.say(Constant, name, "%s is %s in all rows and says nothing: --drop %s", name, clip(string(c.values.labels()[0])), flag(name))
		return
	case distinct == 1:
		s.say(Constant, name, "%s is %s wherever it is not missing: what it says is whether it is missing (prepare: {columns: {%s: {indicator: true}}}), "+
			"else --drop %s", name, clip(string(c.values.labels()[0])), word(name), flag(name))
	}
	if float64(c.missing) > mostlyMissing*float64(c.rows) {
		s.say(Missing, name, "%.4g %% of %s is missing, and would be made up by imputing: --drop %s, or keep what being missing says with "+
			"prepare: {columns: {%s: {indicator: true}}}", 100*float64(c.missing)/float64(c.rows), name, flag(name), word(name))
	}
	kind, _ := c.becomes(s.options.Prepare)
	switch {
	case c.isMixed():
		s.adviseMixed(c)
	case c.texts > 0 && c.isIdentifier():
		what := "each value becomes a category of its own"
		if kind == prepare.Dropped {
			what = "prepare: auto drops it"
		}
		s.say(Identifier, name, "%s is different in almost every row, as an identifier or free text is, and %s: --drop %s", name, what, flag(name))
	case kind == prepare.Dropped && c.texts > 0:
		s.say(Cardinality, name, "%s has %s categories, and prepare: auto drops a column with more than %d: group rare ones (prepare: {min_frequency: 10}), "+
			"raise max_categories, or encode it by frequency or target (prepare: {columns: {%s: {encode: frequency}}})",
			name, c.howMany(), s.options.Prepare.MaxCategories, word(name))
	case c.texts == 0 && c.isIdentifier():
		s.say(Identifier, name, "%s is a different whole number in almost every row, as an identifier is: if it is one, --drop %s", name, flag(name))
	}
	s.advisePlaceholder(c)
	s.adviseSpelling(c)
}

// isMixed reports whether a column is numbers but for a few texts.
func (c *column) isMixed() bool {
	return c.texts > 0 && c.numbers > 0 && float64(c.texts) <= fewTexts*float64(c.present())
}

func (s *survey) adviseMixed(c *column) {
	var texts []string
	var places []datafile.Place
	for _, sample := range c.samples {
		texts = append(texts, fmt.Sprintf("%q (line %d)", clip(sample.text), sample.place.Line))
		places = append(places, sample.place)
	}
	advice := s.say(Mixed, c.name, "%s holds numbers but for %s: %s. They make a category of every number: correct them, or, where they stand "+
		"for a missing value, chimera split --missing %s leaves the cell empty", c.name, many(c.texts, "cell"), list(texts), flag(c.name+"="+c.samples[0].text))
	advice.Places = places
}

// isIdentifier reports whether nearly every row has a value of its own that is no measurement. Numbers that a float64 does
// not hold are none, and how far apart they are is not known exactly.
func (c *column) isIdentifier() bool {
	present := c.present()
	measured := c.texts == 0 && len(c.values.beyond) == 0 && (!c.whole || c.high-c.low < float64(present)-1)
	if present < fewestRows || measured {
		return false
	}
	return float64(len(c.values.counts)) >= nearlyAll*float64(min(present, c.values.limit))
}

// howMany is the number of distinct values as far as it is known.
func (c *column) howMany() string {
	if c.values.full {
		return fmt.Sprintf("more than %d", c.values.limit)
	}
	return fmt.Sprint(len(c.values.counts))
}

// placeholders are numbers that stand for a missing value in many a file.
var placeholders = []float64{0, -1, -9, -99, -999, -9999}

// What a smallest number must show before it is suspected.
const (
	mostPlaceholders = 0.6 // of the cells
	farAway          = 5   // times the mean step among the next ten numbers
)

// placeholder is the smallest number and the next one, if the former may stand for a missing value: it is one
// of the usual ones, occurs more than once but not in most rows, and lies far from the next.
func (c *column) placeholder() (first, next weighted, ok bool) {
	k := c.smallest.kept
	if len(k) < keepSmallest || !slices.Contains(placeholders, k[0].value) {
		return first, next, false
	}
	last := len(k) - 1
	step := (k[last].value - k[1].value) / float64(last-1)
	ok = k[0].count > 1 && float64(k[0].count) <= mostPlaceholders*float64(c.present()) && k[1].value-k[0].value >= farAway*step
	return k[0], k[1], ok
}

func (s *survey) advisePlaceholder(c *column) {
	first, next, ok := c.placeholder()
	if !ok {
		return
	}
	s.say(Placeholder, c.name, "%s is %s in %s, and then %s at the least: if %s stands for a missing value, chimera split --missing %s leaves the cell empty",
		c.name, number(first.value), many(first.count, "row"), number(next.value), number(first.value), flag(c.name+"="+number(first.value)))
}

// adviseSpelling looks for categories that differ in case only.
func (s *survey) adviseSpelling(c *column) {
	if c.texts == 0 || c.isIdentifier() {
		return
	}
	first := map[string]learner.Label{}
	var pairs []string
	for _, l := range c.values.labels() {
		low := strings.ToLower(strings.Join(strings.Fields(string(l)), " "))
		if other, known := first[low]; known && other != l {
			pairs = append(pairs, fmt.Sprintf("%q and %q", clip(string(other)), clip(string(l))))
			continue
		}
		first[low] = l
	}
	if pairs != nil {
		s.say(Spelling, c.name, "%s has categories that differ in case or blanks only: %s. They count as different: spell them alike", c.name, list(pairs))
	}
}

func (s *survey) adviseRows(columns int) {
	r := s.report
	if d := r.Duplicates; d.Rows > 0 {
		s.say(Repeats, "", "%s the same features as an earlier one (the first is line %d): where copies are in the training and in the test rows, "+
			"a score is too good", have(d.Rows, "row"), d.Example)
	}
	if d := r.Duplicates; d.Conflicts > 0 && s.target != nil {
		s.say(Contradiction, "", "%s the same features as an earlier one and another target: no model can be right about both", have(d.Conflicts, "row"))
	}
	if r.Rows < columns {
		s.say(FewRows, "", "there are fewer rows (%d) than columns (%d): a model finds patterns that are not there; use a strong penalty, or fewer columns",
			r.Rows, columns)
	}
}
