package knn

import (
	"math"

	"github.com/gochimera/chimera/learner"
)

// tree is a kd-tree over the slots of an index: every node holds a run of
// slots, and the smallest box around its rows.
type tree struct {
	nodes  []treeNode // in preorder
	bounds []panel    // of the boxes of each node's heirs: see kernel.Distance.Gaps
}

type treeNode struct {
	from, to int // slots
	right    int // the right child, the left one being the next node; 0 for a leaf
	first    int // the first of its rows in the order of the training set
	// heirs are what is searched after the node: its grandchildren, or a child that has
	// none. Four boxes are measured at once.
	heirs  [lanes]int
	many   int // how many there are
	bounds int // where those of their boxes begin
}

// newTree puts order, which holds all rows, into the order of the slots. A
// box is cut across its longest side at the median row (Friedman, Bentley and
// Finkel 1977), equal values in the order of the training set; at a multiple
// of lanes, so that a leaf is whole panels.
func newTree(poll *learner.Poll, rows []float64, width int, order []int, leafSize int) (*tree, error) {
	b := &treeBuilder{tree: &tree{}, poll: poll, rows: rows, width: width, order: order, leafSize: max(leafSize, lanes), keys: make([]key, len(order))}
	if err := b.grow(0, len(order)); err != nil {
		return nil, err
	}
	b.inherit(0)
	return b.tree, nil
}

type treeBuilder struct {
	*tree
	poll     *learner.Poll
	rows     []float64
	width    int
	order    []int
	leafSize int
	keys     []key
	boxes    []float64 // lower and upper bounds of each node, 2 x width
}

// key is what rows are cut by.
type key struct {
	value float64
	row   int
}

func (k key) less(o key) bool { return k.value < o.value || k.value == o.value && k.row < o.row }

func (b *treeBuilder) grow(from, to int) error {
	if err := b.poll.Work((to - from) * b.width); err != nil {
		return err
	}
	me := len(b.nodes)
	axis, first := b.bound(from, to)
	b.nodes = append(b.nodes, treeNode{from: from, to: to, first: first})
	half := (to - from + 1) / 2
	middle := from + (half+lanes-1)/lanes*lanes
	if to-from <= b.leafSize || middle >= to {
		return nil
	}
	keys := b.keys[:to-from]
	for i, row := range b.order[from:to] {
		keys[i] = key{b.rows[row*b.width+axis], row}
	}
	partition(keys, middle-from)
	for i, k := range keys {
		b.order[from+i] = k.row
	}
	if err := b.grow(from, middle); err != nil {
		return err
	}
	b.nodes[me].right = len(b.nodes)
	return b.grow(middle, to)
}

// bound appends the box of some slots and returns its longest side and the
// first row in it.
func (b *treeBuilder) bound(from, to int) (axis, first int) {
	at := len(b.boxes)
	first = b.order[from]
	for range 2 {
		b.boxes = append(b.boxes, b.rows[first*b.width:][:b.width]...)
	}
	lower, upper := b.boxes[at:at+b.width], b.boxes[at+b.width:]
	for _, row := range b.order[from:to] {
		first = min(first, row)
		for j, v := range b.rows[row*b.width:][:b.width] {
			if v < lower[j] {
				lower[j] = v
			}
			if v > upper[j] {
				upper[j] = v
			}
		}
	}
	longest := math.Inf(-1)
	for j := range lower {
		if side := upper[j] - lower[j]; side > longest {
			axis, longest = j, side
		}
	}
	return axis, first
}

// partition brings the n smallest keys to the front (Hoare 1961, FIND). The
// pivots are drawn by position, so no order of the rows is a bad one by design.
func partition(keys []key, n int) {
	for low, high := 0, len(keys)-1; low < high; {
		pivot := keys[low+int(learner.Mix(uint64(high))%uint64(high-low+1))]
		i, j := low, high
		for i <= j {
			for keys[i].less(pivot) {
				i++
			}
			for pivot.less(keys[j]) {
				j--
			}
			if i <= j {
				keys[i], keys[j] = keys[j], keys[i]
				i++
				j--
			}
		}
		switch {
		case n <= j:
			high = j
		case n >= i:
			low = i
		default:
			return
		}
	}
}

// inherit gives a node and those below it their heirs.
func (b *treeBuilder) inherit(at int) {
	n := &b.nodes[at]
	if n.right == 0 {
		return
	}
	for _, child := range [2]int{at + 1, n.right} {
		if right := b.nodes[child].right; right != 0 {
			n.heirs[n.many], n.heirs[n.many+1] = child+1, right
			n.many += 2
			continue
		}
		n.heirs[n.many] = child
		n.many++
	}
	n.bounds = len(b.bounds)
	for j := range b.width {
		var lower, upper panel
		for i, heir := range n.heirs[:n.many] {
			box := b.boxes[2*heir*b.width:][:2*b.width]
			lower[i], upper[i] = box[j], box[b.width+j]
		}
		b.bounds = append(b.bounds, lower, upper)
	}
	for _, heir := range n.heirs[:n.many] {
		b.inherit(heir)
	}
}

// descend searches a node whose box is at least gap away from q, the nearer
// heirs first.
func (s *searcher) descend(at int, gap float64, q []float64, found *nearest) {
	n := &s.tree.nodes[at]
	if !found.wants(neighbour{gap, n.first}) {
		return
	}
	if n.many == 0 {
		s.scan(n.from, n.to, q, found)
		return
	}
	gaps := s.metric.Gaps(s.tree.bounds[n.bounds:][:2*s.width], q)
	heirs := n.heirs
	for i := 1; i < n.many; i++ {
		for k := i; k > 0 && gaps[k] < gaps[k-1]; k-- {
			gaps[k], gaps[k-1] = gaps[k-1], gaps[k]
			heirs[k], heirs[k-1] = heirs[k-1], heirs[k]
		}
	}
	for i := range n.many {
		s.descend(heirs[i], gaps[i], q, found)
	}
}
