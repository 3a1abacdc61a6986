// Package aggregation is the kind of distribution that keeps whole models on
// the workers: hybrid parallelism. Every worker fits its own learner on its own
// rows, often a bootstrap of them, and a prediction combines theirs: bagging
// (Breiman 1996). Any learner will do.
//
// The package holds what both halves share: the kind's description, its
// settings and its messages. Its halves are the packages master and worker below.
package aggregation

import "github.com/gochimera/chimera/distribute"

// Name is the kind's name in chimera.yaml.
const Name = "aggregation"

// Role is the name of the role of its workers.
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
