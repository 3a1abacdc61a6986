package kernel

import "fmt"

// sameLength panics unless all others are as long as the first: the assembly
// checks no bounds.
func sameLength(first int, others ...int) {
	for _, n := range others {
		if n != first {
			panic(fmt.Sprintf("kernel: vectors of %d and of %d values, want one length", first, n))
		}
	}
}
