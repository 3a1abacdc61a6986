package summation

import (
	"errors"
	"fmt"

	"github.com/gochimera/chimera/distribute/endpoint"
	"github.com/gochimera/chimera/internal/wire"
	"github.com/gochimera/chimera/learner"
	"github.com/gochimera/chimera/learner/exact"
)

// Packed are sums as they travel. Its memory is used again.
type Packed struct {
	terms   []float64
	lengths []int64
}

// Pack makes the arrays of sums, which share the memory of their counts.
func (p *Packed) Pack(s *learner.Sums) []endpoint.Array {
	p.terms, p.lengths = p.terms[:0], p.lengths[:0]
	for i := range s.Reals {
		before := len(p.terms)
		p.terms = s.Reals[i].AppendExpansion(p.terms)
		p.lengths = append(p.lengths, int64(len(p.terms)-before))
	}
	arrays := []endpoint.Array{wire.Whole(ArrayCounts, s.Counts)}
	if len(s.Reals) > 0 {
		arrays = append(arrays, wire.Vector(ArrayTerms, p.terms), wire.Whole(ArrayLengths, p.lengths))
	}
	return arrays
}

// Unpacked are sums that somebody has sent, checked, in the memory that they were received in.
type Unpacked struct {
	counts  []int64
	terms   []float64
	lengths []int64
}

// Unpack checks that arrays are sums of the given shape: each real number an expansion with finite terms.
func Unpack(arrays []endpoint.Array, counts, reals int) (u Unpacked, err error) {
	if u.counts, err = whole(arrays, ArrayCounts, counts); err != nil || reals == 0 {
		return u, err
	}
	if u.lengths, err = whole(arrays, ArrayLengths, reals); err != nil {
		return u, err
	}
	terms, err := endpoint.Find(arrays, ArrayTerms)
	if err != nil {
		return u, err
	}
	u.terms = terms.Data
	rest := u.terms
	for i, n := range u.lengths {
		if n < 0 || n > int64(len(rest)) {
			return u, fmt.Errorf("real sum %d is of %d terms, and %d are left", i, n, len(rest))
		}
		if err := exact.CheckExpansion(rest[:n]); err != nil {
			return u, fmt.Errorf("real sum %d: %w", i, err)
		}
		rest = rest[n:]
	}
	if len(rest) > 0 {
		return u, fmt.Errorf("its real sums have %d terms too many", len(rest))
	}
	return u, nil
}

func whole(arrays []endpoint.Array, name string, n int) ([]int64, error) {
	a, err := endpoint.Find(arrays, name)
	if err != nil {
		return nil, err
	}
	numbers, err := a.Whole()
	if err == nil && len(numbers) != n {
		err = fmt.Errorf("its array %s has %d numbers instead of %d", name, len(numbers), n)
	}
	return numbers, err
}

// AddTo adds the sums to others of the same shape. A whole number that does not fit is an error.
func (u Unpacked) AddTo(s *learner.Sums) error {
	var outside int64
	for i, n := range u.counts {
		old := s.Counts[i]
		sum := old + n
		s.Counts[i] = sum
		outside |= (sum ^ old) & (sum ^ n) // its sign: both have another one than their sum
	}
	rest := u.terms
	for i, n := range u.lengths {
		s.Reals[i].AddExpansion(rest[:n])
		rest = rest[n:]
	}
	if outside < 0 {
		return errors.New("a sum of whole numbers is too large for 64 bits")
	}
	return nil
}
