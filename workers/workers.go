package workers

import (
	"github.com/gochimera/chimera/distribute/aggregation"
	_ "github.com/gochimera/chimera/distribute/aggregation/worker" // role model
	"github.com/gochimera/chimera/distribute/parameterserver"
	_ "github.com/gochimera/chimera/distribute/parameterserver/worker" // role sgd
	"github.com/gochimera/chimera/distribute/pipeline"
	_ "github.com/gochimera/chimera/distribute/pipeline/worker" // role stage
	"github.com/gochimera/chimera/registry"
	"github.com/gochimera/chimera/workers/node"
)

// Role is the name of what a worker does in its kind of distribution.
type Role = string

// The roles of the built-in kinds.
const (
	ModelRole Role = aggregation.Role     // fits a whole model on its own rows
	SGDRole   Role = parameterserver.Role // computes gradients on its own rows
	StageRole Role = pipeline.Role        // has some of the layers, and a copy of the rows
)

// Spec is what a worker is, as its generated main says it.
type Spec = node.Spec

// Options is what a worker gets from where it runs.
type Options = node.Options

// Worker is one worker at work: an http.Handler that answers 503 until Load
// has read its rows.
type Worker = node.Worker

// New makes a worker, with a learner from r. An unknown role, an unknown
// learner and parameters that cannot be used are errors; so is a learner that
// lacks what the role needs.
func New(spec Spec, r *registry.Registry, o Options) (Worker, error) {
	return node.NewWorker(spec, r, o)
}

// Version is the version of this module in the running program, or "devel".
func Version() string { return node.Version() }
