package datafile

import (
	"fmt"
	"maps"
	"slices"

	"github.com/gochimera/chimera/internal/dataio"
	"github.com/gochimera/chimera/learner"
)

// MaxClasses is how many different labels a target may have to count as
// classes. A target with more is taken as a quantity.
const MaxClasses = 256

// Targets are the targets of a data set, from which its task shows.
type Targets struct {
	rows     int
	seen     map[learner.Label]int
	cache    map[string]learner.Label // to bring a number to its shortest form takes long
	fraction bool                     // a number that is not whole
	numbers  int                      // rows
	texts    int
	first    dataio.Error
	text     Problems // targets that are no numbers, which are wrong if the others are a quantity
}

// NewTargets are no targets yet.
func NewTargets() *Targets {
	return &Targets{seen: map[learner.Label]int{}, cache: map[string]learner.Label{}}
}

// Label is the label of a target.
func (t *Targets) Label(c Cell) learner.Label {
	label, known := t.cache[string(c.Text)]
	if !known {
		label = learner.NewLabel(string(c.Text))
		if len(t.cache) <= MaxClasses {
			t.cache[string(c.Text)] = label
		}
	}
	return label
}

// Add takes a row's target, which is in the given column.
func (t *Targets) Add(c Cell, at Place, column *Column) {
	label := t.Label(c)
	if t.rows++; t.rows == 1 {
		t.first = dataio.Error{File: at.File, Column: column.Name, Reason: fmt.Sprintf("the target is %q in all rows: there is nothing to learn", label)}
	}
	if len(t.seen) <= MaxClasses {
		t.seen[label]++
	}
	if c.Kind == Number {
		t.numbers++
		if whole, number := label.Whole(); number && !whole {
			t.fraction = true
		}
		return
	}
	t.texts++
	t.text.Add("", &dataio.Error{File: at.File, Line: at.Line, Field: column.Position, Column: column.Name,
		Reason: fmt.Sprintf("expected a number, as in the targets of most rows, found %q: correct it, or remove the row", label)})
}

// Classes are what a target's labels are.
type Classes struct {
	Task   learner.Task          // as far as the target shows
	Labels []learner.Label       // sorted as learners have them; nil for a regression, or if there are too many
	Counts []int                 // rows of each
	Index  map[learner.Label]int // of Labels, by a label as it is written
}

// Settle decides whether the targets are classes, and notes targets that can be neither.
func (t *Targets) Settle(problems *Problems) Classes {
	if len(t.seen) == 1 && t.rows > 1 {
		problems.Add("nothing to learn", &t.first)
	}
	many := len(t.seen) > MaxClasses
	quantity := many || t.fraction
	c := Classes{Task: learner.Classification}
	switch {
	case t.texts == 0 && quantity:
		c.Task = learner.Regression
		return c
	case t.texts > 0 && t.texts < t.numbers && quantity:
		for _, e := range t.text.List {
			problems.Add("kind of target", e)
		}
		problems.Hidden += t.text.Hidden
		return c
	case many:
		return c
	}
	written := slices.Collect(maps.Keys(t.seen))
	spelled := learner.Spelled(written)
	c.Labels = learner.SortLabels(slices.Clone(spelled))
	c.Counts, c.Index = make([]int, len(c.Labels)), make(map[learner.Label]int, len(written))
	for i, label := range written {
		k := slices.Index(c.Labels, spelled[i])
		c.Index[label] = k
		c.Counts[k] += t.seen[label]
	}
	return c
}
