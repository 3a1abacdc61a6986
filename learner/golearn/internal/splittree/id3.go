package splittree

import (
	"errors"
	"fmt"
	"strconv"

	"github.com/sjwhitworth/golearn/base"
	"github.com/sjwhitworth/golearn/trees"

	"github.com/gochimera/chimera/learner/numeric"
)

// FromID3 reads a tree of golearn's ID3. features are the attributes it may
// split on, in the order of the columns of X; an attribute that is not among
// them must be constant, so that it never splits. leaf turns the rows of each
// of the outputs classes in a leaf into the leaf's values.
func FromID3(root *trees.DecisionTreeNode, features []base.Attribute, outputs int, leaf func(rows []float64) []float64) (*Tree, error) {
	if root == nil {
		return nil, errors.New("the tree has no root")
	}
	reader := id3Reader{tree: &Tree{outputs: outputs}, columns: make(map[base.Attribute]int, len(features)), leaf: leaf}
	for j, a := range features {
		reader.columns[a] = j
	}
	if _, err := reader.read(root); err != nil {
		return nil, err
	}
	return reader.tree, nil
}

type id3Reader struct {
	tree    *Tree
	columns map[base.Attribute]int
	leaf    func([]float64) []float64
}

// read adds n and what is below it. The recursion is as deep as there are
// features at most: ID3 uses each once on a path.
func (r *id3Reader) read(n *trees.DecisionTreeNode) (int32, error) {
	if len(n.Children) == 0 {
		return r.readLeaf(n)
	}
	below, above := n.Children["0"], n.Children["1"]
	switch {
	case below == nil && above == nil:
		return 0, errors.New("a node's children are not those of a number")
	case below == nil: // the threshold fell on the edge of the values: there is one way to go
		return r.read(above)
	case above == nil:
		return r.read(below)
	}
	column, ok := r.columns[n.SplitRule.SplitAttr]
	if !ok {
		return 0, fmt.Errorf("a node splits on %v, which is no feature", n.SplitRule.SplitAttr)
	}
	at := r.tree.split(column, n.SplitRule.SplitVal)
	left, err := r.read(below)
	if err != nil {
		return 0, err
	}
	right, err := r.read(above)
	if err != nil {
		return 0, err
	}
	r.tree.join(at, left, right)
	return at, nil
}

func (r *id3Reader) readLeaf(n *trees.DecisionTreeNode) (int32, error) {
	rows := make([]float64, r.tree.outputs)
	for name, count := range n.ClassDist {
		class, err := strconv.Atoi(name)
		if err != nil || class < 0 || class >= len(rows) {
			return 0, fmt.Errorf("a leaf has rows of class %q, there are %d", name, len(rows))
		}
		rows[class] = float64(count)
	}
	return r.tree.leaf(r.leaf(rows)), nil
}

// Shares are the classes' shares of a leaf's rows.
func Shares(rows []float64) []float64 {
	var total float64
	for _, n := range rows {
		total += n
	}
	shares := make([]float64, len(rows))
	for c, n := range rows {
		shares[c] = n / total
	}
	return shares
}

// Vote is 1 for the class with the most of a leaf's rows, of equal ones the
// first, and 0 for the others.
func Vote(rows []float64) []float64 {
	vote := make([]float64, len(rows))
	vote[numeric.ArgMax(rows)] = 1
	return vote
}
