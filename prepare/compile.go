package prepare

import (
	"math"
	"sync"

	"github.com/gochimera/chimera/learner"
)

// compiled is a preparation made ready for rows.
type compiled struct {
	columns  []compiledColumn // without those that are dropped
	width    int              // features
	identity bool             // columns are numbers that stay as they are
}

// compiledColumn is a column made ready for cells.
type compiledColumn struct {
	*PreparedColumn
	first  int // feature
	width  int
	groups map[learner.Label]int // of categories
	fill   float64               // NaN if a missing cell stays so
	plain  bool                  // a number that is neither scaled nor has an indicator
}

// compile makes a preparation ready, once.
func (p *Preparation) compile() *compiled {
	p.once.Do(func() {
		p.compiled.identity = true
		for i := range p.Columns {
			c := &p.Columns[i]
			if c.Kind == Dropped {
				continue
			}
			column := compiledColumn{PreparedColumn: c, first: p.compiled.width, width: c.width(), fill: math.NaN()}
			if c.Fill != nil {
				column.fill = *c.Fill
			}
			if c.Kind == Categorical {
				column.groups = groupsOf(c)
			}
			column.plain = c.Kind == Numeric && c.Fill == nil && c.Scale == 0 && !c.Indicator
			p.compiled.identity = p.compiled.identity && column.plain
			p.compiled.columns = append(p.compiled.columns, column)
			p.compiled.width += column.width
		}
		if p.Kernel != nil {
			p.kernel = sync.OnceValue(func() *kernelMap { return p.Kernel.compile(p.compiled.width) })
		}
	})
	return &p.compiled
}
