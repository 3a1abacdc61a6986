// Package queue hands values on in order to a reader that may be slow or
// absent, without ever holding up the writer. It imports the standard library only.
package queue

import "sync"

// Queue is a channel of unbounded capacity. Its methods are safe for
// use by several goroutines. It has a goroutine only while values wait.
type Queue[T any] struct {
	out chan T
	end chan struct{} // closed by Close

	mu      sync.Mutex
	waiting []T
	moving  bool // the mover runs
	closed  bool
	mover   sync.WaitGroup
}

// New makes a queue. After Close, up to kept values that nobody has taken can still
// be taken.
func New[T any](kept int) *Queue[T] {
	return &Queue[T]{out: make(chan T, kept), end: make(chan struct{})}
}

// Out is where the values come out. Close closes it.
func (q *Queue[T]) Out() <-chan T { return q.out }

// Put adds a value; after Close it does nothing.
func (q *Queue[T]) Put(v T) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.closed {
		return
	}
	q.waiting = append(q.waiting, v)
	if !q.moving {
		q.moving = true
		q.mover.Go(q.move)
	}
}

// Close ends the queue and returns when its goroutine has ended. It may be
// called again.
func (q *Queue[T]) Close() {
	q.mu.Lock()
	first := !q.closed
	q.closed = true
	q.mu.Unlock()
	if !first {
		q.mover.Wait()
		return
	}
	close(q.end)
	q.mover.Wait()
	for _, v := range q.waiting {
		select {
		case q.out <- v:
		default:
		}
	}
	close(q.out)
}

// move sends waiting values until there are none.
func (q *Queue[T]) move() {
	for {
		next, ok := q.first()
		if !ok {
			return
		}
		select {
		case q.out <- next:
			q.taken()
		case <-q.end:
			return
		}
	}
}

// first is the next value. If there is none, the mover ends.
func (q *Queue[T]) first() (v T, ok bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if len(q.waiting) == 0 {
		q.moving = false
		return v, false
	}
	return q.waiting[0], true
}

func (q *Queue[T]) taken() {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.waiting = q.waiting[1:]
}
