package master_test

import (
	"strings"
	"testing"
)

// A training that max_iter ended says that it did not converge, and what to change; one that was to run to max_iter does not.
func TestUnsettledTrainingSaysSo(t *testing.T) {
	d := rings(40)
	for settings, noted := range map[string]bool{
		"max_iter: 3": true, "max_iter: 3, n_iter_no_change: 0": false, "max_iter: 3, learning_rate: cosine": false, "max_iter: 300, tol: 10": false,
	} {
		fit := line{learner: "mlp-classifier", params: `{"hidden_layer_sizes": [4]}`, settings: settings}.stages(t, 2, d).Fit()
		says := strings.Contains(strings.Join(fit.Notes, "; "), "did not converge in 3 steps (3 epochs), when max_iter ended it: "+
			"raise max_iter, learning_rate_init or tol in the section pipeline")
		if says != noted {
			t.Errorf("%s: stopped by %s, the notes are %q", settings, fit.Training.Stopped, fit.Notes)
		}
	}
}
