package kernel

import (
	"runtime"
	"sync"
	"sync/atomic"
)

// patience is how often a thread looks for its next work, or for the end of the
// others', before it sleeps: some 20 microseconds, which is less than waking it
// takes.
const patience = 1 << 14

// Team is some threads that work together again and again, each time for a
// fraction of a millisecond. Starting a goroutine wakes a thread of the system,
// which then takes as long as the work itself; the threads of a team look for
// more work for a moment before they sleep, and the caller does what another
// has not begun when it has done its own. It is for use by one goroutine at a
// time. Who makes a team ends it.
//
// A nil Team starts a goroutine each time.
type Team struct {
	job      func(i int)
	helpers  []*helper
	left     atomic.Int32 // how many helpers are still at work
	waits    atomic.Bool  // whether the caller sleeps until they are not
	done     chan struct{}
	patience int
	ended    sync.WaitGroup
}

// helper is a thread of a team other than the caller's.
type helper struct {
	task   atomic.Uint32 // the number of its last piece of work, times 2, and 1 if somebody has taken that
	sleeps atomic.Bool
	wake   chan struct{}
}

// NewTeam is of threads, the caller's among them; nil for one alone.
func NewTeam(threads int) *Team {
	if runtime.GOMAXPROCS(0) < threads {
		return newTeam(threads, 0) // others cannot run while one looks
	}
	return newTeam(threads, patience)
}

func newTeam(threads, patience int) *Team {
	if threads < 2 {
		return nil
	}
	t := &Team{helpers: make([]*helper, threads-1), done: make(chan struct{}, 1), patience: patience}
	for i := range t.helpers {
		h := &helper{wake: make(chan struct{}, 1)}
		h.task.Store(1)
		t.helpers[i] = h
		t.ended.Go(func() { t.help(h, i+1) })
	}
	return t
}

// Do calls f(0) to f(n-1), at the same time as far as there are threads, and
// returns when all have returned.
func (t *Team) Do(n int, f func(i int)) {
	switch {
	case n < 2:
		if n == 1 {
			f(0)
		}
		return
	case t == nil || n > len(t.helpers)+1:
		var others sync.WaitGroup
		for i := 1; i < n; i++ {
			others.Go(func() { f(i) })
		}
		f(0)
		others.Wait()
		return
	}
	t.job = f
	t.left.Store(int32(n - 1))
	for _, h := range t.helpers[:n-1] {
		h.start()
	}
	f(0)
	for i, h := range t.helpers[:n-1] {
		if h.take() { // it has not come to it: others keep its processor busy
			f(i + 1)
			t.left.Add(-1)
		}
	}
	until(t.patience, &t.waits, t.done, func() bool { return t.left.Load() == 0 })
}

// start gives a helper work, and wakes it if it sleeps.
func (h *helper) start() {
	h.task.Store((h.task.Load() | 1) + 1)
	if h.sleeps.CompareAndSwap(true, false) {
		h.wake <- struct{}{}
	}
}

// take reports whether there was work that nobody had taken.
func (h *helper) take() bool {
	task := h.task.Load()
	return task&1 == 0 && h.task.CompareAndSwap(task, task|1)
}

// until returns when ready does: it asks some times, then sleeps. Who makes it
// ready wakes whoever has said to sleep; that may come late, when what was
// waited for then has long been seen, so waking says nothing by itself.
func until(patience int, sleeps *atomic.Bool, wake <-chan struct{}, ready func() bool) {
	for {
		for range patience {
			if ready() {
				return
			}
		}
		sleeps.Store(true)
		if ready() {
			if !sleeps.CompareAndSwap(true, false) {
				<-wake
			}
			return
		}
		<-wake
	}
}

// help is the life of a helper, whose place in the work is i. Work of nothing is the end.
func (t *Team) help(h *helper, i int) {
	for {
		until(t.patience, &h.sleeps, h.wake, h.take)
		if t.job == nil {
			return
		}
		t.job(i)
		if t.left.Add(-1) == 0 && t.waits.CompareAndSwap(true, false) {
			t.done <- struct{}{}
		}
	}
}

// End ends the threads and waits for them. The team cannot be used afterwards;
// a nil one has nothing to end.
func (t *Team) End() {
	if t == nil {
		return
	}
	t.job = nil
	for _, h := range t.helpers {
		h.start()
	}
	t.ended.Wait()
}
