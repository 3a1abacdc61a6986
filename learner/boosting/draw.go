package boosting

import (
	"context"
	"slices"

	"github.com/gochimera/chimera/learner"
)

// Rows are drawn by what is in them (learner.RowHash), so a row is drawn wherever it lies, and equal rows together.

// share01 is a number in [0, 1) for a row's hash and a purpose.
func share01(hash, purpose uint64) float64 { return float64(learner.Mix(hash^purpose)>>11) * 0x1p-53 }

// hashRows takes a hash of each row, if rows are to be drawn, and draws those to be held out.
func (p *part) hashRows(ctx context.Context) error {
	if !p.t.EarlyStopping && p.t.Subsample == 1 {
		return nil
	}
	p.hash = make([]uint64, p.n)
	err := parallel(ctx, p.t.procs, (p.n+rowBlock-1)/rowBlock, func(_, b int) {
		for i := b * rowBlock; i < min((b+1)*rowBlock, p.n); i++ {
			p.hash[i] = learner.RowHash(p.t.seed, p.x[i*p.stride:i*p.stride+p.features], p.y[i])
		}
	})
	if p.t.EarlyStopping {
		p.held = make([]bool, p.n)
		purpose := learner.Seed(p.t.seed, "validation")
		for i, h := range p.hash {
			p.held[i] = share01(h, purpose) < p.t.ValidationFraction
		}
	}
	return err
}

func (p *part) isHeld(i int) bool { return p.held != nil && p.held[i] }

// draw puts the rows of an iteration into rows, and the others into p.outside.
func (p *part) draw(rows []uint32) []uint32 {
	rows, p.outside = rows[:0], p.outside[:0]
	purpose := learner.Mix(learner.Seed(p.t.seed, "subsample") + uint64(p.growing.round))
	for i := range p.n {
		if p.isHeld(i) || p.t.Subsample < 1 && share01(p.hash[i], purpose) >= p.t.Subsample {
			p.outside = append(p.outside, uint32(i))
		} else {
			rows = append(rows, uint32(i))
		}
	}
	return rows
}

// settleOutside adds what a finished tree says to the scores of rows that it was not grown on.
func (p *part) settleOutside(ctx context.Context, tree int, chosen map[int]bool) error {
	sides := make([][codeBins]uint8, len(p.growing.nodes))
	for id := range chosen {
		sides[id] = p.sides(p.growing.nodes[id].split)
	}
	return parallel(ctx, p.t.procs, (len(p.outside)+rowBlock-1)/rowBlock, func(_, b int) {
		for _, row := range p.outside[b*rowBlock : min((b+1)*rowBlock, len(p.outside))] {
			id, value := tree, 0.0
			for chosen[id] {
				n := &p.growing.nodes[id]
				side := 1 - int(sides[id][p.binned.byLane[p.binned.place[n.split.feature].lane][row]])
				value = n.values[side]
				if n.left == 0 {
					break
				}
				id = n.left + side
			}
			p.score[tree][row] += value
		}
	})
}

// smallest says which of n things are the count with the smallest hashes.
func smallest(seed uint64, n, count int) []bool {
	hashes := make([]uint64, n)
	for j := range hashes {
		hashes[j] = learner.Mix(seed ^ learner.Mix(uint64(j)))
	}
	order := upTo(n)
	slices.SortFunc(order, func(i, j int) int {
		if hashes[i] < hashes[j] {
			return -1
		}
		return 1
	})
	is := make([]bool, n)
	for _, j := range order[:count] {
		is[j] = true
	}
	return is
}
