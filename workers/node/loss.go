package node

import (
	"fmt"

	"github.com/gochimera/chimera/learner/numeric"
)

// CheckLoss returns an error if a loss or a score is not finite, which means that the training has
// diverged.
func CheckLoss(loss float64) error {
	if !numeric.IsFinite(loss) {
		return fmt.Errorf("the loss is %v at these parameters", loss)
	}
	return nil
}
