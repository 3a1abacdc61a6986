package workers

import (
	"fmt"

	"github.com/gochimera/chimera/registry"
)

// Role is what a worker does in its kind of distribution.
type Role string

// The roles.
const (
	ModelRole Role = "model" // of the aggregation master: fits a whole model on its own rows
	SGDRole   Role = "sgd"   // of the parameter server: computes gradients on its own rows
	StageRole Role = "stage" // of the pipeline: has some of the layers, and a copy of the rows
)

// Spec is what a worker is, as its generated main says it.
type Spec struct {
	Name       string // unique in the project
	Role       Role
	Project    string
	Learner    string // a registered name
	Params     string // JSON object; what differs from the defaults
	Seed       uint64 // of everything random in the worker
	Bootstrap  bool   // fit on a bootstrap of the rows (Efron 1979)
	Faults     string // JSON object; what an sgd or stage worker does wrong on purpose, empty for nothing
	ConfigHash string // of the configuration that the main was generated from
}

// Needs lists what a role asks of a learner.
func (r Role) Needs() ([]registry.Capability, error) {
	switch r {
	case ModelRole:
		return []registry.Capability{registry.Estimator}, nil
	case SGDRole:
		return []registry.Capability{registry.Estimator, registry.Differentiable}, nil
	case StageRole:
		return []registry.Capability{registry.Estimator, registry.Layered, registry.Objective}, nil
	default:
		return nil, fmt.Errorf("unknown role %q: want %q, %q or %q", r, ModelRole, SGDRole, StageRole)
	}
}
