package cluster

import (
	"fmt"
	"strings"

	"github.com/gochimera/chimera/api"
	"github.com/gochimera/chimera/prepare"
)

// report is what a fit says about a preparation.
func report(p *prepare.Preparation) []api.PreparedColumn {
	if p == nil {
		return nil
	}
	columns := make([]api.PreparedColumn, len(p.Columns))
	for i, c := range p.Columns {
		columns[i] = api.PreparedColumn{Name: c.Name, Kind: c.Kind, Done: inWords(c), Note: c.Note}
	}
	return columns
}

// inWords says what is done with a column; it is empty if nothing is.
func inWords(c prepare.PreparedColumn) string {
	var parts []string
	add := func(format string, args ...any) { parts = append(parts, fmt.Sprintf(format, args...)) }
	switch c.Kind {
	case prepare.Dropped:
		return "dropped"
	case prepare.Numeric:
		if c.Fill != nil {
			add("a missing cell becomes %.6g", *c.Fill)
		}
		if c.Scale != 0 {
			add("scaled: (x - %.6g) / %.6g", c.Center, c.Scale)
		}
	default:
		if c.FillCategory != nil {
			add("a missing cell becomes %q", string(*c.FillCategory))
		}
		add("%s of %d categories", c.Encode, len(c.Categories))
		if n := len(c.Infrequent); n > 0 {
			add("%d rare categories share one group", n)
		}
	}
	if c.Indicator {
		add("one more feature says where it is missing")
	}
	return strings.Join(parts, "; ")
}
