package instances

import (
	"context"

	"gonum.org/v1/gonum/mat"

	"github.com/gochimera/chimera/learner/numeric"
	"github.com/gochimera/chimera/learner/snapshot"
)

// Classes maps the classes of a schema to the ones that golearn was shown,
// which are only those with rows: what has no rows must not be predicted.
type Classes struct {
	slots []int32 // one per class of the schema: its place among those shown, or -1
	shown []int32 // the classes shown, ascending
}

func classesOf(y []float64, classes int) Classes {
	slots := make([]int32, classes)
	for _, class := range y {
		slots[int(class)] = 1
	}
	for class, has := range slots {
		slots[class] = has - 1
	}
	c, _ := number(slots)
	return c
}

// number gives the classes whose slot is not negative their places, in order.
// It reports whether they had these already.
func number(slots []int32) (Classes, bool) {
	c := Classes{slots: slots}
	same := true
	for class, slot := range slots {
		if slot < 0 {
			same = same && slot == -1
			continue
		}
		place := int32(len(c.shown))
		same = same && slot == place
		slots[class] = place
		c.shown = append(c.shown, int32(class))
	}
	return c, same
}

// Len is the number of classes golearn was shown, at least 1 after Prepare.
func (c Classes) Len() int { return len(c.shown) }

// Class is the class of the schema at a place among those shown.
func (c Classes) Class(place int) int { return int(c.shown[place]) }

// Proba makes rows x classes probabilities. share is asked for each row i; it
// fills into with one share for each class shown, which sum to 1.
func (c Classes) Proba(ctx context.Context, rows int, share func(i int, into []float64) error) (*mat.Dense, error) {
	proba := mat.NewDense(rows, len(c.slots), nil)
	err := c.each(ctx, rows, share, func(i int, shares []float64) {
		row := proba.RawRowView(i)
		for place, class := range c.shown {
			row[class] = shares[place]
		}
	})
	if err != nil {
		return nil, err
	}
	return proba, nil
}

// Predict answers for each row the class with the largest share; of equal ones
// the first. share is that of Proba.
func (c Classes) Predict(ctx context.Context, rows int, share func(i int, into []float64) error) ([]float64, error) {
	predicted := make([]float64, rows)
	err := c.each(ctx, rows, share, func(i int, shares []float64) {
		predicted[i] = float64(c.shown[numeric.ArgMax(shares)])
	})
	if err != nil {
		return nil, err
	}
	return predicted, nil
}

func (c Classes) each(ctx context.Context, rows int, share func(int, []float64) error, use func(int, []float64)) error {
	shares := make([]float64, len(c.shown))
	for i := range rows {
		if err := ctx.Err(); err != nil {
			return err
		}
		clear(shares)
		if err := share(i, shares); err != nil {
			return err
		}
		use(i, shares)
	}
	return nil
}

// Write stores c in a snapshot.
func (c Classes) Write(w *snapshot.Writer) { w.Int32s(c.slots) }

// ReadClasses reads what Write stored.
func ReadClasses(r *snapshot.Reader) Classes {
	c, same := number(r.Int32s())
	if !same || len(c.shown) == 0 {
		r.Failf("classes are not numbered in order")
	}
	return c
}
