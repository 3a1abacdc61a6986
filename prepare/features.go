package prepare

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// longestCategory is how many bytes of a category a feature's name has.
const longestCategory = 60

// Features are the names of the numbers that come out, one per column of the result: a column's own name for one number,
// workclass=private for a category, workclass=(infrequent) for those that share a feature, city=yes for the
// encoding by a class of the target, age_missing for an indicator. They are in lower case, as names of columns
// are, and distinct: one that is taken already has #2, #3 and so on behind it.
//
// An approximation of a kernel makes others of them, which have names such as nystroem0.
func (p *Preparation) Features() []string {
	if p.Kernel != nil {
		return p.Kernel.names()
	}
	var names []string
	for i := range p.Columns {
		names = p.Columns[i].appendFeatures(names)
	}
	return distinct(names)
}

func (c *PreparedColumn) appendFeatures(names []string) []string {
	switch {
	case c.Kind == Dropped:
		return names
	case c.Kind == Categorical && c.Encode == OneHot:
		for _, label := range c.Categories {
			names = append(names, featureOf(c.Name, string(label)))
		}
		if len(c.Infrequent) > 0 {
			names = append(names, featureOf(c.Name, "(infrequent)"))
		}
	case c.Kind == Categorical && c.Targets != nil && len(c.Targets.Outputs) > 0:
		for _, class := range c.Targets.Outputs {
			names = append(names, featureOf(c.Name, class))
		}
	default:
		names = append(names, c.Name)
	}
	if c.Indicator {
		names = append(names, c.Name+"_missing")
	}
	return names
}

// width is how many features the column has.
func (c *PreparedColumn) width() int { return len(c.appendFeatures(nil)) }

func featureOf(column, value string) string {
	value = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) {
			return ' '
		}
		return r
	}, value)
	if len(value) > longestCategory {
		cut := longestCategory
		for !utf8.RuneStart(value[cut]) {
			cut--
		}
		value = value[:cut] + "..."
	}
	return columnName(column + "=" + value)
}

// distinct numbers names that occur already.
func distinct(names []string) []string {
	taken := make(map[string]bool, len(names))
	for _, name := range names {
		taken[name] = true
	}
	used := make(map[string]bool, len(names))
	for i, name := range names {
		for n := 2; used[names[i]]; n++ {
			if numbered := fmt.Sprintf("%s#%d", name, n); !taken[numbered] {
				names[i] = numbered
			}
		}
		used[names[i]] = true
	}
	return names
}
