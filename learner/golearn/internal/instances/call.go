package instances

import (
	"context"
	"fmt"

	"github.com/sjwhitworth/golearn/base"

	"github.com/gochimera/chimera/learner"
)

// Call runs f, which calls golearn, and turns a panic of golearn's in this
// goroutine into an error. If f read an Interruptible whose context has ended,
// the error is the context's. what names the learner.
func Call(what string, f func() error) (err error) {
	defer func() {
		switch p := recover().(type) {
		case nil:
		case interruption:
			err = p.cause
		default:
			err = fmt.Errorf("golearn's %s failed: %v", what, p)
		}
	}()
	if err := f(); err != nil {
		return fmt.Errorf("golearn's %s failed: %w", what, err)
	}
	return nil
}

// Interruptible is a grid that stops those who read it once its context has
// ended. golearn knows no contexts and cannot be told to stop, so a read panics
// then: let golearn read it only under Call, and in one goroutine.
type Interruptible struct {
	*base.DenseInstances
	poll *learner.Poll
}

type interruption struct{ cause error }

// readsBetweenLooks is how many cells or rows are read between two looks at
// the context.
const readsBetweenLooks = 1 << 12

// Until is g as golearn may read it until ctx ends.
func (g *Grid) Until(ctx context.Context) *Interruptible {
	return &Interruptible{g.DenseInstances, learner.NewPoll(ctx, readsBetweenLooks)}
}

func (g *Interruptible) look() {
	if err := g.poll.Work(1); err != nil {
		panic(interruption{err})
	}
}

// Get is that of base.DenseInstances.
func (g *Interruptible) Get(a base.AttributeSpec, row int) []byte {
	g.look()
	return g.DenseInstances.Get(a, row)
}

// MapOverRows is that of base.DenseInstances.
func (g *Interruptible) MapOverRows(attributes []base.AttributeSpec, f func([][]byte, int) (bool, error)) error {
	return g.DenseInstances.MapOverRows(attributes, func(values [][]byte, row int) (bool, error) {
		g.look()
		return f(values, row)
	})
}

var _ base.FixedDataGrid = (*Interruptible)(nil)
