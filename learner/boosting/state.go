package boosting

import (
	"errors"
	"fmt"
	"math"
	"slices"

	"github.com/gochimera/chimera/learner"
	"github.com/gochimera/chimera/learner/numeric"
)

// A state is a list of numbers that begins with a head. What follows depends on the phase: what is being counted for
// the bins, or the bins and after them a log, to which records are appended; of questRecords only
// the last one is kept, until its values are found. The last record is a cursor.

// The phases of a training.
const (
	surveying = iota // sums of weights and targets
	counting         // cells, of which bins are made
	boosting         // trees
)

const stateVersion = 3

// head is what every state after the survey begins with.
type head struct {
	phase        int
	features     int
	classes      int       // 0: regression
	unit         bool      // every row has weight 1
	weightExp    int       // a weight is a whole number of 2^weightExp
	classWeights []float64 // by class; none: 1 each
	base         []float64 // the score that every row begins with, one per tree of an iteration
}

// scoresOf is how many scores a row has: one for a regression (0 classes) and for two classes, else one for each class.
func scoresOf(classes int) int {
	if classes > 2 {
		return classes
	}
	return 1
}

// trees is how many trees an iteration grows: one per score.
func (h *head) trees() int { return len(h.base) }

func (h *head) write() []float64 {
	unit := 0.0
	if h.unit {
		unit = 1
	}
	state := []float64{stateVersion, float64(h.phase), float64(h.features), float64(h.classes), unit, float64(h.weightExp), float64(len(h.base))}
	state = append(append(state, h.base...), float64(len(h.classWeights)))
	return append(state, h.classWeights...)
}

// scanner reads a state. What cannot be read makes it fail, and then everything else is 0.
type scanner struct {
	data []float64
	at   int
	err  error
}

var errState = errors.New("this is not a state of this training")

func (s *scanner) fail() {
	if s.err == nil {
		s.err = fmt.Errorf("number %d of %d: %w", s.at, len(s.data), errState)
	}
}

func (s *scanner) float() float64 {
	if s.err != nil || s.at >= len(s.data) {
		s.fail()
		return 0
	}
	s.at++
	return s.data[s.at-1]
}

// int reads a whole number from least to most, which are at most 2^53 in size.
func (s *scanner) int(least, most int) int {
	v := s.float()
	if v != math.Trunc(v) || v < float64(least) || v > float64(most) {
		s.fail()
		return least
	}
	return int(v)
}

// floats reads n numbers, which stay in the state's memory.
func (s *scanner) floats(n int) []float64 {
	if s.err != nil || n < 0 || n > len(s.data)-s.at {
		s.fail()
		return nil
	}
	s.at += n
	return s.data[s.at-n : s.at : s.at]
}

func (s *scanner) head() *head {
	h := &head{}
	if s.int(stateVersion, stateVersion); s.err != nil {
		return h
	}
	if h.phase = s.int(surveying, boosting); h.phase == surveying {
		return h
	}
	h.features = s.int(1, math.MaxInt32)
	h.classes = s.int(0, math.MaxInt32)
	h.unit = s.int(0, 1) == 1
	h.weightExp = s.int(-2000, 2000)
	h.base = s.floats(s.int(1, math.MaxInt32))
	if h.classWeights = s.floats(s.int(0, h.classes)); !numeric.AllFinite(h.base) || !numeric.AllFinite(h.classWeights) {
		s.fail()
	}
	if len(h.base) != scoresOf(h.classes) || len(h.classWeights) != 0 && len(h.classWeights) != h.classes {
		s.fail()
	}
	return h
}

