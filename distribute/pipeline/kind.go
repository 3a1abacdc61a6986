package pipeline

import (
	"github.com/gochimera/chimera/distribute"
	"github.com/gochimera/chimera/registry"
)

// Name is the kind's name in chimera.yaml.
const Name = "pipeline"

// Role is the name of its workers' role.
const Role = "stage"

func init() {
	distribute.Register(distribute.Kind{
		Name:     Name,
		Summary:  "One network, whose layers are distributed over the workers; each has a copy of the rows (model parallelism).",
		Role:     distribute.Role{Name: Role},
		Section:  "pipeline",
		Settings: Settings{},
		Needs: []distribute.Need{
			{Capability: registry.Layered, Lacking: "it has no layers to cut"},
			{Capability: registry.Objective, Lacking: "it does not say what loss its last layer's output has (learner.Objective)"},
		},
		OneModel:       true,
		SharesLayers:   true,
		OwnsTraining:   true,
		Master:         distribute.Source{Package: "github.com/gochimera/chimera/masters", Call: "masters.NewPipeline()"},
		DefaultLearner: "mlp-classifier",
	})
}
