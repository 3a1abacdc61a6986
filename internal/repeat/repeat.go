// Package repeat says how often a test repeats the same thing with other numbers.
// The race detector looks at the accesses, not at the numbers, and makes
// arithmetic ten times slower: so there the same code runs fewer times.
package repeat

// Times is plain without the race detector and underRace with it. A check
// that is to be made under both is made at least once under both.
func Times(plain, underRace int) int {
	if plain < 1 || underRace < 1 || underRace > plain {
		panic("repeat: want 1 <= underRace <= plain")
	}
	if race {
		return underRace
	}
	return plain
}

// UnderRace reports whether the race detector is at work. Instrumented code keeps and allocates more, so a test that
// counts bytes has nothing to say there.
func UnderRace() bool { return race }
