package worker

import (
	"context"
	"math"

	"github.com/gochimera/chimera/distribute/parameterserver"
	"github.com/gochimera/chimera/workers/node"
)

// little turns an honest answer into that of the attack a_little_is_enough. How far the workers'
// gradients, or updates, are spread is estimated from the worker's own on parts of its rows.
func (w *sgd) little(ctx context.Context, s *session, head parameterserver.StepFrame, p, out []float64, answer parameterserver.StepAnswer) error {
	n := s.train.Len()
	parts := min(node.AttackParts, n)
	if parts < 2 {
		return nil
	}
	head.Validate = false
	mean, m2, one := make([]float64, len(out)), make([]float64, len(out)), make([]float64, len(out))
	var usual float64 // how noisy the parts are
	for k := range parts {
		var rows []int
		for i := k; i < n; i += parts {
			rows = append(rows, i)
		}
		part := *s
		part.train = s.train.Select(rows)
		part.order = node.NewOrder(part.train.Len(), true, s.Seed, w.Spec.Name)
		var own parameterserver.StepAnswer
		if _, err := part.compute(ctx, head, p, one, &own); err != nil {
			return err
		}
		unit := part.unit(own)
		for i, v := range one { // West 1979
			off := v/unit - mean[i]
			mean[i] += off / float64(k+1)
			m2[i] += off * (v/unit - mean[i])
		}
		usual += part.noise(own) / float64(parts)
	}
	for i := range m2 {
		m2[i] = s.unit(answer) * math.Sqrt(m2[i]/float64(parts-1)*s.noise(answer)/usual)
	}
	w.Faults.Little(out, m2)
	return nil
}

// unit is by what an answer is divided to be one of the numbers that a master combines: gradients are
// sums over rows.
func (s *session) unit(a parameterserver.StepAnswer) float64 {
	if s.Mode == parameterserver.LocalMode {
		return 1
	}
	return a.Weight
}

// noise is the variance that the draw of its rows gives to an answer, in that of a row: an update adds
// up mean gradients of batches.
func (s *session) noise(a parameterserver.StepAnswer) float64 {
	batches := 1
	if s.Mode == parameterserver.LocalMode {
		batches = s.batches()
	}
	return float64(batches) * float64(batches) / float64(max(a.Rows, 1))
}
