package splittree

import (
	"math"

	"github.com/sjwhitworth/golearn/trees"
)

// golearn's CART marks a root that does not split by a private field only; by
// the public ones it splits feature 0 at 0, with the answer for all rows on
// the left. So the adapter shows it a guard, a constant of -1, as feature 0: it
// never splits, and the mark can be told from a split.
const (
	// Guard is the value of the extra feature 0.
	Guard = -1.0
	// guards is how many features come before the columns of X.
	guards = 1
)

// FromCARTClassifier reads a fitted tree of golearn's that was shown the
// guard; value turns its labels into the leaf's value.
func FromCARTClassifier(from *trees.CARTDecisionTreeClassifier, value func(label int64) float64) *Tree {
	t := &Tree{outputs: 1}
	node := from.RootNode // of a private type, which a parameter could not have
	var read func() int32
	below := func(label int64) int32 { // what is at node, or a leaf
		if node == nil {
			return t.leaf([]float64{value(label)})
		}
		return read()
	}
	read = func() int32 {
		n := node
		if n.Feature < guards {
			return t.leaf([]float64{value(n.LeftLabel)})
		}
		at := t.split(int(n.Feature)-guards, justBelow(n.Threshold))
		node = n.Left
		left := below(n.LeftLabel)
		node = n.Right
		t.join(at, left, below(n.RightLabel))
		return at
	}
	read()
	return t
}

// FromCARTRegressor reads a fitted tree of golearn's that was shown the guard.
func FromCARTRegressor(from *trees.CARTDecisionTreeRegressor) *Tree {
	t := &Tree{outputs: 1}
	node := from.RootNode
	var read func() int32
	below := func(mean float64) int32 {
		if node == nil {
			return t.leaf([]float64{mean})
		}
		return read()
	}
	read = func() int32 {
		n := node
		if n.Feature < guards {
			return t.leaf([]float64{n.LeftPred})
		}
		at := t.split(int(n.Feature)-guards, justBelow(n.Threshold))
		node = n.Left
		left := below(n.LeftPred)
		node = n.Right
		t.join(at, left, below(n.RightPred))
		return at
	}
	read()
	return t
}

// justBelow turns golearn's x < threshold into x <= justBelow(threshold).
func justBelow(threshold float64) float64 { return math.Nextafter(threshold, math.Inf(-1)) }
