package loss

// Rows is the loss of the scores of many rows.
type Rows interface {
	// Outputs is the number of scores per row.
	Outputs() int
	// Derive takes finite scores (rows x outputs, row-major), one target and
	// one weight per row. It replaces each score by weight times the derivative
	// of the row's loss by it, and returns the sum of weight times loss, added
	// up in the order of the rows. A row of weight 0 is not looked at.
	Derive(scores, targets, weights []float64) (sum float64)
}

// Targets is a Loss of one score per row against the row's target.
type Targets struct{ Loss Loss }

// Outputs is 1.
func (Targets) Outputs() int { return 1 }

// Derive is as Rows says.
func (l Targets) Derive(scores, targets, weights []float64) (sum float64) {
	for i, w := range weights {
		if w == 0 {
			scores[i] = 0
			continue
		}
		value, derivative := l.Loss.At(scores[i], targets[i])
		sum += w * value
		scores[i] = w * derivative
	}
	return sum
}

var _ Rows = Targets{}
