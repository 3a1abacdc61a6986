package exact

import (
	"fmt"
	"math"
)

const (
	// LargestFactor is the largest number of a Gram, and of a number times its row's weight.
	LargestFactor = LargestSquared
	// SmallestFactor is the smallest one. Smaller ones count as 0.
	SmallestFactor = 0x1p-400
)

const (
	gramRows = 1024
	// gramStride separates columns; it is not a power of two, which would put them into the same few sets of the cache.
	gramStride = gramRows + 8
)

// Gram adds up, for every two columns of a table, the products of their numbers in each row, times the weight of
// the row: the product of the matrix's transpose with itself. It is exact, and of the speed of a matrix product:
// for a thousand rows, columns are cut into whole numbers of 63 bits (the slices of Ozaki, Ogita, Oishi and Rump,
// "Error-free transformations of matrix multiplication by using fast routines of matrix multiplication and its
// applications", 2012), whose products are added in 192 bits, or as float64s if the numbers are so short that
// nothing is rounded. Only such sums go to a [Sum].
//
// Numbers are at most LargestFactor in size, also times the weight. The memory is that of a thousand rows, a few
// times. One goroutine uses a Gram; several have one each, and the sums are added.
type Gram struct {
	columns     int
	diagonal    bool
	into        []Sum
	rows        int
	weighted    bool
	cells       []float64 // columns x gramStride
	weights     []float64
	products    []float64 // the cells times the weights, then what those lack
	left, right cuts
}

// NewGram adds to into, which has GramLen(columns) sums.
func NewGram(columns int, into []Sum) *Gram { return newGram(columns, false, into) }

// NewDiagonal adds up the products with the first column and the squares alone. It adds to into, which has
// DiagonalLen(columns) sums: the products of the first column with each, then the squares of all others.
func NewDiagonal(columns int, into []Sum) *Gram { return newGram(columns, true, into) }

func newGram(columns int, diagonal bool, into []Sum) *Gram {
	g := &Gram{columns: columns, diagonal: diagonal, cells: make([]float64, columns*gramStride), weights: make([]float64, gramRows)}
	g.To(into)
	return g
}

// To adds rows to other sums from now on. Those that wait are added to the old ones.
func (g *Gram) To(into []Sum) {
	want := GramLen(g.columns)
	if g.diagonal {
		want = DiagonalLen(g.columns)
	}
	if len(into) != want {
		panic(fmt.Sprintf("exact: %d sums for products of %d columns, want %d", len(into), g.columns, want))
	}
	g.Flush()
	g.into = into
}

// GramLen is the number of pairs of columns, each column with itself too.
func GramLen(columns int) int { return columns * (columns + 1) / 2 }

// GramIndex is where the sum of the products of columns j and k is, j at most k: row by row of the upper triangle.
func GramIndex(columns, j, k int) int { return j*columns - j*(j-1)/2 + k - j }

// DiagonalLen is the number of sums of products with the first column, and of squares.
func DiagonalLen(columns int) int { return 2*columns - 1 }

// Add adds a row, some of which may wait for the next Flush. A row of weight 0 adds nothing.
func (g *Gram) Add(weight float64, row ...float64) {
	if weight == 0 {
		return
	}
	at := g.rows
	for _, x := range row {
		if math.Abs(x) < SmallestFactor {
			x = 0
		}
		g.cells[at] = x
		at += gramStride
	}
	g.weights[g.rows] = weight
	g.weighted = g.weighted || weight != 1
	if g.rows++; g.rows == gramRows {
		g.Flush()
	}
}

// Flush adds the rows that wait.
func (g *Gram) Flush() {
	if g.rows == 0 {
		return
	}
	g.right.reset(g.rows)
	for j := range g.columns {
		g.right.cut(j, g.cells[j*gramStride:][:g.rows])
	}
	left := &g.right
	if g.weighted {
		left = &g.left
		g.multiply()
	}
	for _, a := range left.whole {
		from, to := g.partners(a.column)
		for _, b := range g.right.whole[g.right.first[from]:g.right.first[to]] {
			a.addDot(b, g.sum(a.column, b.column))
		}
	}
	// What the whole numbers leave of single cells: (a + rest) (b + rest) = a b + rest (b + rest) + a rest.
	for _, r := range left.rests {
		from, to := g.partners(r.column)
		for k := from; k < to; k++ {
			g.sum(r.column, k).AddProduct(r.value, g.cells[k*gramStride+r.row])
		}
	}
	for _, r := range left.rests {
		r.cells[r.row] -= r.value
	}
	for _, r := range g.right.rests {
		for _, p := range left.pieces {
			if from, to := g.partners(p.column); from <= r.column && r.column < to {
				g.sum(p.column, r.column).AddProduct(p.cells[r.row], r.value)
			}
		}
	}
	g.rows, g.weighted = 0, false
}

// partners are the columns, from one to before another, whose products with column j are added up.
func (g *Gram) partners(j int) (from, to int) {
	if g.diagonal && j > 0 {
		return j, j + 1
	}
	return j, g.columns
}

// sum is that of the products of a column and a partner.
func (g *Gram) sum(j, k int) *Sum {
	switch {
	case !g.diagonal:
		return &g.into[GramIndex(g.columns, j, k)]
	case j == 0:
		return &g.into[k]
	default:
		return &g.into[g.columns+j-1]
	}
}

// multiply cuts the cells times their weights, and what the float64s lack of these products.
func (g *Gram) multiply() {
	if g.products == nil {
		g.products = make([]float64, 2*len(g.cells))
	}
	g.left.reset(g.rows)
	for j := range g.columns {
		cells := g.cells[j*gramStride:][:g.rows]
		products := g.products[2*j*gramStride:][:g.rows]
		lack := g.products[(2*j+1)*gramStride:][:g.rows]
		for i, x := range cells {
			product := g.weights[i] * x
			if math.Abs(product) < SmallestFactor {
				products[i], lack[i] = 0, 0
				continue
			}
			products[i], lack[i] = product, math.FMA(g.weights[i], x, -product)
		}
		g.left.cut(j, products)
		g.left.cut(j, lack)
	}
}
