// Package exact adds float64s without rounding. A sum is the same for every order and for every way in which
// its terms are dealt out, because nothing is lost on the way: only who asks for one float64 rounds, once.
//
// A [Sum] travels as an expansion: a few float64s whose sum it is, the first one the sum rounded to the
// nearest, the next one what remains, rounded, and so on. There is one such list for each sum, so that equal
// sums have equal bits.
//
// A [Column] sees every cell of a column, a [Gram] the products of every two columns: they add many numbers at once
// before a Sum sees them.
//
// The package imports the standard library alone.
package exact
