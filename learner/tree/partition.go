package tree

// spare is room for the right side while a node is partitioned.
type spare struct {
	words []uint64
	sums  []int64
	ids   []uint32
}

// partition moves the values that go left, as 1 in left, to the front; both
// sides keep their order. It is free of branches on purpose: left is as good as
// random.
func partition[T any](values []T, left []uint8, spare []T) {
	left, spare = left[:len(values)], spare[:len(values)]
	l, r := 0, 0
	for i, v := range values {
		values[l], spare[r] = v, v
		goes := int(left[i])
		l += goes
		r += 1 - goes
	}
	copy(values[l:], spare[:r])
}

// partitionOrder is partition for a sorted column: place gives the rows' new
// places, of which those below n are left. The places of the right side begin
// anew at 0.
func partitionOrder[I rowID](order, place []I, n int, spare []I) {
	spare = spare[:len(order)]
	l, r := 0, 0
	for _, id := range order {
		at := int(place[id])
		order[l], spare[r] = I(at), I(at-n)
		goes := 0
		if at < n {
			goes = 1
		}
		l += goes
		r += 1 - goes
	}
	copy(order[l:], spare[:r])
}

// places numbers the rows of both sides from 0 and n on, and returns n, the
// number of rows that go left.
func places[I rowID](place []I, left []uint8) int {
	n := 0
	for _, goes := range left {
		n += int(goes)
	}
	l, r := 0, n
	for i, goes := range left {
		at := r
		if goes != 0 {
			at = l
		}
		place[i] = I(at)
		l += int(goes)
		r += 1 - int(goes)
	}
	return n
}

// refill copies values[lo:hi] into the memory of old; nothing stays nil.
func refill[T any](old, values []T, lo, hi int) []T {
	if values == nil {
		return nil
	}
	return append(old[:0], values[lo:hi]...)
}
