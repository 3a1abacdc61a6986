package boosting

import (
	"context"
	"slices"
)

// binned is the rows' bins. Columns of few bins share a lane, whose code says the bins of all of them: there are fewer
// codes to count then. A row has a byte for each lane, in whole words.
type binned struct {
	lanes  []lane
	place  []place // of each column
	words  int     // per row
	codes  []uint64
	byLane [][]uint8 // the same, lane by lane: a split looks at one lane only
}

// lane is a byte of a row.
type lane struct {
	columns []int
	codes   int       // in use
	bins    [][]int32 // for each of its columns by code: where the bin is in a histogram
}

// at is where in a histogram the bin of the lane's i-th column is for a code.
func (l *lane) at(i, code int) int { return int(l.bins[i][code]) }

// place is where a column's bin is: code / divisor % bins of a lane.
type place struct {
	lane, divisor, bins int
}

// bins of a column by the codes of its lane.
func (pl place) binsOf() (of [codeBins]uint8) {
	for code := range of {
		of[code] = uint8(code / pl.divisor % pl.bins)
	}
	return of
}

// share puts columns together while a byte holds all that they may be: each into the first lane that has room, those
// with the most bins first.
func share(columns []column, first []int) *binned {
	b := &binned{place: make([]place, len(columns))}
	byBins := upTo(len(columns))
	slices.SortStableFunc(byBins, func(i, j int) int { return columns[j].bins() - columns[i].bins() })
	for _, j := range byBins {
		bins := columns[j].bins()
		at := slices.IndexFunc(b.lanes, func(l lane) bool { return l.codes*bins <= codeBins })
		if at < 0 {
			at = len(b.lanes)
			b.lanes = append(b.lanes, lane{codes: 1})
		}
		l := &b.lanes[at]
		b.place[j] = place{lane: at, divisor: l.codes, bins: bins}
		l.columns = append(l.columns, j)
		l.codes *= bins
	}
	for i := range b.lanes {
		l := &b.lanes[i]
		for _, j := range l.columns {
			at := make([]int32, codeBins)
			for code, bin := range b.place[j].binsOf() {
				at[code] = int32(first[j] + int(bin))
			}
			l.bins = append(l.bins, at)
		}
	}
	b.words = (len(b.lanes) + 7) / 8
	return b
}

// bin puts the rows into bins.
func (p *part) bin(ctx context.Context, columns []column) (*binned, error) {
	b := share(columns, p.opened.layout.first)
	b.codes = make([]uint64, p.n*b.words)
	b.byLane = make([][]uint8, len(b.lanes))
	for i := range b.byLane {
		b.byLane[i] = make([]uint8, p.n)
	}
	guides := make([]*guide, len(columns))
	tables := make([][codeBins]uint8, len(columns))
	for j := range columns {
		guides[j] = newGuide(&columns[j])
		for code, v := range p.columns[j].values {
			tables[j][code] = guides[j].bin(v)
		}
	}
	blocks := (p.n + rowBlock - 1) / rowBlock
	err := parallel(ctx, p.t.procs, blocks, func(_, block int) {
		for first := block * rowBlock; first < min((block+1)*rowBlock, p.n); first += lineBlock {
			last := min(first+lineBlock, p.n, (block+1)*rowBlock)
			for j, pl := range b.place {
				lane, divisor := b.byLane[pl.lane], uint8(pl.divisor)
				if codes := p.columns[j].codes; codes != nil {
					for i := first; i < last; i++ {
						lane[i] += tables[j][codes[i]] * divisor
					}
					continue
				}
				for i := first; i < last; i++ {
					lane[i] += guides[j].bin(p.x[i*p.stride+j]) * divisor
				}
			}
			for k, lane := range b.byLane {
				at, shift := k>>3, 8*(k&7)
				for i := first; i < last; i++ {
					b.codes[i*b.words+at] |= uint64(lane[i]) << shift
				}
			}
		}
	})
	return b, err
}
