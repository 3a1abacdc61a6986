package inspect

import (
	"cmp"
	"fmt"
	"math"
	"slices"

	"github.com/gochimera/chimera/learner"
)

// What a column must show before it is suspected of giving the target away.
const (
	fewestRows     = 20    // of a data set: fewer show nothing
	fewestAlike    = 5     // rows of a value: fewer agree by chance
	mostUnlike     = 0.02  // of the errors of who always says the most frequent class
	leastExplained = 0.999 // of a quantity's variance
	fewestApart    = 50    // rows, for classes whose ranges do not meet
)

// leak says how a column gives the target away; the empty text if it does not seem to.
func (c *column) leak(target *column, task learner.Task) string {
	l := c.link
	switch {
	case l == nil || l.rows < fewestRows || len(target.values.counts) < 2:
		return ""
	case l.same == l.rows:
		return "it is the target, cell by cell"
	case l.same > l.rows-l.rows/100:
		return fmt.Sprintf("it is the target in all but %s", many(l.rows-l.same, "row"))
	}
	if r := l.correlation(); l.paired > l.rows*9/10 && r*r >= leastExplained && !l.tautology(c) {
		return fmt.Sprintf("it follows the target on a straight line (correlation %s)", number(math.Round(r*1e4)/1e4))
	}
	if task == learner.Regression {
		return l.explains()
	}
	if text := l.determines(target.values.counts); text != "" {
		return text
	}
	return l.apart(target.values.counts)
}

// tautology reports whether the line would pass through any two points.
func (l *link) tautology(c *column) bool { return l.paired <= 2 || len(c.values.counts) < 2 }

// determines looks at each value of the column by itself: does it have rows of one class only?
func (l *link) determines(classes []int) string {
	if l.manyValues || l.manyClasses {
		return ""
	}
	covered, right, exact := 0, 0, true
	majorities := map[int]bool{}
	for _, v := range l.byValue {
		if v.rows < fewestAlike {
			continue
		}
		class := slices.Index(v.classes, slices.Max(v.classes))
		covered += v.rows
		right += v.classes[class]
		exact = exact && v.classes[class] == v.rows
		majorities[class] = true
	}
	wrongByChance := float64(l.rows-slices.Max(classes)) / float64(l.rows)
	switch wrong := float64(covered-right) / float64(max(covered, 1)); {
	case 2*covered < l.rows, len(majorities) < min(2, len(classes)), wrong > mostUnlike*wrongByChance:
		return ""
	case exact && l.rows == covered:
		return "each of its values has rows of one class only"
	case exact:
		return fmt.Sprintf("each of its values that %d rows or more have belongs to one class", fewestAlike)
	default:
		return fmt.Sprintf("its value alone tells the class in %.4g %% of rows", 100*float64(right)/float64(covered))
	}
}

// apart looks at the range of the column's numbers in each class: do they not meet?
func (l *link) apart(classes []int) string {
	if l.manyClasses || l.rows < fewestApart || l.paired+len(l.byClass) == 0 || len(l.byClass) < len(classes) {
		return ""
	}
	ranges := slices.SortedFunc(slices.Values(l.byClass), func(a, b [2]float64) int { return cmp.Compare(a[0], b[0]) })
	for i, r := range ranges {
		if math.IsInf(r[0], 0) || i > 0 && ranges[i-1][1] >= r[0] {
			return ""
		}
	}
	if slices.Min(classes) < fewestAlike {
		return ""
	}
	return "its ranges in the classes do not meet, so that a threshold tells them apart"
}

// explains looks at the means of a quantity in the rows of each value.
func (l *link) explains() string {
	if l.manyValues {
		return ""
	}
	var all moments
	var within, total float64
	covered, values := 0, 0
	for _, v := range l.byValue {
		if v.target.n < fewestAlike {
			continue
		}
		covered += v.target.n
		values++
		d := v.target.mean - all.mean // Chan, Golub and LeVeque 1979
		n := float64(v.target.n)
		total += v.target.m2 + d*d*n*float64(all.n)/(n+float64(all.n))
		within += v.target.m2
		all.n += v.target.n
		all.mean += d * n / float64(all.n)
	}
	if 2*covered < l.rows || values < 2 || total == 0 || 1-within/total < leastExplained {
		return ""
	}
	return fmt.Sprintf("its value alone explains %.4g %% of the target's variance", 100*(1-within/total))
}
