package boosting

import (
	"math"
	"slices"

	"github.com/gochimera/chimera/learner"
)

// node is a node of the trees of an iteration as far as they are grown. Children come after their parents.
type node struct {
	tree, depth int
	path        uint64 // a number of its own: of the iteration, the tree and the way to it
	known       bool   // what follows: its best split was searched for
	gain        float64
	split       split      // if gain > 0
	left        int        // its first child, the other one is the next; 0: none yet
	values      [2]float64 // of its children
	limits      limits     // of what they may be, by monotonic_cst
}

// split is how rows are told apart.
type split struct {
	feature, bin int     // a row whose value is in this bin or a lower one goes left
	missingLeft  bool    // and one without a value
	left         set     // of a column of categories: the bins whose rows go left, but for the last one, see missingLeft
	divisible    [2]bool // whether a child may be split in turn
}

const (
	splitNumbers = 5 // of a found split: node, gain, code, values
	codeBins     = 256
)

func (sp split) code() float64 {
	flags := 0
	for i, yes := range []bool{sp.missingLeft, sp.divisible[0], sp.divisible[1]} {
		if yes {
			flags |= 1 << i
		}
	}
	return float64((sp.feature*codeBins+sp.bin)*8 + flags)
}

func splitOf(code float64) split {
	c := int(code)
	sp := split{missingLeft: c&1 != 0, divisible: [2]bool{c&2 != 0, c&4 != 0}}
	sp.feature, sp.bin = c/8/codeBins, c/8%codeBins
	return sp
}

// growing is the trees of an iteration as far as they are grown.
type growing struct {
	round int // the iteration, from 0
	bounds
	nodes   []node
	asked   []int   // nodes whose histograms are wanted now
	fresh   bool    // what comes with new scores is wanted too
	final   [][]int // which nodes are split, once that is certain
	settled bool    // so is what their leaves add
	quests  []quest // what is looked for of each leaf
	sought  int     // where the record is in the state that says so
	over    bool    // nothing is wanted any more
}

func (b bounds) numbers() []float64 {
	return []float64{float64(b.gradient), float64(b.curvature), float64(b.loss)}
}

func (s *scanner) bounds() bounds {
	return bounds{s.int(smallestExponent, largestExponent), s.int(smallestExponent-2, largestExponent), s.int(smallestExponent-lossRoom, largestExponent)}
}

// follow takes one record of the log of o. If it makes the trees whole, it reports which nodes are split.
func (g *growing) follow(kind int, payload []float64, o *opened) (final [][]int, err error) {
	trees := o.trees()
	s := &scanner{data: payload}
	if g.final != nil && !g.settled && kind != questRecord && kind != valueRecord && kind != cursorRecord {
		return nil, errState // the trees are not whole yet
	}
	switch kind {
	case beginRecord:
		nodes := slices.Grow(g.nodes[:0], trees)[:trees]
		clear(nodes)
		*g = growing{bounds: s.bounds(), round: s.int(0, math.MaxInt32), nodes: nodes, fresh: true}
		for k := range trees {
			g.nodes[k].limits = noLimits
			g.nodes[k].tree, g.nodes[k].path = k, learner.Mix(learner.Mix(uint64(g.round))+uint64(k))
			g.asked = append(g.asked, k)
		}
	case growRecord:
		if g.final != nil {
			s.fail()
			break
		}
		g.grow(s, o.columns)
	case finalRecord:
		if g.final != nil {
			s.fail()
			break
		}
		g.asked, g.fresh = nil, false
		for k := range trees {
			g.final = append(g.final, g.split(s, k))
		}
		if g.settled = !o.late || len(g.ends(g.final)) == 0; g.settled {
			final = g.final
		}
	case questRecord:
		if g.quests = s.quests(len(g.ends(g.final))); g.final == nil || g.settled {
			s.fail()
		}
	case valueRecord:
		if g.final == nil || g.settled {
			s.fail()
			break
		}
		for _, e := range g.ends(g.final) {
			g.nodes[e.id].values[e.side] = s.float()
		}
		final, g.quests, g.settled = g.final, nil, true
	case finishRecord:
		g.asked, g.fresh = nil, true
	case endRecord:
		g.asked, g.fresh, g.over = nil, false, true
	case cursorRecord:
		return nil, nil
	case lossRecord:
		s.floats(2)
	}
	if s.err == nil && s.at != len(payload) {
		s.fail()
	}
	return final, s.err
}

// split are the nodes of a finished tree that are split: the root first, if any, and others only below such ones.
func (g *growing) split(s *scanner, tree int) []int {
	ids := make([]int, s.int(0, len(g.nodes)))
	may := map[int]bool{tree: true}
	for i := range ids {
		id := s.int(0, len(g.nodes)-1)
		n := &g.nodes[id]
		if ids[i] = id; !may[id] || !n.known || !(n.gain > 0) {
			s.fail()
			return nil
		}
		delete(may, id) // once is enough
		if n.left != 0 {
			may[n.left], may[n.left+1] = true, true
		}
	}
	return ids
}

func (g *growing) grow(s *scanner, columns []column) {
	g.asked, g.fresh = nil, false
	found, opened := s.int(0, len(g.nodes)), s.int(0, len(g.nodes))
	for range found {
		id := s.int(0, len(g.nodes)-1)
		n := &g.nodes[id]
		n.known, n.gain = true, s.float()
		n.split = splitOf(float64(s.int(0, 1<<53)))
		n.values = [2]float64{s.float(), s.float()}
		if n.split.feature >= len(columns) || n.split.bin >= columns[n.split.feature].bins() {
			s.fail()
			return
		}
		if n.gain > 0 && columns[n.split.feature].categorical {
			n.split.left = s.set()
		}
	}
	for range opened {
		id := s.int(0, len(g.nodes)-1)
		n := &g.nodes[id]
		if s.err != nil || !n.known || !(n.gain > 0) || n.left != 0 {
			s.fail()
			return
		}
		n.left = len(g.nodes)
		parent := *n
		for i := range 2 {
			if parent.split.divisible[i] {
				g.asked = append(g.asked, len(g.nodes))
			}
			g.nodes = append(g.nodes, node{
				tree: parent.tree, depth: parent.depth + 1, path: learner.Mix(2*parent.path + uint64(i)),
				limits: parent.limits.child(i, columns[parent.split.feature].sign, parent.values),
			})
		}
	}
}
