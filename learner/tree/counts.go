package tree

import "math"

// counts is the evidence for classes in general: the weight of each class that
// is present. It serves the Gini impurity and the entropy.
//
// With N and L the weights of class k in a node and in its left side, and W,
// WL, WR all classes together, a split takes the sum over k of
//
//	(L W - N WL)^2 / (W WL WR)
//
// off the weighted Gini impurity.
type counts struct {
	class []uint32 // place among the classes present
	w     []int64  // nil: 1 each

	criterion Criterion
	present   []int32 // class of each place
	classes   int
	exp       int // of w
	logExp    int // of w where it goes into a logarithm: so that no number is large

	squares bool      // sums of squared weights fit into an int64
	xlogx   []float64 // entropy of whole weights: x log2 x of the small ones
	scaled  []int64   // the same x scale, rounded; nil unless xlogx is there
	scale   float64
}

// maxTable bounds the tables of x log2 x: 8 MiB each.
const maxTable = 1 << 20

func newCounts(t *Table, rows []uint32, w *fixed, criterion Criterion, present, place []int32) *counts {
	e := &counts{class: make([]uint32, len(rows)), w: w.w, criterion: criterion, present: present, classes: t.classes, exp: w.exp}
	for i, r := range rows {
		e.class[i] = uint32(place[int(t.y[r])])
	}
	switch {
	case !w.whole:
		e.logExp = sumBits
	case criterion == Entropy:
		e.tabulate(w.total)
	default:
		e.squares = w.total <= math.MaxInt32
	}
	return e
}

// tabulate prepares x log2 x of whole numbers up to total.
func (e *counts) tabulate(total int64) {
	_, size := math.Frexp(xlog2x(float64(total)))
	e.scale = math.Ldexp(1, sumBits-size-1) // a node has two such sums
	e.xlogx = make([]float64, min(total+1, maxTable))
	e.scaled = make([]int64, len(e.xlogx))
	for x := range e.xlogx {
		e.xlogx[x] = xlog2x(float64(x))
		e.scaled[x] = int64(math.Round(e.xlogx[x] * e.scale))
	}
}

func xlog2x(x float64) float64 {
	if x == 0 {
		return 0
	}
	return x * math.Log2(x)
}

func (e *counts) width() int { return len(e.present) }

func (e *counts) at(i int) int64 {
	if e.w == nil {
		return 1
	}
	return e.w[i]
}

func (e *counts) total(lo, hi int, into []int64) {
	clear(into)
	for i := lo; i < hi; i++ {
		into[e.class[i]] += e.at(i)
	}
}

func (e *counts) side(lo int, left []uint8, into []int64) {
	clear(into)
	for i, l := range left {
		if l != 0 {
			into[e.class[lo+i]] += e.at(lo + i)
		}
	}
}

func (e *counts) weight(total []int64) int64 {
	var sum int64
	for _, v := range total {
		sum += v
	}
	return sum
}

func (e *counts) predict(total []int64, into []float64) {
	clear(into)
	sum := float64(e.weight(total))
	for place, class := range e.present {
		into[class] = float64(total[place]) / sum
	}
}

func (e *counts) score(total, left []int64) (num, den float64) {
	w, wl := e.weight(total), e.weight(left)
	if e.criterion == Entropy {
		gain := e.f(w) - (e.f(wl) + e.f(w-wl))
		for k := range e.present {
			gain += e.f(left[k]) + e.f(total[k]-left[k]) - e.f(total[k])
		}
		return max(gain, 0), 1
	}
	fw, fl, fr := float64(w), float64(wl), float64(w-wl)
	for k, l := range left {
		d := deviation(float64(l), float64(total[k]-l), float64(total[k]), fw, fl, fr)
		num += float64(d * d)
	}
	return num, fl * fr
}

// f is x log2 x of a weight in fixed point.
func (e *counts) f(x int64) float64 {
	if uint64(x) < uint64(len(e.xlogx)) {
		return e.xlogx[x]
	}
	return xlog2x(math.Ldexp(float64(x), -e.logExp))
}

func (e *counts) gain(total []int64, num, den float64) float64 {
	if e.criterion == Entropy {
		return num
	}
	return num / den / float64(e.weight(total))
}

func (e *counts) exponent() int {
	if e.criterion == Entropy {
		return e.logExp - e.exp
	}
	return -e.exp
}

func (e *counts) addGroup(hist []int64, offset *[chunk]int, columns int, words []uint64, lo int) {
	for j, o := range offset[:columns] {
		e.addColumn(hist[o:], words, uint(8*j), lo)
	}
}

func (e *counts) addColumn(hist []int64, words []uint64, shift uint, lo int) bitmap {
	var used bitmap
	width := e.width()
	class := e.class[lo : lo+len(words)]
	for i, word := range words {
		code := uint8(word >> shift)
		used.add(code)
		hist[int(code)*width+int(class[i])] += e.at(lo + i)
	}
	return used
}

func (e *counts) units([]int64) (values []int64, mask, sum int64) { return nil, 0, 0 }

func (e *counts) partition(lo, hi int, left []uint8, spare *spare) {
	partition(e.class[lo:hi], left, spare.ids)
	if e.w != nil {
		partition(e.w[lo:hi], left, spare.sums)
	}
}

func (e *counts) subset(lo, hi int, old evidence) evidence {
	into, ok := old.(*counts)
	if !ok {
		into = &counts{}
	}
	class, w := refill(into.class, e.class, lo, hi), refill(into.w, e.w, lo, hi)
	*into = *e
	into.class, into.w = class, w
	return into
}
