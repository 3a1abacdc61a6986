package boosting

import (
	"math"
	"slices"

	"github.com/gochimera/chimera/learner"
	"github.com/gochimera/chimera/learner/snapshot"
)

// The names of the stored models and the newest version of their encoding.
const (
	classifierKind  = "boosting.classifier"
	regressorKind   = "boosting.regressor"
	snapshotVersion = 2 // 1: without categories
)

// marshal stores all nodes in preorder, tree after tree: a split as its feature, a leaf as the flag.
func (m *model) marshal(kind string) ([]byte, error) {
	if m == nil {
		return nil, learner.ErrNotFitted
	}
	w := snapshot.NewWriter(kind, snapshotVersion)
	w.Int(m.features)
	w.Int(m.classes)
	w.Int(int(m.loss))
	w.Floats(m.base)
	w.Floats(m.importances)
	w.Int(len(m.roots))
	kinds, values := make([]int32, len(m.nodes)), make([]float64, len(m.nodes))
	for i, n := range m.nodes {
		kinds[i], values[i] = int32(n.kind), n.value
	}
	w.Int32s(kinds)
	w.Floats(values)
	w.Int(len(m.known))
	for _, categories := range m.known {
		w.Floats(categories)
	}
	var words []int
	for _, s := range m.sets {
		for _, word := range s {
			words = append(words, int(word))
		}
	}
	w.Ints(words)
	return w.Seal(), nil
}

func unmarshal(data []byte, kind string) (*model, error) {
	r, err := snapshot.NewReader(data, kind, snapshotVersion)
	if err != nil {
		return nil, err
	}
	m := &model{features: r.Count(featureMask), classes: r.Count(math.MaxInt32), loss: lossKind(r.Count(int(lastLoss)))}
	m.base, m.importances = r.FiniteFloats(), r.FiniteFloats()
	trees := r.Count(len(data))
	kinds, values := r.Int32s(), r.Floats()
	if r.Version() > 1 {
		m.readCategories(r)
	}
	if r.Err() == nil {
		m.check(r, kind, trees)
	}
	if r.Err() == nil {
		m.link(r, trees, kinds, values)
	}
	if err := r.Close(); err != nil {
		return nil, err
	}
	return m, nil
}

// readCategories reads what splits of categories need.
func (m *model) readCategories(r *snapshot.Reader) {
	if n := r.Count(m.features); n > 0 && n != m.features {
		r.Failf("categories of %d features of %d", n, m.features)
	} else if n > 0 {
		for j := 0; j < n && r.Err() == nil; j++ {
			m.known = append(m.known, r.FiniteFloats())
			if len(m.known[j]) >= codeBins || !slices.IsSorted(m.known[j]) {
				r.Failf("the %d categories of feature %d are not sorted, or too many", len(m.known[j]), j)
			}
		}
	}
	words := r.Ints()
	if len(words)%len(set{}) != 0 {
		r.Failf("%d words of sets of categories", len(words))
		return
	}
	m.sets = make([]set, len(words)/len(set{}))
	for i, word := range words {
		m.sets[i/len(set{})][i%len(set{})] = uint64(word)
	}
}

// check refuses numbers that do not belong together.
func (m *model) check(r *snapshot.Reader, kind string, trees int) {
	scores := scoresOf(m.classes)
	switch {
	case (kind == classifierKind) != (m.classes > 0) || m.loss.classes() != (m.classes > 0):
		r.Failf("%d classes and the loss %d in a %s", m.classes, m.loss, kind)
	case m.features < 1 || len(m.importances) != m.features:
		r.Failf("%d importances for %d features", len(m.importances), m.features)
	case len(m.base) != scores || trees < scores || trees%scores != 0:
		r.Failf("%d trees and %d bases for %d scores", trees, len(m.base), scores)
	}
	for f, v := range m.importances {
		if v < 0 {
			r.Failf("feature %d has the importance %v", f, v)
		}
	}
}

// link makes the nodes from their preorder.
func (m *model) link(r *snapshot.Reader, trees int, kinds []int32, values []float64) {
	if len(kinds) != len(values) {
		r.Failf("%d nodes, %d thresholds and values", len(kinds), len(values))
		return
	}
	m.nodes = make([]flat, len(kinds))
	var open []int // splits that wait for their right child
	begins := true
	for i, k := range kinds {
		if begins {
			m.roots = append(m.roots, int32(i))
		}
		n := &m.nodes[i]
		n.kind, n.value = uint32(k), values[i]
		if n.kind&leafFlag == 0 {
			if n.kind&categoryFlag != 0 && (m.known == nil || n.value != math.Trunc(n.value) || n.value < 0 || n.value >= float64(len(m.sets))) {
				r.Failf("node %d splits categories by set %v of %d", i, n.value, len(m.sets))
				return
			}
			if int(n.kind&featureMask) >= m.features || math.IsNaN(n.value) || math.IsInf(n.value, -1) {
				r.Failf("node %d splits feature %d of %d at %v", i, n.kind&featureMask, m.features, n.value)
				return
			}
			open, begins = append(open, i), false
			continue
		}
		if n.kind != leafFlag || n.value-n.value != 0 {
			r.Failf("leaf %d adds %v", i, n.value)
			return
		}
		if begins = len(open) == 0; !begins {
			m.nodes[open[len(open)-1]].right = uint32(i + 1)
			open = open[:len(open)-1]
		}
	}
	if !begins || len(m.roots) != trees {
		r.Failf("%d whole trees, want %d", len(m.roots), trees)
	}
}
