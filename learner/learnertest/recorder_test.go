package learnertest

import (
	"fmt"
	"runtime"
	"strings"
	"sync"
)

// recorder is a reporter that remembers; failing it fails no test.
type recorder struct {
	only func(name string) bool // which subtests run; nil: all

	mu     sync.Mutex
	failed map[string][]string // subtest (or "") -> its errors
	log    []string
	name   string
	parent *recorder
}

// record runs f as testing would, to its end or to FailNow.
func record(only func(string) bool, f func(reporter)) *recorder {
	r := &recorder{only: only, failed: map[string][]string{}}
	r.run(func() { f(r) })
	return r
}

func (r *recorder) run(f func()) {
	var wg sync.WaitGroup
	wg.Go(func() { f() })
	wg.Wait()
}

func (r *recorder) Helper() {}

func (r *recorder) Logf(format string, args ...any) {
	r.root().mu.Lock()
	defer r.root().mu.Unlock()
	r.root().log = append(r.root().log, fmt.Sprintf(format, args...))
}

func (r *recorder) Errorf(format string, args ...any) {
	root := r.root()
	root.mu.Lock()
	defer root.mu.Unlock()
	root.failed[r.name] = append(root.failed[r.name], fmt.Sprintf(format, args...))
}

func (r *recorder) FailNow() { runtime.Goexit() }

func (r *recorder) Run(name string, f func(reporter)) bool {
	if r.only != nil && !r.only(name) {
		return true
	}
	child := &recorder{name: name, parent: r}
	child.run(func() { f(child) })
	return len(r.failed[name]) == 0
}

func (r *recorder) root() *recorder {
	if r.parent != nil {
		return r.parent
	}
	return r
}

// errors are the failures of one subtest, or of the suite itself for "".
func (r *recorder) errors(name string) string { return strings.Join(r.failed[name], "\n") }

var _ reporter = (*recorder)(nil)
