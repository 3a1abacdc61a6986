package adaboost

import (
	"github.com/gochimera/chimera/learner"
	"github.com/gochimera/chimera/learner/numeric"
	"github.com/gochimera/chimera/learner/snapshot"
	"github.com/gochimera/chimera/learner/tree"
)

// votes is a fitted model; it does not change once it is settled.
type votes struct {
	trees []*tree.Tree // at least one
	parts []float64    // of the trees in the vote, positive
	seen  []bool       // which classes of the schema had rows; at least one

	scale float64   // of the sums of parts: 1 / (all parts x (classes seen - 1))
	base  []float64 // of the scores
}

// never is the score of a class that had no rows: its exponential is 0.
const never = -1000

func (v *votes) add(t *tree.Tree, part float64) {
	v.trees, v.parts = append(v.trees, t), append(v.parts, part)
}

// settle computes what follows from trees, parts and classes.
func (v *votes) settle() {
	sum, classes := 0.0, 0
	for _, p := range v.parts {
		sum += p
	}
	v.base = make([]float64, len(v.seen))
	for k, seen := range v.seen {
		if seen {
			classes++
		} else {
			v.base[k] = never
		}
	}
	v.scale = 1 / (sum * float64(max(classes-1, 1)))
}

// scores writes the score of each class: its share of the vote, divided by the number of classes less one.
func (v *votes) scores(row, into []float64) {
	clear(into)
	for i, t := range v.trees {
		into[numeric.ArgMax(t.Values(t.Find(row)))] += v.parts[i]
	}
	for k := range into {
		into[k] = into[k]*v.scale + v.base[k]
	}
}

func (v *votes) importances() []float64 {
	mean := make([]float64, v.trees[0].Features())
	sum := 0.0
	for i, t := range v.trees {
		for j, share := range t.Importances() {
			mean[j] += v.parts[i] * share
			sum += v.parts[i] * share
		}
	}
	if sum > 0 { // 0 if no tree has a split
		for j := range mean {
			mean[j] /= sum
		}
	}
	return mean
}

// Forest is the fitted trees as plain arrays, whose leaves have the tree's part in the vote for their class; nil before Fit. Of two
// classes there is one score, which is that of the second less that of the first.
func (m *Classifier) Forest() *learner.Forest {
	if m.model == nil {
		return nil
	}
	v, k := m.model, len(m.model.seen)
	f := &learner.Forest{Features: v.trees[0].Features(), Outputs: k, Base: append([]float64(nil), v.base...), Scale: v.scale, Link: learner.SoftmaxLink}
	if k == 2 {
		f.Outputs, f.Base, f.Link = 1, []float64{v.base[1] - v.base[0]}, learner.LogisticLink
	}
	for i, t := range v.trees {
		plain := t.Plain()
		values := make([]float64, 0, len(plain.Values)/k*f.Outputs)
		for at := 0; at < len(plain.Values); at += k {
			winner := numeric.ArgMax(plain.Values[at : at+k])
			switch {
			case k == 2 && winner == 0:
				values = append(values, -v.parts[i])
			case k == 2:
				values = append(values, v.parts[i])
			default:
				values = append(values, make([]float64, k)...)
				values[at+winner] = v.parts[i]
			}
		}
		plain.Values = values
		f.Trees = append(f.Trees, plain)
	}
	return f
}

const (
	kind    = "adaboost.classifier"
	version = 1
)

// MarshalBinary stores the fitted model; see package snapshot.
func (m *Classifier) MarshalBinary() ([]byte, error) {
	if m.model == nil {
		return nil, learner.ErrNotFitted
	}
	w := snapshot.NewWriter(kind, version)
	w.Int(len(m.model.seen))
	for _, seen := range m.model.seen {
		w.Bool(seen)
	}
	w.Floats(m.model.parts)
	for _, t := range m.model.trees {
		t.Write(w)
	}
	return w.Seal(), nil
}

// UnmarshalBinary reads what MarshalBinary stored.
func (m *Classifier) UnmarshalBinary(data []byte) error {
	r, err := snapshot.NewReader(data, kind, version)
	if err != nil {
		return err
	}
	v := &votes{seen: make([]bool, r.Count(len(data)))} // each takes a byte
	some := false
	for k := range v.seen {
		v.seen[k] = r.Bool()
		some = some || v.seen[k]
	}
	v.parts = r.FiniteFloats()
	sum := 0.0
	for _, p := range v.parts {
		if p <= 0 {
			r.Failf("a tree with a part of %v in the vote", p)
		}
		sum += p
	}
	if !some || len(v.parts) == 0 || !numeric.IsFinite(sum) {
		r.Failf("%d trees whose parts in the vote add up to %v, of %d classes", len(v.parts), sum, len(v.seen))
	}
	for i := 0; i < len(v.parts) && r.Err() == nil; i++ {
		t := tree.ReadTree(r, learner.Classification)
		if r.Err() == nil && (t.Outputs() != len(v.seen) || i > 0 && t.Features() != v.trees[0].Features()) {
			r.Failf("tree %d is for other data", i)
		}
		v.trees = append(v.trees, t)
	}
	if err := r.Close(); err != nil {
		return err
	}
	v.settle()
	m.model = v
	return nil
}
