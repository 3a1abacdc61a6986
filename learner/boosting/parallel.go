package boosting

import (
	"context"
	"sync"
	"sync/atomic"
)

// parallel calls do for 0 to n-1 from up to procs goroutines, which are counted from 0, and waits for all of them.
// It ends early, with ctx's error, once ctx has ended.
func parallel(ctx context.Context, procs, n int, do func(worker, i int)) error {
	if procs = min(procs, n); procs <= 1 {
		for i := range n {
			if err := ctx.Err(); err != nil {
				return err
			}
			do(0, i)
		}
		return nil
	}
	var next atomic.Int64
	var wg sync.WaitGroup
	for worker := range procs {
		wg.Go(func() {
			for {
				i := int(next.Add(1)) - 1
				if i >= n || ctx.Err() != nil {
					return
				}
				do(worker, i)
			}
		})
	}
	wg.Wait()
	return ctx.Err()
}