// The kinds of records in the log.
const (
	beginRecord  = iota // of an iteration: exponents of bounds, and which it is. Asked for: roots, and what comes with new scores.
	growRecord          // splits that were found, and nodes to be split now. Asked for: histograms of children.
	finalRecord         // which splits make the trees. If what leaves add comes late, questRecords and a valueRecord follow.
	finishRecord        // nothing. Asked for: what comes with the last scores.
	endRecord           // nothing more is asked for
	cursorRecord
	lossRecord // of the rows learned from, and of those held out, if training is to stop by them
	// questRecord is where what the leaves of the finished trees add is looked for; see quantile.go. Asked for: counts of cells. The next one comes in
	// its place, and at last the valueRecord.
	questRecord
	valueRecord // what they add
)

// cursor says where a training is, at the end of its state.
type cursor struct {
	start     int // where the record is that began the last iteration
	iteration int // how many iterations are complete
	known     bool
	loss      float64 // after them, if it is known
	lengths   [2]int  // of the largest gradient and second derivative of the iteration, in bits, if they are known
}

const cursorLen = 2 + 6

func appendRecord(state []float64, kind int, payload ...float64) []float64 {
	return append(append(state, float64(kind), float64(len(payload))), payload...)
}

func (c cursor) appendTo(state []float64) []float64 {
	known := 0.0
	if c.known {
		known = 1
	}
	return appendRecord(state, cursorRecord, float64(c.start), float64(c.iteration), known, c.loss, float64(c.lengths[0]), float64(c.lengths[1]))
}

// readCursor reads the end of a state in which trees are grown.
func readCursor(state []float64) (cursor, error) {
	s := scanner{data: state, at: max(len(state)-cursorLen, 0)}
	s.int(cursorRecord, cursorRecord)
	s.int(cursorLen-2, cursorLen-2)
	c := cursor{start: s.int(0, len(state)), iteration: s.int(0, math.MaxInt32)}
	c.known, c.loss, c.lengths = s.int(0, 1) == 1, s.float(), [2]int{s.int(0, lengths-1), s.int(0, lengths-1)}
	return c, s.err
}

// record reads the next record.
func (s *scanner) record() (kind int, payload []float64) {
	kind = s.int(beginRecord, valueRecord)
	return kind, s.floats(s.int(0, math.MaxInt32))
}

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

// opened is the state of a training whose bins are known.
type opened struct {
	*head
	columns []column
	layout  layout
	log     int  // where the log begins
	late    bool // what leaves add comes late
}

// open reads a state in which trees are grown, but not its log.
func (t *trainer) open(state []float64) (*opened, error) {
	s := &scanner{data: state}
	o := &opened{head: s.head(), late: t.loss.late()}
	if s.err == nil && (o.phase != boosting || (o.classes > 0) != (t.task == learner.Classification)) {
		s.fail()
	}
	if s.err != nil || o.features > len(state) {
		return nil, errors.Join(s.err, errState)
	}
	o.columns = make([]column, o.features)
	for j := range o.columns {
		o.columns[j].setProperties(s.int(0, properties-1))
		o.columns[j].thresholds = s.floats(s.int(0, codeBins-1))
		if o.columns[j].bins() > codeBins || !numeric.AllFinite(o.columns[j].thresholds) || !slices.IsSorted(o.columns[j].thresholds) {
			s.fail()
		}
	}
	o.log = s.at
	o.layout = newLayout(o.columns, t.loss.constant())
	return o, s.err
}

// current reads the iteration that a state is in.
func (o *opened) current(state []float64) (*growing, cursor, error) {
	c, err := readCursor(state)
	if err != nil {
		return nil, c, err
	}
	if c.start < o.log {
		return nil, c, errState
	}
	g := &growing{nodes: make([]node, 0, (len(state)-c.start)/splitNumbers+o.trees())} // each is found once, but for the last ones
	s := &scanner{data: state, at: c.start}
	for s.at < len(state) {
		at := s.at
		kind, payload := s.record()
		if s.err != nil {
			return nil, c, s.err
		}
		if kind == questRecord {
			g.sought = at
		}
		if _, err := g.follow(kind, payload, o); err != nil {
			return nil, c, err
		}
	}
	if len(g.nodes) < o.trees() { // no iteration began here
		return nil, c, errState
	}
	return g, c, nil
}
