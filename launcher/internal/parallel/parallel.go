// Package parallel does one thing for each of many workers at the same time.
// It imports the standard library only.
package parallel

import (
	"context"
	"errors"
	"sync"
)

// Do calls f for 0 ... n-1 at the same time and cancels the others when
// one fails. The error joins, in order, those that failed by themselves.
func Do(ctx context.Context, n int, f func(ctx context.Context, i int) error) error {
	all, cancel := context.WithCancel(ctx)
	defer cancel()
	errs := make([]error, n)
	var wg sync.WaitGroup
	for i := range n {
		wg.Go(func() {
			if errs[i] = f(all, i); errs[i] != nil {
				cancel()
			}
		})
	}
	wg.Wait()
	if ctx.Err() != nil {
		return ctx.Err()
	}
	var own []error
	for _, err := range errs {
		if err != nil && !errors.Is(err, context.Canceled) {
			own = append(own, err)
		}
	}
	if len(own) == 0 {
		own = errs // no call was cancelled by us, so this cancellation is a failure
	}
	return errors.Join(own...)
}
