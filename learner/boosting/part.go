package boosting

import (
	"context"
	"errors"
	"math"
	"slices"

	"github.com/gochimera/chimera/learner"
	"github.com/gochimera/chimera/learner/numeric"
)

// part is the rows of a training that this program has, those of weight 0 left out.
type part struct {
	t        *trainer
	n        int
	features int
	classes  int
	x        []float64 // row-major, a row every stride values; not changed
	stride   int
	y        []float64
	weights  []float64 // nil: 1 each
	columns  []values  // what is known of the columns before there are bins

	hash      []uint64 // of each row, if rows are drawn
	held      []bool   // rows held out; nil: none
	unit      bool     // as in the head of the training whose cells were counted last
	weightExp int

	// What follows is of the training that seen belongs to.
	seen     []float64 // the last state
	read     int       // how much of its log has been followed
	opened   *opened
	whole    []int64 // weights in whole parts; nil: 1 each
	binned   *binned
	growing  growing
	segment  []segment   // of each node
	parent   []int       // of each node, or -1
	ends     []segment   // of each leaf of the finished trees, if what leaves add comes late
	order    [][]uint32  // for each tree the rows, those of a node side by side
	spare    [][]uint32  // as many
	outside  []uint32    // rows that the trees of this iteration are not grown on
	score    [][]float64 // for each tree one per row
	gh       [][]uint64  // likewise: see derive
	derived  derived     // of these scores
	stale    bool        // gh and derived are not of these scores
	free     [][]int64   // histograms for use again
	counters []*counter  // of each thread
}

// largestTarget and largestWeight are the largest whose product can be summed exactly.
const (
	largestTarget = 0x1p480
	largestWeight = 0x1p400
	leastWeight   = 0x1p-800 // of all together
)

// newPart checks rows and takes note of their values.
func (t *trainer) newPart(ctx context.Context, d learner.Dataset) (*part, error) {
	if err := learner.CheckPart(d, t.task, traits); err != nil {
		return nil, err
	}
	if d.Len() > math.MaxInt32 {
		return nil, &learner.DataError{Row: -1, Column: -1, Reason: "more than 2147483647 rows in one part"}
	}
	_, features := d.X.Dims()
	var kept []int
	for i, w := range d.Weights {
		if w > largestWeight {
			return nil, &learner.DataError{Row: i, Column: -1, Name: "weight", Reason: "a weight may be at most 2^400"}
		}
		if w > 0 {
			kept = append(kept, i)
		}
	}
	if d.Weights != nil && len(kept) < d.Len() {
		d = d.Select(kept)
	}
	if t.task == learner.Regression {
		for i, y := range d.Y {
			if reason := t.loss.refuses(y); reason != "" {
				return nil, &learner.DataError{Row: i, Column: -1, Name: "y", Reason: reason}
			}
		}
	}
	p := &part{t: t, n: d.Len(), features: features, classes: len(d.Classes), y: d.Y, weights: d.Weights}
	if p.n > 0 { // rows that have a weight above 0
		raw := d.X.RawMatrix()
		p.x, p.stride = raw.Data, raw.Stride
	}
	if err := p.hashRows(ctx); err != nil {
		return nil, err
	}
	return p, p.note(ctx)
}

// Sum adds to into what the state asks for.
func (p *part) Sum(ctx context.Context, state []float64, into *learner.Sums) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	s := &scanner{data: state}
	h := s.head()
	switch {
	case s.err != nil:
		return s.err
	case h.phase == surveying:
		return p.survey(into)
	case h.features != p.features || h.classes != p.classes:
		return &learner.DataError{Row: -1, Column: -1, Reason: "the training is of rows with other columns or classes"}
	case h.phase == counting:
		return p.countCells(ctx, h, s, into)
	}
	if err := p.follow(ctx, state); err != nil {
		p.seen = nil
		return err
	}
	if err := p.answer(ctx, into); err != nil {
		p.seen = nil
		return err
	}
	return ctx.Err()
}

// wholeWeights are the weights in whole parts of 2^weightExp; nil if all are 1.
func (p *part) wholeWeights(h *head) []int64 {
	if h.unit {
		return nil
	}
	whole := make([]int64, p.n)
	scale := math.Ldexp(1, -h.weightExp)
	for i := range whole {
		w := 1.0
		if p.weights != nil {
			w = p.weights[i]
		}
		whole[i] = int64(math.RoundToEven(w * scale))
	}
	return whole
}

func (p *part) weight(i int) int64 {
	if p.whole == nil {
		return 1
	}
	return p.whole[i]
}

func (p *part) trees() int { return len(p.score) }

