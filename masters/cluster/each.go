package cluster

import "sync"

// Each runs f for all members concurrently and waits for all of them. Results are in member order. A
// panic in f is raised in the caller.
func Each[T any](members []*Member, f func(*Member) T) []T {
	out := make([]T, len(members))
	concurrently(len(members), func(i int) { out[i] = f(members[i]) })
	return out
}

// Both runs a and b concurrently and waits for both. A panic in one of them is raised in the caller.
func Both(a, b func()) {
	concurrently(2, func(i int) {
		if i == 0 {
			a()
		} else {
			b()
		}
	})
}

// concurrently runs f(0) to f(n-1), the first of them in the caller's goroutine: a single one needs no
// other.
func concurrently(n int, f func(i int)) {
	if n == 0 {
		return
	}
	var all sync.WaitGroup
	panics := make([]any, n)
	guarded := func(i int) {
		defer func() { panics[i] = recover() }()
		f(i)
	}
	for i := 1; i < n; i++ {
		all.Go(func() { guarded(i) })
	}
	guarded(0)
	all.Wait()
	for _, fault := range panics {
		if fault != nil {
			panic(fault)
		}
	}
}
