package pipeline

import "fmt"

// Schedule is the order in which stages process the micro-batches of a step.
type Schedule string

// The schedules. Both end a step with a flush, so no gradient is computed with older parameters, and
// both run the backward passes in the order of the micro-batches, so they form the same sums. They
// leave the same share of the time idle.
const (
	// GPipe runs the forward passes of all micro-batches, then all backward passes (Huang et al., "GPipe",
	// 2019). A stage holds the activations of all of them.
	GPipe Schedule = "gpipe"
	// OneFOneB runs a backward pass as soon as it can, alternating with forward passes (Narayanan et al.,
	// "PipeDream", 2019, with the flush of "Memory-Efficient Pipeline-Parallel DNN Training", 2021). Stage
	// i of p holds the activations of at most p - i micro-batches.
	OneFOneB Schedule = "1f1b"
)

// Op is one operation of a stage: the forward or the backward pass of a micro-batch.
type Op struct {
	Back  bool
	Micro int
}

// Ops lists the operations of stage i of p in a step of m micro-batches, in order.
func (s Schedule) Ops(i, p, m int) ([]Op, error) {
	if i < 0 || i >= p || m < 1 {
		return nil, fmt.Errorf("stage %d of %d with %d micro-batches", i, p, m)
	}
	var ahead int // number of forward passes before the first backward pass
	switch s {
	case GPipe:
		ahead = m
	case OneFOneB:
		ahead = min(p-i, m)
	default:
		return nil, fmt.Errorf("unknown schedule %q: want %s or %s", s, OneFOneB, GPipe)
	}
	ops := make([]Op, 0, 2*m)
	for k := range ahead {
		ops = append(ops, Op{Micro: k})
	}
	for k := range m {
		ops = append(ops, Op{Back: true, Micro: k})
		if next := k + ahead; next < m {
			ops = append(ops, Op{Micro: next})
		}
	}
	return ops, nil
}

// Bubble is the minimal share of the time in which p equal stages are idle in a step of m
// micro-batches: (p-1)/(m+p-1) (Huang et al. 2019, section 2).
func Bubble(p, m int) float64 { return float64(p-1) / float64(m+p-1) }
