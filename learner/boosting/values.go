package boosting

import (
	"context"
	"math"
	"slices"

	"github.com/gochimera/chimera/learner"
)

// values is what a part knows of a column before there are bins: which values it has, if those are few, and which of
// them each row has.
type values struct {
	codes   []uint8   // nil: too many values
	weights []int64   // by code, of the rows with it, if they have been counted
	values  []float64 // by code; NaN is one of them if a value is missing
	missing int64     // rows without a value
}

// coder numbers the values of a column by first appearance.
type coder struct {
	slots  [1024]uint16 // hash table: code + 1, or 0 for empty
	keys   [1024]uint64
	values []float64
	full   bool
}

func (c *coder) code(v float64) uint8 {
	if v == 0 {
		v = 0 // -0 is 0
	} else if v != v {
		v = math.NaN() // whatever its bits
	}
	bits := math.Float64bits(v)
	for h := bits * 0x9e3779b97f4a7c15 >> 54; ; h = (h + 1) & 1023 {
		switch at := c.slots[h&1023]; {
		case at != 0 && c.keys[h&1023] == bits:
			return uint8(at - 1)
		case at != 0:
		case len(c.values) == codeBins:
			c.full = true
			return 0
		default:
			c.values = append(c.values, v)
			c.slots[h&1023], c.keys[h&1023] = uint16(len(c.values)), bits
			return uint8(len(c.values) - 1)
		}
	}
}

// lineBlock is how many rows are read at a time, column by column, while they are in a cache.
const lineBlock = 256

// note codes the columns.
func (p *part) note(ctx context.Context) error {
	p.columns = make([]values, p.features)
	groups := slices.Collect(slices.Chunk(upTo(p.features), min(max((p.features+p.t.procs-1)/p.t.procs, 1), 32)))
	return parallel(ctx, p.t.procs, len(groups), func(_, g int) { p.noteColumns(groups[g]) })
}

func upTo(n int) []int {
	out := make([]int, n)
	for i := range out {
		out[i] = i
	}
	return out
}

func (p *part) noteColumns(columns []int) {
	coders := make([]coder, len(columns))
	open := upTo(len(columns))
	for _, k := range open {
		p.columns[columns[k]].codes = make([]uint8, p.n)
	}
	for first := 0; first < p.n && len(open) > 0; first += lineBlock {
		last := min(first+lineBlock, p.n)
		for _, k := range open {
			c, j := &coders[k], columns[k]
			codes := p.columns[j].codes
			for i := first; i < last; i++ {
				codes[i] = c.code(p.x[i*p.stride+j])
			}
		}
		open = slices.DeleteFunc(open, func(k int) bool {
			if coders[k].full {
				p.columns[columns[k]].codes = nil
			}
			return coders[k].full
		})
	}
	for _, k := range open {
		p.columns[columns[k]].values = coders[k].values
	}
	for first := 0; first < p.n; first += lineBlock {
		last := min(first+lineBlock, p.n)
		for _, j := range columns {
			v := &p.columns[j]
			if v.values != nil && !slices.ContainsFunc(v.values, math.IsNaN) {
				continue
			}
			for i := first; i < last; i++ {
				if x := p.x[i*p.stride+j]; x != x {
					v.missing++
				}
			}
		}
	}
}

// countCells adds the weights of rows in the parts of open cells, and how many rows have no value. Those count whatever
// their weight, and if they are held out, because they need a bin too.
func (p *part) countCells(ctx context.Context, h *head, s *scanner, into *learner.Sums) error {
	counted := p.t.counted(s, h)
	if s.err != nil {
		return s.err
	}
	if len(into.Counts) != counted.shape() {
		return errState
	}
	columns := counted.columns
	whole := p.wholeWeights(h)
	if p.unit != h.unit || p.weightExp != h.weightExp { // another training
		p.unit, p.weightExp = h.unit, h.weightExp
		for j := range p.columns {
			p.columns[j].weights = nil
		}
	}
	weight := func(i int) int64 {
		switch {
		case p.isHeld(i):
			return 0
		case whole == nil:
			return 1
		default:
			return whole[i]
		}
	}
	if h.classes == 0 {
		base := p.t.loss.answer(h.base[0])
		for i, y := range p.y {
			if r := math.Abs(y - base); r > 0 {
				into.Counts[int(math.Float64bits(r)>>52)]++
			}
			if len(counted.base) > 0 && !p.isHeld(i) {
				counted.base[0].add(into.Counts[exponents:], y, weight(i))
			}
		}
	}
	at := make([]int, p.features)
	sum := exponents + countsOf(counted.base)
	for j := range columns {
		at[j] = sum
		sum += columns[j].counts()
	}
	groups := slices.Collect(slices.Chunk(upTo(p.features), min(max((p.features+p.t.procs-1)/p.t.procs, 1), 8)))
	return parallel(ctx, p.t.procs, len(groups), func(_, g int) {
		var finders []*finder // of columns that are looked through row by row, which is the next loop
		var open []int
		for _, j := range groups[g] {
			v, counts := &p.columns[j], into.Counts[at[j]:]
			counts[0] += v.missing
			if columns[j].opened() == 0 {
				continue
			}
			if v.codes == nil {
				finders, open = append(finders, newFinder(&columns[j])), append(open, j)
				continue
			}
			for code, n := range p.codeWeights(j, weight) {
				if at := columns[j].find(v.values[code]); at > 0 {
					counts[at] += n
				}
			}
		}
		for first := 0; first < p.n && len(open) > 0; first += lineBlock {
			last := min(first+lineBlock, p.n)
			for k, j := range open {
				f, counts := finders[k], into.Counts[at[j]:at[j]+columns[j].counts()]
				if p.held == nil && whole == nil {
					for i := first; i < last; i++ {
						if at := f.find(p.x[i*p.stride+j]); at > 0 {
							counts[at]++
						}
					}
					continue
				}
				for i := first; i < last; i++ {
					if at := f.find(p.x[i*p.stride+j]); at > 0 {
						counts[at] += weight(i)
					}
				}
			}
		}
	})
}

// codeWeights are the weights of the rows with each value of a column that has few.
func (p *part) codeWeights(j int, weight func(int) int64) []int64 {
	v := &p.columns[j]
	if v.weights == nil {
		v.weights = make([]int64, codeBins)
		for i, code := range v.codes {
			v.weights[code] += weight(i)
		}
	}
	return v.weights[:len(v.values)]
}
