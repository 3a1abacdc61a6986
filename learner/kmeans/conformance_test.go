package kmeans_test

import (
	"testing"

	"github.com/gochimera/chimera/learner/learnertest"

	_ "github.com/gochimera/chimera/learner/kmeans"
)

func TestConformance(t *testing.T) {
	t.Run("default", func(t *testing.T) { learnertest.Run(t, "kmeans") })
	t.Run("three", func(t *testing.T) {
		learnertest.Run(t, "kmeans", learnertest.WithParams(`{"n_clusters": 3, "tol": 0}`))
	})
}
