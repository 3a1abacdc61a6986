package boosting

import (
	"context"
	"math"
	"slices"

	"gonum.org/v1/gonum/mat"

	"github.com/gochimera/chimera/learner"
	"github.com/gochimera/chimera/learner/numeric"
)

// model is fitted trees. It does not change.
type model struct {
	features    int
	classes     int // 0: regression
	loss        lossKind
	base        []float64   // one per score
	nodes       []flat      // of all trees, each in preorder: a node's left child comes right after it
	roots       []int32     // tree i is of score i % len(base)
	known       [][]float64 // of each feature its categories in training, ascending; nil: there are none of any feature
	sets        []set       // of splits of categories: which of the known ones go left
	importances []float64
}

// flat is a split or a leaf.
type flat struct {
	value float64 // the threshold, which of the sets, or what the leaf adds
	kind  uint32  // the feature, and the flags below
	right uint32
}

const (
	leafFlag        = 1 << 31
	missingLeftFlag = 1 << 30
	categoryFlag    = 1 << 29
	featureMask     = categoryFlag - 1
)

// model makes the model of the last state of a training.
func (t *trainer) model(s learner.Schema, state []float64) (*model, error) {
	if !numeric.AllFinite(state) {
		return nil, errState
	}
	o, err := t.open(state)
	if err != nil {
		return nil, err
	}
	if o.classes != len(s.Classes) || s.Features != nil && len(s.Features) != o.features {
		return nil, errState
	}
	m := &model{features: o.features, classes: o.classes, loss: t.loss, base: append([]float64(nil), o.base...), importances: make([]float64, o.features)}
	for j := range o.columns {
		if c := &o.columns[j]; c.categorical {
			if m.known == nil {
				m.known = make([][]float64, o.features)
			}
			m.known[j] = append([]float64(nil), c.thresholds...)
		}
	}
	sc, g := &scanner{data: state, at: o.log}, &growing{}
	first, begun := 0, false
	for sc.at < len(state) && sc.err == nil {
		kind, payload := sc.record()
		if sc.err != nil {
			break
		}
		final, err := g.follow(kind, payload, o)
		if err != nil {
			return nil, err
		}
		if kind == beginRecord && !begun {
			first, begun = g.gradient, true
		}
		for k, ids := range final {
			m.plant(o, g, k, ids, math.Ldexp(1, min(2*(g.gradient-first), 1000)))
		}
	}
	if sc.err != nil || !g.over || !numeric.AllFinite(m.importances) {
		return nil, errState
	}
	if len(m.roots) == 0 { // one class
		for range o.trees() {
			m.roots = append(m.roots, int32(len(m.nodes)))
			m.nodes = append(m.nodes, flat{kind: leafFlag})
		}
	}
	normalise(m.importances)
	return m, nil
}

// plant appends a finished tree. Gains are worth scale.
func (m *model) plant(o *opened, g *growing, k int, chosen []int, scale float64) {
	m.roots = append(m.roots, int32(len(m.nodes)))
	isChosen := make(map[int]bool, len(chosen))
	for _, id := range chosen {
		isChosen[id] = true
		m.importances[g.nodes[id].split.feature] += g.nodes[id].gain * scale
	}
	type visit struct {
		id     int
		leaf   float64
		parent int // whose right child this is, or -1
	}
	todo := []visit{{id: k, parent: -1}}
	for len(todo) > 0 {
		v := todo[len(todo)-1]
		todo = todo[:len(todo)-1]
		at := len(m.nodes)
		if v.parent >= 0 {
			m.nodes[v.parent].right = uint32(at)
		}
		if v.id < 0 || !isChosen[v.id] {
			m.nodes = append(m.nodes, flat{value: v.leaf, kind: leafFlag})
			continue
		}
		n := &g.nodes[v.id]
		c := &o.columns[n.split.feature]
		f := flat{value: math.Inf(1), kind: uint32(n.split.feature)}
		if c.categorical {
			f.value = float64(len(m.sets))
			f.kind |= categoryFlag
			m.sets = append(m.sets, n.split.left)
		} else if n.split.bin < len(c.thresholds) {
			f.value = c.thresholds[n.split.bin]
		}
		if n.split.missingLeft {
			f.kind |= missingLeftFlag
		}
		m.nodes = append(m.nodes, f)
		left, right := -1, -1
		if n.left != 0 {
			left, right = n.left, n.left+1
		}
		todo = append(todo, visit{right, n.values[1], at}, visit{left, n.values[0], -1})
	}
}

// normalise makes the values add up to 1, unless they are all 0.
func normalise(values []float64) {
	most := 0.0
	for _, v := range values {
		most = max(most, v)
	}
	if most == 0 {
		return
	}
	sum := 0.0
	for i := range values {
		values[i] /= most // so that the sum is finite
		sum += values[i]
	}
	for i := range values {
		values[i] /= sum
	}
}

// find is the leaf's value that a row comes to in the tree that begins at node i.
func (m *model) find(i uint32, row []float64) float64 {
	for {
		n := &m.nodes[i]
		if n.kind&(leafFlag|categoryFlag) != 0 {
			if n.kind&leafFlag != 0 {
				return n.value
			}
			if i++; !m.left(n, row[n.kind&featureMask]) {
				i = n.right
			}
			continue
		}
		v := row[n.kind&featureMask]
		i++
		if !(v <= n.value) && (v == v || n.kind&missingLeftFlag == 0) {
			i = n.right
		}
	}
}

// left reports whether a row with a value goes left in a split of categories.
func (m *model) left(n *flat, v float64) bool {
	at, known := slices.BinarySearch(m.known[n.kind&featureMask], v) // not of NaN
	if !known || v != v {
		return n.kind&missingLeftFlag != 0
	}
	return m.sets[int(n.value)].has(at)
}

// predictBlock is how many rows go through a tree one after the other, while it is in a cache.
const predictBlock = 256

// scores are rows x scores numbers; m may be nil.
func (m *model) scores(ctx context.Context, x *mat.Dense, procs int) ([]float64, error) {
	if m == nil {
		return nil, learner.ErrNotFitted
	}
	if err := learner.CheckPredict(x, m.features, traits); err != nil {
		return nil, err
	}
	rows, cols := x.Dims()
	k := len(m.base)
	scores := make([]float64, rows*k)
	err := parallel(ctx, procs, (rows+predictBlock-1)/predictBlock, func(_, block int) {
		first := block * predictBlock
		last := min(first+predictBlock, rows)
		for i, root := range m.roots {
			for r := first; r < last; r++ {
				scores[r*k+i%k] += m.find(uint32(root), x.RawRowView(r)[:cols])
			}
		}
		for i := range scores[first*k : last*k] {
			scores[first*k+i] += m.base[i%k]
		}
	})
	return scores, err
}
