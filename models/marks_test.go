package models

import (
	"testing"

	"github.com/gochimera/chimera/api"
	"github.com/gochimera/chimera/metrics"
)

// Models without targets have no baseline, and clusters without a silhouette no score that runs could be compared by.
func TestMarksWithoutTargets(t *testing.T) {
	inertia, silhouette := 7.0, 0.25
	got := marks([]Score{
		{Name: "one cluster", Result: &api.ScoreResponse{Clustering: &metrics.Clustering{Inertia: &inertia}}},
		{Name: "clusters", Result: &api.ScoreResponse{Clustering: &metrics.Clustering{Inertia: &inertia, Silhouette: &silhouette}}},
		{Name: "components", Result: &api.ScoreResponse{Decomposition: &metrics.Decomposition{ExplainedVariance: 0.5}}},
		{Name: "classes", Result: &api.ScoreResponse{Classification: &metrics.Classification{Accuracy: 0.75}, Baseline: 0.5}},
	})
	if len(got) != 3 || got[0].Metric != "silhouette" || got[0].Score != 0.25 || got[0].Baseline != nil || got[1].Baseline != nil || *got[2].Baseline != 0.5 {
		t.Errorf("%+v", got)
	}
}
