package cluster

import "sync"

// Each runs f for all members concurrently and waits for all of them. Results are in member order. A
// panic in f is raised in the caller.
func Each[T any](members []*Member, f func(*Member) T) []T {
	out := make([]T, len(members))
	if len(members) == 0 {
		return out
	}
	var all sync.WaitGroup
	panics := make([]any, len(members))
	for i, m := range members[1:] {
		all.Go(func() {
			defer func() { panics[i+1] = recover() }()
			out[i+1] = f(m)
		})
	}
	func() {
		defer func() { panics[0] = recover() }()
		out[0] = f(members[0]) // a single member needs no goroutine
	}()
	all.Wait()
	for _, fault := range panics {
		if fault != nil {
			panic(fault)
		}
	}
	return out
}
