package queue

import (
	"slices"
	"sync"
	"testing"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func read[T any](q *Queue[T]) (all []T) {
	for v := range q.Out() {
		all = append(all, v)
	}
	return all
}

// The writer never waits, and the reader misses nothing while the queue is open.
func TestQueue(t *testing.T) {
	q := New[int](2)
	var want []int
	for i := range 100 { // nobody reads yet
		q.Put(i)
		want = append(want, i)
	}
	var got []int
	for range want {
		got = append(got, <-q.Out())
	}
	q.Put(100)
	got = append(got, <-q.Out())
	if !slices.Equal(got, append(want, 100)) {
		t.Errorf("got %v", got)
	}
	q.Close()
	q.Close()
	q.Put(101)
	if left := read(q); left != nil {
		t.Errorf("after Close: %v", left)
	}
}

func TestCloseKeeps(t *testing.T) {
	for _, tt := range []struct {
		name      string
		kept, put int
		want      []int
	}{
		{"nothing", 0, 3, nil},
		{"as many as it has room for", 2, 3, []int{0, 1}},
		{"all, if there are fewer", 4, 3, []int{0, 1, 2}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			q := New[int](tt.kept)
			for i := range tt.put {
				q.Put(i)
			}
			q.Close()
			if got := read(q); !slices.Equal(got, tt.want) {
				t.Errorf("got %v, want %v", got, tt.want)
			}
		})
	}
}

func TestManyWriters(t *testing.T) {
	q := New[int](1)
	var writers sync.WaitGroup
	for i := range 50 {
		writers.Go(func() { q.Put(i) })
	}
	sum := 0
	for range 50 {
		sum += <-q.Out()
	}
	writers.Wait()
	if sum != 49*50/2 {
		t.Errorf("the sum is %d", sum)
	}
	q.Close()
}
