// Package masters has the masters that users create in their programs:
//
//	chimera.Run(masters.NewAggregation(), 8080)
//
// Package masters/cluster defines what a master is and what all masters share; each kind is a folder
// below distribute. Your own master implements cluster.Master, which is [Master] here.
package masters

import (
	aggregation "github.com/gochimera/chimera/distribute/aggregation/master"
	parameterserver "github.com/gochimera/chimera/distribute/parameterserver/master"
	pipeline "github.com/gochimera/chimera/distribute/pipeline/master"
	summation "github.com/gochimera/chimera/distribute/summation/master"
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

// Summation is the master of data parallelism by exact sums.
type Summation = summation.Master

// NewAggregation makes the master of hybrid parallelism: every worker fits its own learner on its own
// rows, and predictions are combined (bagging). The aggregation section of chimera.yaml says how they
// are combined and how many workers are needed.
func NewAggregation() *Aggregation { return aggregation.New() }

// NewParameterServer makes the master of data parallelism: one model, trained with gradients that the
// workers compute on their own rows. The parameter_server section of chimera.yaml says how it trains.
func NewParameterServer() *ParameterServer { return parameterserver.New() }

// NewPipeline makes the master of model parallelism: one network, whose layers are distributed over
// the workers. The pipeline section of chimera.yaml says how it trains.
func NewPipeline() *Pipeline { return pipeline.New() }

// NewSummation makes the master of data parallelism by exact sums: one model, trained with sums that the workers make over their own rows
// (histogram boosting, k-means, naive Bayes, ...), with the same bits as on one machine. The summation section of chimera.yaml says how it deals
// with lost workers; how it trains, the learner's parameters say.
func NewSummation() *Summation { return summation.New() }

// All are the constructors of the masters above.
func All() []func() Master {
	return []func() Master{
		func() Master { return NewAggregation() }, func() Master { return NewParameterServer() }, func() Master { return NewPipeline() },
		func() Master { return NewSummation() },
	}
}

// What a program needs to start a master itself, as chimera.Run does.
type (
	// Server is a running master.
	Server = cluster.Server
	// Setup is what a master needs to know before it starts.
	Setup = cluster.Setup
	// Endpoint is a worker's name and address.
	Endpoint = cluster.Endpoint
	// Model describes the model that a master serves.
	Model = cluster.Model
	// TimeLog writes the latency of calls and requests.
	TimeLog = cluster.TimeLog
)

// NewServer sets up a master; see cluster.NewServer.
func NewServer(m Master, setup Setup) (*Server, error) { return cluster.NewServer(m, setup) }

// OpenTimeLog appends to a file; see cluster.TimeLog.
func OpenTimeLog(path string) (*TimeLog, error) { return cluster.OpenTimeLog(path) }
