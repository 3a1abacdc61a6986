package learner

import (
	"hash/fnv"
	"math/rand/v2"
)

// Seed derives the seed of one random part of a run from the run's seed and
// the names of the part (a worker, a purpose), so that no two parts share a stream and none depends
// on the order in which parts run.
func Seed(run uint64, parts ...string) uint64 {
	h := fnv.New64a()
	for _, p := range parts {
		_, _ = h.Write([]byte(p)) // an fnv hash never fails
		_, _ = h.Write([]byte{0})
	}
	return Mix(run ^ Mix(h.Sum64()))
}

// Mix is the finaliser of SplitMix64 (Steele, Lea, Flood 2014): it turns
// close seeds into unrelated ones.
func Mix(z uint64) uint64 {
	z += 0x9e3779b97f4a7c15
	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9
	z = (z ^ (z >> 27)) * 0x94d049bb133111eb
	return z ^ (z >> 31)
}

// NewRand is a generator for one seed: PCG (O'Neill 2014), the same on every system.
func NewRand(seed uint64) *rand.Rand { return rand.New(rand.NewPCG(seed, Mix(seed))) }
