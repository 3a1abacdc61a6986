// Package parameterserver is the kind of distribution in which the rows are distributed over the
// workers and one model is trained on all of them: data parallelism. The master has the parameters,
// the workers compute gradients on their rows, and the master takes steps with the mean gradient (Li
// et al., "Scaling Distributed Machine Learning with the Parameter Server", 2014), or averages
// parameters after local steps of the workers (McMahan et al., federated averaging, 2017).
//
// The package holds what both halves share: the kind's description, its settings and its messages. Its
// halves are the packages master and worker below it.
package parameterserver

import (
	"github.com/gochimera/chimera/distribute"
	"github.com/gochimera/chimera/registry"
)

// Name is the kind's name in chimera.yaml.
const Name = "parameter-server"

// Role is the name of its workers' role.
const Role = "sgd"

func init() {
	distribute.Register(distribute.Kind{
		Name:           Name,
		Summary:        "One model, trained with gradients that the workers compute on their own rows (data parallelism).",
		Role:           distribute.Role{Name: Role},
		Section:        "parameter_server",
		Settings:       Settings{},
		Needs:          []distribute.Need{{Capability: registry.Differentiable, Lacking: "it has no gradient"}},
		OneModel:       true,
		Gradients:      true,
		Master:         distribute.Source{Package: "github.com/gochimera/chimera/masters", Call: "masters.NewParameterServer()"},
		DefaultLearner: "logistic-regression",
	})
}