// follow brings the part to where the state is: on from the last one, or from the beginning.
func (p *part) follow(ctx context.Context, state []float64) error {
	if p.seen == nil || learner.SharedPrefix(p.seen, state) < p.read {
		if err := p.begin(ctx, state); err != nil {
			return err
		}
	}
	if !numeric.AllFinite(state[p.read:]) {
		return errState
	}
	p.seen = append(p.seen[:p.read], state[p.read:]...)
	s := &scanner{data: state, at: p.read}
	read := len(state)
	for s.at < len(state) {
		at := s.at
		kind, payload := s.record()
		if s.err != nil {
			return s.err
		}
		if read < len(state) && kind != cursorRecord { // what comes after a search would be followed twice
			return errState
		}
		before := len(p.growing.nodes)
		final, err := p.growing.follow(kind, payload, p.opened)
		if err != nil {
			return err
		}
		switch kind {
		case questRecord: // another one may come in its place
			read = at
		case beginRecord:
			p.stale = true
			p.plant()
		case growRecord:
			err = p.partition(ctx, before)
		case finalRecord, valueRecord:
			if final == nil { // what leaves add comes late
				err = p.collect(ctx)
				break
			}
			p.stale = true
			err = p.settle(ctx, final)
		}
		if err != nil {
			return err
		}
	}
	p.read = read
	return nil
}

// begin puts the rows into the bins of a state that is new, with the scores of no trees.
func (p *part) begin(ctx context.Context, state []float64) error {
	p.seen = slices.Clone(state) // what is opened stays in this memory
	o, err := p.t.open(p.seen)
	if err != nil {
		return err
	}
	p.read, p.opened = o.log, o
	p.whole = p.wholeWeights(o.head)
	if p.binned, err = p.bin(ctx, o.columns); err != nil {
		return err
	}
	p.order, p.spare, p.score, p.gh = nil, nil, nil, nil
	for _, base := range o.base {
		score := make([]float64, p.n)
		for i := range score {
			score[i] = base
		}
		p.score = append(p.score, score)
		p.gh = append(p.gh, make([]uint64, p.n))
		p.order = append(p.order, make([]uint32, p.n))
		p.spare = append(p.spare, make([]uint32, p.n))
	}
	p.growing, p.segment, p.free = growing{}, nil, nil
	p.counters = make([]*counter, p.t.procs)
	for i := range p.counters {
		p.counters[i] = p.newCounter()
	}
	return nil
}

// answer adds what the last record asks for.
func (p *part) answer(ctx context.Context, into *learner.Sums) error {
	if p.stale && (p.growing.fresh || len(p.growing.asked) > 0) {
		if err := p.deriveAll(ctx); err != nil {
			return err
		}
		p.stale = false
	}
	at := 0
	if p.growing.fresh {
		at = freshCounts
	}
	size := p.opened.layout.size()
	if len(into.Counts) != at+size*len(p.growing.asked)+countsOf(p.growing.quests) {
		return errors.New("the sums have another shape than the state asks for")
	}
	if p.growing.fresh {
		p.derived.addTo(into.Counts)
	}
	if p.growing.quests != nil {
		return p.seek(ctx, into.Counts)
	}
	return p.histograms(ctx, into.Counts[at:])
}

// freshCounts is how many counts come with new scores.
const freshCounts = 2*lossCounts + 2*lengths

// lossCounts is how many of them a sum of losses is.
const lossCounts = 3

func (d *derived) addTo(counts []int64) {
	for i, s := range []lossSum{d.train, d.held} {
		counts[lossCounts*i] += s.high
		counts[lossCounts*i+1] += s.low
		counts[lossCounts*i+2] += s.weight
	}
	for i, sizes := range d.sizes {
		for length, n := range sizes {
			counts[2*lossCounts+i*lengths+length] += n
		}
	}
}

func (d *derived) merge(other *derived) {
	for _, s := range [][2]*lossSum{{&d.train, &other.train}, {&d.held, &other.held}} {
		s[0].high += s[1].high
		s[0].low += s[1].low
		s[0].weight += s[1].weight
	}
	for i, sizes := range other.sizes {
		for length, n := range sizes {
			d.sizes[i][length] += n
		}
	}
}

// rowBlock is how many rows a thread takes at a time.
const rowBlock = 1 << 13

// deriveAll computes the gradients of all rows by their scores.
func (p *part) deriveAll(ctx context.Context) error {
	blocks := (p.n + rowBlock - 1) / rowBlock
	each := make([]derived, p.t.procs)
	err := parallel(ctx, p.t.procs, blocks, func(worker, b int) {
		p.derive(b*rowBlock, min((b+1)*rowBlock, p.n), &each[worker])
	})
	p.derived = derived{}
	for i := range each {
		p.derived.merge(&each[i])
	}
	return err
}
