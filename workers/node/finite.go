package node

import "fmt"

// IsFinite reports whether v is neither NaN nor infinite.
func IsFinite(v float64) bool { return v-v == 0 }

// CheckLoss returns an error if a loss or a score is not finite, which means that the training has
// diverged.
func CheckLoss(loss float64) error {
	if !IsFinite(loss) {
		return fmt.Errorf("the loss is %v at these parameters", loss)
	}
	return nil
}
