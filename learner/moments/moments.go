package moments

import (
	"context"
	"fmt"

	"github.com/gochimera/chimera/learner"
	"github.com/gochimera/chimera/learner/numeric"
)

// Moments sums up some rows, column by column. The zero value is that of no
// rows, whatever their width.
type Moments struct {
	Weight float64   // sum of the rows' weights
	Mean   []float64 // one per column
	M2     []float64 // sum of weight (value - mean)^2, one per column
}

// pollCells is how many values go by between two looks at the context.
const pollCells = 1 << 18

// FromDataset sums up the rows of d, each with its weight, in one pass and in
// the order of the rows (West 1979). Rows of weight 0 do not count, whatever
// they hold. The values must be finite, which learner.CheckFit sees to.
//
// A column that is the same in all rows has exactly that mean and an M2 of
// exactly 0.
func FromDataset(ctx context.Context, d learner.Dataset) (Moments, error) {
	var m Moments
	poll := learner.NewPoll(ctx, pollCells)
	for i := range d.Len() {
		row := d.X.RawRowView(i)
		if err := poll.Work(len(row)); err != nil {
			return Moments{}, err
		}
		w := d.Weight(i)
		if w == 0 {
			continue
		}
		if m.Mean == nil {
			m.Mean, m.M2 = make([]float64, len(row)), make([]float64, len(row))
		}
		m.add(row, w)
	}
	return m, ctx.Err()
}

func (m *Moments) add(row []float64, w float64) {
	m.Weight += w
	share := w / m.Weight
	mean, m2 := m.Mean[:len(row)], m.M2[:len(row)]
	for j, v := range row {
		off := v - mean[j]
		mean[j] += share * off
		m2[j] += w * off * (v - mean[j])
	}
}

// Merge is the moments of two sets of rows together (Chan, Golub, LeVeque
// 1979). Merging in another order moves the last digits, so where bits matter
// merge in the order of the workers, not in that of their answers. It refuses moments of
// unlike width, and such as cannot be any rows' moments.
func Merge(a, b Moments) (Moments, error) {
	if err := a.check(); err != nil {
		return Moments{}, err
	}
	if err := b.check(); err != nil {
		return Moments{}, err
	}
	if a.Weight == 0 {
		return b.clone(), nil
	}
	m := a.clone()
	if b.Weight == 0 {
		return m, nil
	}
	if len(a.Mean) != len(b.Mean) {
		return Moments{}, fmt.Errorf("moments of %d columns and of %d cannot be merged", len(a.Mean), len(b.Mean))
	}
	m.Weight += b.Weight
	share := b.Weight / m.Weight
	for j := range m.Mean {
		off := b.Mean[j] - a.Mean[j]
		m.Mean[j] += share * off
		m.M2[j] += b.M2[j] + off*off*a.Weight*share
	}
	return m, nil
}

func (m Moments) clone() Moments {
	return Moments{m.Weight, append([]float64(nil), m.Mean...), append([]float64(nil), m.M2...)}
}

// check refuses what no rows can sum up to; moments may come from afar.
func (m Moments) check() error {
	if len(m.M2) != len(m.Mean) {
		return fmt.Errorf("moments: %d means, %d sums of squares", len(m.Mean), len(m.M2))
	}
	if !numeric.IsFinite(m.Weight) || m.Weight < 0 {
		return fmt.Errorf("moments: the weight is %v", m.Weight)
	}
	for j, mean := range m.Mean {
		if !numeric.IsFinite(mean) || !numeric.IsFinite(m.M2[j]) || m.M2[j] < 0 {
			return &learner.DataError{Row: -1, Column: j,
				Reason: fmt.Sprintf("the mean is %v and the sum of squares %v; rescale the column if its values are very large", mean, m.M2[j])}
		}
	}
	return nil
}

// Variance is M2 / Weight, one per column: that of the rows themselves, not an
// estimate for others like them. It is nil for no rows.
func (m Moments) Variance() []float64 {
	if m.Weight == 0 {
		return nil
	}
	v := make([]float64, len(m.M2))
	for j, m2 := range m.M2 {
		v[j] = m2 / m.Weight
	}
	return v
}
