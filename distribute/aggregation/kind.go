// Package aggregation is the kind of distribution in which each worker has a whole model: hybrid
// parallelism. Every worker fits its own learner on its own rows, often on a bootstrap sample of them,
// and their predictions are combined: bagging (Breiman 1996). It works with any learner.
//
// The package holds what both halves share: the kind's description, its settings and its messages. Its
// halves are the packages master and worker below it.
package aggregation

import "github.com/gochimera/chimera/distribute"

// Name is the kind's name in chimera.yaml.
const Name = "aggregation"

// Role is the name of its workers' role.
const Role = "model"

func init() {
	distribute.Register(distribute.Kind{
		Name:     Name,
		Summary:  "Every worker fits its own model on its own rows; the master combines their predictions (bagging).",
		Role:     distribute.Role{Name: Role},
		Section:  "aggregation",
		Settings: Settings{},
		Master:   distribute.Source{Package: "github.com/gochimera/chimera/masters", Call: "masters.NewAggregation()"},
	})
}
