package workers

import (
	"github.com/gochimera/chimera/distribute/aggregation"
	_ "github.com/gochimera/chimera/distribute/aggregation/worker" // role model
	"github.com/gochimera/chimera/distribute/parameterserver"
	_ "github.com/gochimera/chimera/distribute/parameterserver/worker" // role sgd
	"github.com/gochimera/chimera/distribute/pipeline"
	_ "github.com/gochimera/chimera/distribute/pipeline/worker" // role stage
	"github.com/gochimera/chimera/distribute/summation"
	_ "github.com/gochimera/chimera/distribute/summation/worker" // role sum
	"github.com/gochimera/chimera/registry"
	"github.com/gochimera/chimera/workers/node"
)

// Role is the name of a worker's role in its kind of distribution.
type Role = string

// The roles of the built-in kinds.
const (
	ModelRole Role = aggregation.Role     // fits a whole model on its own rows
	SGDRole   Role = parameterserver.Role // computes gradients on its own rows
	StageRole Role = pipeline.Role        // holds some of the layers, and a copy of the rows
	SumRole   Role = summation.Role       // sums over its own rows
)

// Spec says what a worker is; a generated main passes it.
type Spec = node.Spec

// Member is a worker of the project, as another one may call it.
type Member = node.Member

// Options is what a worker gets from its environment.
type Options = node.Options

// Instrument watches workers, as metrics do.
type Instrument = node.Instrument

// Worker is a running worker: an http.Handler that answers 503 until Load has read its rows.
type Worker = node.Worker

// New makes a worker, with a learner from r. It returns an error for an unknown role or learner, for
// invalid parameters, and for a learner that lacks a capability that the role needs.
func New(spec Spec, r *registry.Registry, o Options) (Worker, error) {
	return node.NewWorker(spec, r, o)
}

// Version is the version of this module in the running program, or "devel".
func Version() string { return node.Version() }
