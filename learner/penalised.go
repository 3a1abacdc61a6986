package learner

import "fmt"

// Penalised is a Differentiable learner whose own Fit minimises a penalty beside the loss that Gradient sums.
type Penalised interface {
	Differentiable
	// Penalty is that penalty, as the learner's parameters say.
	Penalty() Penalty
}

// Penalty is, summed over the penalised parameters w,
//
//	L1 |w| + L2 w^2 / 2
//
// beside a loss that Beside describes. The parameters are those for features on the scale of the data.
type Penalty struct {
	L1, L2 float64 // >= 0
	Beside LossSum
}

// LossSum says over which rows the loss beside a penalty goes.
type LossSum int

// The losses that a penalty may stand beside.
const (
	MeanLoss  LossSum = iota // the mean over the rows
	TotalLoss                // the sum over all rows
	BatchLoss                // the sum over the rows of one step
)

// String says what it is.
func (s LossSum) String() string {
	switch s {
	case MeanLoss:
		return "the mean loss"
	case TotalLoss:
		return "the sum of the losses"
	case BatchLoss:
		return "the sum of the losses of a step's rows"
	default:
		return fmt.Sprintf("loss sum %d", int(s))
	}
}
