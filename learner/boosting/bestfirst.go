package boosting

import "math"

// leaf is a leaf of a tree that is being put together: of two, the one with the larger gain is split first, of equal
// ones the earlier.
type leaf struct {
	id, order, depth int
	gain             float64
}

// next is the place of the leaf that is split next; -1 if none can be.
func (t *trainer) next(leaves []leaf) int {
	best := -1
	for i, l := range leaves {
		if !(l.gain > 0) {
			continue
		}
		if best >= 0 {
			b := leaves[best]
			switch {
			case t.depthwise && l.depth != b.depth:
				if l.depth > b.depth {
					continue
				}
			case !t.depthwise && l.gain != b.gain:
				if l.gain < b.gain {
					continue
				}
			case l.order > b.order:
				continue
			}
		}
		best = i
	}
	return best
}

// mostAhead is how many splits of a tree are prepared at most in one round.
const mostAhead = 256

// bestFirst puts the trees together as far as their splits are known. Either all of them are done, and final says
// which nodes are split; or opened are the nodes to be split next, those that are sure to come first.
func (t *trainer) bestFirst(st *step) (final [][]int, opened []int, done bool) {
	done = true
	for k := range st.trees() {
		chosen, open := t.assemble(st, k)
		final = append(final, chosen)
		opened = append(opened, open...)
		done = done && len(open) == 0
	}
	return final, opened, done
}

// assemble does it for one tree. What the children of a node hide that has not been split yet might come before all
// that is known, so only the first such node is sure to be needed. The others are as many as t.ahead says, but for a
// limit, which keeps the sums of a round short when a tree may have any number of leaves.
func (t *trainer) assemble(st *step, k int) (chosen, opened []int) {
	leaves := []leaf{{id: k, gain: st.nodes[k].gain}}
	most := t.MaxLeafNodes
	if most == 0 {
		most = math.MaxInt
	}
	count, order, budget := 1, 1, math.MaxInt // budget: splits that are still made once one is not certain
	for count < most && budget > 0 {
		at := t.next(leaves)
		if at < 0 {
			break
		}
		l := leaves[at]
		leaves = append(leaves[:at], leaves[at+1:]...)
		n := &st.nodes[l.id]
		count++
		budget--
		chosen = append(chosen, l.id)
		if n.left == 0 && (n.split.divisible[0] || n.split.divisible[1]) && count < most {
			if len(opened) == 0 {
				budget = max(int(min(math.Ceil(t.ahead*float64(most-count)), mostAhead)), 1) - 1
			}
			opened = append(opened, l.id)
		}
		for i := range 2 {
			child := leaf{order: order, depth: l.depth + 1}
			order++
			if n.left != 0 && n.split.divisible[i] {
				child.id = n.left + i
				child.gain = st.nodes[child.id].gain
			}
			leaves = append(leaves, child)
		}
	}
	return chosen, opened
}
