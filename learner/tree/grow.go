package tree

import (
	"container/heap"
	"context"
)

// load copies the table's columns for the rows of the tree.
func (b *builder[I]) load() error {
	t := b.table
	if b.RandomThresholds {
		return nil
	}
	b.codes = make([][]uint64, len(t.codes))
	for g := range b.codes {
		b.codes[g] = make([]uint64, len(b.rows))
		for i, r := range b.rows {
			b.codes[g][i] = t.codes[g][r]
		}
	}
	b.orders = make([][]I, len(t.orders))
	if len(t.orders) == 0 {
		return nil
	}
	const absent = ^uint32(0)
	place := make([]uint32, t.rows)
	for r := range place {
		place[r] = absent
	}
	for i, r := range b.rows {
		place[r] = uint32(i)
	}
	return each(len(b.workers), len(b.orders), func(worker, c int) error {
		order := make([]I, 0, len(b.rows))
		for _, r := range t.orders[c] {
			if at := place[r]; at != absent {
				order = append(order, I(at))
			}
		}
		b.orders[c] = order
		return b.workers[worker].poll.Work(t.rows)
	})
}

// grow grows a tree depth first. Large nodes are split here, with the columns
// shared among the workers; then each small subtree is grown by one worker.
func (b *builder[I]) grow(ctx context.Context, root pending) error {
	b.handsOver = b.table.tuning.smallRows
	var small []pending
	todo := []pending{root}
	for len(todo) > 0 {
		n := todo[len(todo)-1]
		todo = todo[:len(todo)-1]
		if n.rows() <= b.table.tuning.smallRows {
			small = append(small, n)
			continue
		}
		var err error
		if todo, err = b.step(&n, todo); err != nil {
			return err
		}
	}
	subtrees := make([]subtree, len(small))
	subs := make([]*builder[uint16], len(b.workers))
	err := each(len(b.workers), len(small), func(worker, i int) error {
		if subs[worker] == nil {
			subs[worker] = newBuilder[uint16](ctx, b.plan, min(b.table.tuning.smallRows, len(b.rows)), 1)
		}
		var err error
		subtrees[i], err = growSubtree(b, subs[worker], small[i])
		return err
	})
	if err != nil {
		return err
	}
	for i := range subtrees {
		b.graft(small[i].node, &subtrees[i])
	}
	return nil
}

// step splits a node, if it can be, and appends its open children to todo.
func (b *builder[I]) step(n *pending, todo []pending) ([]pending, error) {
	found, err := b.seek(n)
	if err != nil {
		return todo, err
	}
	if !found {
		b.release(n.hist)
		return todo, nil
	}
	return b.split(n, todo)
}

// subtree is what a small node grew into; node 0 is its root.
type subtree struct {
	nodes  []grown
	values []float64
}

// growSubtree grows a small node of b in the arrays of its own builder s.
func growSubtree[I rowID](b *builder[I], s *builder[uint16], n pending) (subtree, error) {
	s.rows = append(s.rows[:0], b.rows[n.lo:n.hi]...)
	s.evidence = b.evidence.subset(n.lo, n.hi, s.evidence)
	if s.codes == nil {
		s.codes, s.orders = make([][]uint64, len(b.codes)), make([][]uint16, len(b.orders))
	}
	for g, words := range b.codes {
		s.codes[g] = append(s.codes[g][:0], words[n.lo:n.hi]...)
	}
	for c, order := range b.orders {
		into := s.orders[c][:0]
		for _, id := range order[n.lo:n.hi] {
			into = append(into, uint16(id))
		}
		s.orders[c] = into
	}
	if b.RandomThresholds {
		s.keepOwn()
	}
	s.nodes, s.values = nil, nil
	root := pending{hi: n.rows(), depth: n.depth, seed: n.seed}
	s.add(0, n.rows(), n.depth)
	todo := []pending{root}
	for len(todo) > 0 {
		n := todo[len(todo)-1]
		todo = todo[:len(todo)-1]
		var err error
		if todo, err = s.step(&n, todo); err != nil {
			return subtree{}, err
		}
	}
	return subtree{s.nodes, s.values}, nil
}

// graft puts a subtree in the place of a node.
func (b *builder[I]) graft(at int, s *subtree) {
	base := len(b.nodes) - 1 // node 1 of the subtree comes to len(b.nodes)
	answers := len(b.values) / b.outputs
	for i := range s.nodes {
		n := &s.nodes[i]
		if n.feature >= 0 {
			n.left += base
			n.right += base
		}
		if n.answer >= 0 {
			n.answer += answers
		}
	}
	b.nodes[at] = s.nodes[0]
	b.nodes = append(b.nodes, s.nodes[1:]...)
	b.values = append(b.values, s.values...)
}

// growBestFirst splits the node with the largest gain next, until there are
// MaxLeafNodes leaves.
func (b *builder[I]) growBestFirst(root pending) error {
	var open frontier
	add := func(nodes []pending) error {
		for _, n := range nodes {
			found, err := b.seek(&n)
			if err != nil {
				return err
			}
			if !found {
				b.release(n.hist)
				continue
			}
			heap.Push(&open, n)
		}
		return nil
	}
	if err := add([]pending{root}); err != nil {
		return err
	}
	for leaves := 1; leaves < b.MaxLeafNodes && len(open) > 0; leaves++ {
		n := heap.Pop(&open).(pending)
		children, err := b.split(&n, nil)
		if err != nil {
			return err
		}
		if leaves+1 == b.MaxLeafNodes {
			open = append(open, children...)
			break
		}
		if err := add(children); err != nil {
			return err
		}
	}
	for i := range open { // remain leaves
		b.evidence.total(open[i].lo, open[i].hi, b.total)
		b.answer(open[i].node)
	}
	return nil
}

// frontier is the nodes that can be split, the largest gain first; of equal
// ones the oldest.
type frontier []pending

func (f frontier) Len() int { return len(f) }

func (f frontier) Less(i, j int) bool {
	if f[i].gain != f[j].gain {
		return f[i].gain > f[j].gain
	}
	return f[i].node < f[j].node
}

func (f frontier) Swap(i, j int) { f[i], f[j] = f[j], f[i] }

// Push is for package heap.
func (f *frontier) Push(n any) { *f = append(*f, n.(pending)) }

// Pop is for package heap.
func (f *frontier) Pop() any {
	last := len(*f) - 1
	n := (*f)[last]
	*f = (*f)[:last]
	return n
}
