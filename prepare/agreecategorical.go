package prepare

import (
	"fmt"
	"slices"

	"github.com/gochimera/chimera/learner"
)

// agreeCategorical finds the categories of a column, their groups, and what each group becomes.
func agreeCategorical(q Question, p *plan, from *sources, j int) (PreparedColumn, error) {
	c := PreparedColumn{Kind: Categorical, Encode: p.encode, Unknown: p.unknown}
	if from.believed(j, func(c ColumnSummary, _ int) bool { return c.Categories.Over }) {
		return tooMany(p, fmt.Sprintf("more than %d", p.most()))
	}
	weights := weightsOf(from, j)
	missing := from.weight(func(s *Summary) int { return s.Columns[j].Missing })
	c.FillCategory = fillCategory(p, weights)
	if c.FillCategory != nil && missing > 0 {
		weights.add(*c.FillCategory, missing)
	}
	c.Categories, c.Infrequent = weights.group(threshold(p, from.rows()))
	if n := c.groups(); p.encode != Frequency && p.encode != Target && n > p.maxCategories {
		return tooMany(p, fmt.Sprint(n))
	}
	if c.groups() == 0 {
		return PreparedColumn{Kind: Dropped, Note: "left out, because no category is common to enough workers"}, nil
	}
	groups := groupsOf(&c)
	switch p.encode {
	case Ordinal:
		if p.complete {
			c.UnknownCode = new(float64)
			*c.UnknownCode = -1
		}
	case Frequency:
		c.Shares = make([]float64, c.groups())
		for _, label := range weights.labels {
			c.Shares[groups[label]] += weights.of[label]
		}
		for g := range c.Shares {
			c.Shares[g] /= float64(from.rows())
		}
	case Target:
		c.Targets = targetCode(q, &c, from, j, groups)
	}
	return c, nil
}

// tooMany drops a column that has too many categories, or refuses it if its encoding was asked for by name.
func tooMany(p *plan, found string) (PreparedColumn, error) {
	most := p.maxCategories
	if p.encode == Frequency || p.encode == Target {
		most = MostCategories
	}
	why := fmt.Sprintf("%s categories, and %s takes %d", found, p.encode, most)
	remedy := "set prepare.min_frequency to group rare ones, a higher prepare.max_categories, or encode: frequency or target; " +
		"if the column should be numeric, its texts are missing values that data.missing does not name"
	if p.asked {
		if most == MostCategories {
			remedy = "leave the column out with prepare.drop"
		}
		return PreparedColumn{}, fmt.Errorf("it has %s: %s", why, remedy)
	}
	return PreparedColumn{Kind: Dropped, Note: "left out, because it has " + why + ": " + remedy}, nil
}

// weights are how many rows each category has, in the order of learner.SortLabels. They are whole numbers if no
// worker may be wrong.
type weights struct {
	labels []learner.Label
	of     map[learner.Label]float64
}

// weight is the number of rows that have something: counted, if no worker may be wrong, else the middle of the
// workers' shares, of all rows.
func (s *sources) weight(count func(*Summary) int) float64 {
	if len(s.summaries) == 1 {
		return float64(count(s.summaries[0]))
	}
	var shares []float64
	for _, one := range s.summaries {
		if one.Rows > 0 {
			shares = append(shares, float64(count(one))/float64(one.Rows))
		}
	}
	return s.of(shares) * float64(s.rows())
}

func weightsOf(from *sources, j int) *weights {
	counts := make([]map[learner.Label]int, len(from.summaries))
	workers := map[learner.Label]int{}
	for i, s := range from.summaries {
		c := s.Columns[j].Categories
		counts[i] = make(map[learner.Label]int, len(c.Labels))
		for k, label := range c.Labels {
			counts[i][label] = c.Counts[k]
			workers[label]++
		}
	}
	w := &weights{of: map[learner.Label]float64{}}
	for label, n := range workers {
		if n > from.faulty {
			w.labels = append(w.labels, label)
		}
	}
	w.labels = learner.SortLabels(w.labels)
	at := make(map[*Summary]int, len(from.summaries))
	for i, s := range from.summaries {
		at[s] = i
	}
	for _, label := range w.labels {
		w.of[label] = from.weight(func(s *Summary) int { return counts[at[s]][label] })
	}
	return w
}

// fillCategory is what a missing cell becomes; nil if it stays missing.
func fillCategory(p *plan, w *weights) *learner.Label {
	switch p.impute {
	case Constant:
		fill := p.category()
		return &fill
	case MostFrequent:
		if len(w.labels) == 0 {
			return nil
		}
		best := w.labels[0]
		for _, label := range w.labels {
			if w.of[label] > w.of[best] {
				best = label
			}
		}
		return &best
	default:
		return nil
	}
}

// add adds rows to a category, which may be new.
func (w *weights) add(label learner.Label, rows float64) {
	if _, known := w.of[label]; !known {
		w.labels = learner.SortLabels(append(w.labels, label))
	}
	w.of[label] += rows
}

// threshold is how many rows a category must have to be on its own.
func threshold(p *plan, rows int) float64 {
	if p.minFrequency < 1 {
		return p.minFrequency * float64(rows)
	}
	return p.minFrequency
}

// group divides categories into those with at least so many rows and the rest.
func (w *weights) group(fewest float64) (frequent, infrequent []learner.Label) {
	for _, label := range w.labels {
		if w.of[label] < fewest {
			infrequent = append(infrequent, label)
		} else {
			frequent = append(frequent, label)
		}
	}
	return slices.Clip(frequent), infrequent
}

// groupsOf is the group of each category.
func groupsOf(c *PreparedColumn) map[learner.Label]int {
	groups := make(map[learner.Label]int, len(c.Categories)+len(c.Infrequent))
	for g, label := range c.Categories {
		groups[label] = g
	}
	for _, label := range c.Infrequent {
		groups[label] = len(c.Categories)
	}
	return groups
}
