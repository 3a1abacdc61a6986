// Package summation is the kind of distribution in which the rows are distributed over the workers and one model is trained from
// sums over all of them: data parallelism for learners that need sums instead of gradients (Chu et al., "Map-Reduce for machine
// learning on multicore", 2006). The master has a state, the workers sum over their rows what the state asks for, and the
// learner makes the next state of the sums, until it is the model (learner.Summable). Sums are exact in any order, so the model
// is the one of all rows on one machine, to the same bits.
//
// The package holds what both halves share: the kind's description, its settings and its messages. Its halves are the packages
// master and worker below it.
package summation

import (
	"github.com/gochimera/chimera/distribute"
	"github.com/gochimera/chimera/learner"
	"github.com/gochimera/chimera/registry"
)

// Name is the kind's name in chimera.yaml.
const Name = "summation"

// Role is the name of its workers' role.
const Role = "sum"

func init() {
	distribute.Register(distribute.Kind{
		Name:           Name,
		Summary:        "One model, trained with exact sums that the workers make over their own rows: the same bits as on one machine (data parallelism).",
		Role:           distribute.Role{Name: Role},
		Section:        "summation",
		Settings:       Settings{},
		Needs:          []distribute.Need{{Capability: registry.Summable, Lacking: "it does not learn from sums"}},
		OneModel:       true,
		Master:         distribute.Source{Package: "github.com/gochimera/chimera/masters", Call: "masters.NewSummation()"},
		DefaultLearner: "boosting-classifier",
		WithoutTargets: []learner.Task{learner.Clustering, learner.Decomposition},
	})
}
