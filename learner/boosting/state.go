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
