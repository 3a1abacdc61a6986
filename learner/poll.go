package learner

import "context"

// Poll checks a context now and then, cheaply enough for an inner loop. It adds up
// units of work and checks the context each time they pass the budget.
// The zero value is not useful; make one with NewPoll. It is not for use by several
// goroutines at once.
type Poll struct {
	ctx    context.Context
	budget int
	done   int
}

// NewPoll asks ctx after every budget units of work, and at the first.
func NewPoll(ctx context.Context, budget int) *Poll {
	return &Poll{ctx: ctx, budget: budget, done: budget}
}

// Work adds n units and returns ctx's error if it is time to look and ctx has
// ended. It looks with ctx.Err, which is what the conformance suite counts.
func (p *Poll) Work(n int) error {
	p.done += n
	if p.done < p.budget {
		return nil
	}
	p.done = 0
	return p.ctx.Err()
}
