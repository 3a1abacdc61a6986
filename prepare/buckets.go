package prepare

import "math/bits"

// The first bits of a number are its sign and its exponent.
const (
	exponentBits = 12
	exponents    = 1 << exponentBits
)

// A column is put into so many buckets at first, and into so many at most.
const (
	fewBuckets  = 4 * MostValues
	mostBuckets = 16 * MostValues
)

// rareShare is the share of the numbers that an exponent must have to get buckets of its own.
const rareShare = 256

// scratch is memory that the columns use one after the other.
type scratch struct {
	keys    []uint64
	buckets []uint32
	runs    []run
}

// keysOf is memory for n keys.
func (s *scratch) keysOf(n int) []uint64 {
	if cap(s.keys) < n {
		s.keys = make([]uint64, n)
	}
	return s.keys[:n]
}

// bucketsOf is memory for n counts, which are 0.
func (s *scratch) bucketsOf(n int) []uint32 {
	if cap(s.buckets) < n {
		s.buckets = make([]uint32, n)
	}
	clear(s.buckets[:n])
	return s.buckets[:n]
}

// buckets counts numbers by their first bits. Exponents that many numbers have get an array each, with a bucket for every form
// of the bits after the exponent; the numbers of the other exponents are sorted.
type buckets struct {
	first  [exponents]int32 // the number of the exponent among those with buckets; -1 if it has none
	after  int              // bits after the exponent
	counts []uint32
	rare   []run // of exponents without buckets
}

// bucketed is the runs of numbers in so many of their first bits as leave at most MostValues of them. That is where sorting is
// spared: the runs are nil if buckets cannot tell, because that takes nearly all bits, or all. The numbers are those of keys, which
// are brought into another order, and of whole, which is few; sizes is how many keys each exponent has.
func bucketed(keys []uint64, sizes *[exponents]uint32, whole []run, memory *scratch) (runs []run, width int) {
	if len(keys) <= MostValues {
		return nil, 0
	}
	var b buckets
	frequent, rare := 0, 0
	for e, n := range sizes {
		if int(n)*rareShare < len(keys) {
			b.first[e] = -1
			rare += int(n)
			continue
		}
		b.first[e] = int32(frequent)
		frequent++
	}
	if frequent == 0 {
		return nil, 0
	}
	for most := fewBuckets; most <= mostBuckets; most *= 4 {
		b.after = bits.Len(uint(most/frequent)) - 1
		b.counts = memory.bucketsOf(frequent << b.after)
		b.count(keys)
		if most == fewBuckets {
			sortKeys(keys[:rare], memory.keysOf(rare))
			b.rare = runsOf(keys[:rare])
		}
		b.addWhole(whole, most == fewBuckets)
		enough := false
		for b.distinct() > MostValues {
			enough = true
			b.halve()
		}
		if enough {
			memory.runs = b.runs(memory.runs[:0])
			return memory.runs, exponentBits + b.after
		}
	}
	return nil, 0
}

// at is the bucket of a key whose exponent has the number first.
func (b *buckets) at(first int32, k uint64) int {
	return int(first)<<(b.after&63) + int(k<<exponentBits>>((64-b.after)&63))
}

// count counts keys. It brings those without buckets to the beginning.
func (b *buckets) count(keys []uint64) {
	n, counts := 0, b.counts
	for i, k := range keys {
		first := b.first[k>>(64-exponentBits)]
		if first < 0 {
			keys[n], keys[i] = k, keys[n]
			n++
			continue
		}
		counts[b.at(first, k)]++
	}
}

// addWhole counts further runs; those without buckets only once.
func (b *buckets) addWhole(whole []run, rareToo bool) {
	var rare []run
	for _, r := range whole {
		if first := b.first[r.key>>(64-exponentBits)]; first >= 0 {
			b.counts[b.at(first, r.key)] += uint32(r.count)
		} else if rareToo {
			rare = append(rare, r)
		}
	}
	b.rare = mergeRuns(b.rare, rare)
}

// distinct is how many runs the buckets and the rare ones make.
func (b *buckets) distinct() int {
	n := distinctIn(b.rare, exponentBits+b.after)
	for _, c := range b.counts {
		n += int((c | -c) >> 31)
	}
	return n
}

// halve counts neighbours together, so that a bit less tells buckets apart.
func (b *buckets) halve() {
	half := b.counts[:len(b.counts)/2]
	for i := range half {
		half[i] = b.counts[2*i] + b.counts[2*i+1]
	}
	b.counts = half
	b.after--
}

// distinctIn is how many forms ascending runs have in their first bits.
func distinctIn(runs []run, width int) (n int) {
	for i, r := range runs {
		if i == 0 || (r.key^runs[i-1].key)>>(64-width) != 0 {
			n++
		}
	}
	return n
}

// runs appends the runs.
func (b *buckets) runs(runs []run) []run {
	width := exponentBits + b.after
	rare := coarsened(b.rare, width)
	for e, first := range b.first {
		if first < 0 {
			for len(rare) > 0 && rare[0].key>>(64-exponentBits) == uint64(e) {
				runs, rare = append(runs, rare[0]), rare[1:]
			}
			continue
		}
		for i, n := range b.counts[int(first)<<b.after : int(first+1)<<b.after] {
			if n > 0 {
				k := uint64(e)<<(64-exponentBits) | uint64(i)<<(64-width)
				runs = append(runs, run{ordered(key(disordered(k), width)), int(n)})
			}
		}
	}
	return runs
}

// sortKeys sorts by bytes, the last one first (Knuth, The Art of Computer Programming, volume 3, section 5.2.5,
// algorithm R). spare is as long as keys.
func sortKeys(keys, spare []uint64) {
	var counts [8][256]uint32 // of each byte, the last first
	for _, k := range keys {
		for b := range counts {
			counts[b][byte(k>>(8*b))]++
		}
	}
	from, to := keys, spare
	for b := range counts {
		shift := 8 * b
		places := &counts[b]
		if len(keys) == 0 || int(places[byte(keys[0]>>shift)]) == len(keys) {
			continue // all have the same byte here
		}
		next := uint32(0)
		for i, n := range places {
			places[i] = next
			next += n
		}
		for _, k := range from {
			place := &places[byte(k>>shift)]
			to[*place] = k
			*place++
		}
		from, to = to, from
	}
	if len(keys) > 0 && &from[0] != &keys[0] {
		copy(keys, from)
	}
}
