package mixture_test

import (
	"testing"

	"github.com/gochimera/chimera/learner/learnertest"

	_ "github.com/gochimera/chimera/learner/mixture"
)

func TestConformance(t *testing.T) {
	for _, params := range []string{
		`{"n_components": 2, "max_iter": 3}`,
		`{"n_components": 2, "covariance_type": "tied", "max_iter": 3}`, `{"n_components": 3, "covariance_type": "diag", "max_iter": 3}`,
		`{"n_components": 2, "covariance_type": "spherical", "tol": 0.1}`,
	} {
		t.Run(params, func(t *testing.T) {
			learnertest.Run(t, "gaussian-mixture", learnertest.WithParams(params), learnertest.WithRows(30))
		})
	}
}
