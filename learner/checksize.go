package learner

import (
	"context"
	"fmt"
	"math"
)

// CheckSize is for learners that sum products of features: no value of X may be larger than largest in size, and no weight than heaviest. The error is a
// *DataError that names the first one that is, or ctx's if that ends.
func CheckSize(ctx context.Context, d Dataset, largest, heaviest float64) error {
	const values = 1 << 18 // between two looks at the context
	n, cols := d.X.Dims()
	poll := NewPoll(ctx, values)
	for i := range n {
		if err := poll.Work(cols); err != nil {
			return err
		}
		for j, v := range d.X.RawRowView(i) {
			if math.Abs(v) > largest {
				e := &DataError{Row: i, Column: j, Reason: fmt.Sprintf("the value %v is too large to square: scale the feature down", v)}
				if d.Features != nil {
					e.Name = d.Features[j]
				}
				return e
			}
		}
		if d.Weight(i) > heaviest {
			return &DataError{Row: i, Column: -1, Name: "weight", Reason: fmt.Sprintf("a weight must be at most %g", heaviest)}
		}
	}
	return nil
}
