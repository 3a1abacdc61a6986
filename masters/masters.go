// Package masters makes the masters that users write in their programs:
//
//	chimera.Run(masters.NewAggregation(), 8080)
//
// What a master is, and what all masters share, is package masters/cluster; each
// kind is a folder below distribute. A master of one's own implements
// cluster.Master, which is [Master] here.
package masters

import (
	aggregation "github.com/gochimera/chimera/distribute/aggregation/master"
	parameterserver "github.com/gochimera/chimera/distribute/parameterserver/master"
	pipeline "github.com/gochimera/chimera/distribute/pipeline/master"
	"github.com/gochimera/chimera/masters/cluster"
)

// Master is one way to train on many workers. It is used once, by chimera.Run.
type Master = cluster.Master

// Aggregation is the master of hybrid parallelism.
type Aggregation = aggregation.Master

// ParameterServer is the master of data parallelism.
type ParameterServer = parameterserver.Master

// Pipeline is the master of model parallelism.
type Pipeline = pipeline.Master

// NewAggregation makes the master of hybrid parallelism: every worker fits its
// own learner on its own rows, and a prediction combines theirs (bagging). How
// it combines and how many workers it needs come from chimera.yaml
// (aggregation).
func NewAggregation() *Aggregation { return aggregation.New() }

// NewParameterServer makes the master of data parallelism: one model, trained by
// gradients that the workers compute on their own rows. How it trains comes from
// chimera.yaml (parameter_server).
func NewParameterServer() *ParameterServer { return parameterserver.New() }

// NewPipeline makes the master of model parallelism: one network, whose layers
// are shared out over the workers. How it trains comes from chimera.yaml
// (pipeline).
func NewPipeline() *Pipeline { return pipeline.New() }

// What a program that starts a master itself needs, as chimera.Run does.
type (
	// Server is a master at work.
	Server = cluster.Server
	// Setup is what a master is told before it starts.
	Setup = cluster.Setup
	// Endpoint is a worker's name and address.
	Endpoint = cluster.Endpoint
	// Model describes the model that a master serves.
	Model = cluster.Model
	// TimeLog writes the latency of calls and requests.
	TimeLog = cluster.TimeLog
)

// NewServer sets a master up; see cluster.NewServer.
func NewServer(m Master, setup Setup) (*Server, error) { return cluster.NewServer(m, setup) }

// OpenTimeLog appends to a file; see cluster.TimeLog.
func OpenTimeLog(path string) (*TimeLog, error) { return cluster.OpenTimeLog(path) }
