package linear

import (
	"context"

	"golang.org/x/sync/errgroup"
)

// chunkRows is how many rows are summed up by themselves before they are
// added to the rest. It is fixed, so that sums do not depend on the number of
// threads.
const chunkRows = 4096

// overChunks calls work for each chunk of n rows, procs chunks at a time, and
// merge for each in order of the rows. Work of one slot (0 to procs-1) never
// overlaps with other work or the merge of that slot.
func overChunks(ctx context.Context, n, procs int, work func(slot, from, to int), merge func(slot int)) error {
	procs = max(1, min(procs, (n+chunkRows-1)/chunkRows))
	for from := 0; from < n; {
		if err := ctx.Err(); err != nil {
			return err
		}
		var wave errgroup.Group
		slots := 0
		for ; slots < procs && from < n; slots++ {
			slot, first, last := slots, from, min(from+chunkRows, n)
			from = last
			if procs == 1 {
				work(slot, first, last)
				continue
			}
			wave.Go(func() error {
				work(slot, first, last)
				return nil
			})
		}
		if err := wave.Wait(); err != nil {
			return err
		}
		for slot := range slots {
			merge(slot)
		}
	}
	return ctx.Err()
}
