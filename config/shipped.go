package config

import (
	"github.com/gochimera/chimera/distribute/aggregation"
	"github.com/gochimera/chimera/distribute/parameterserver"
	"github.com/gochimera/chimera/distribute/pipeline"
)

// The kinds of distribution that come with Chimera, by the names that this
// package has given them. Nothing else here knows them; SettingsOf is how the
// settings of any kind are read.

// The masters that come with Chimera.
const (
	AggregationMaster     Master = aggregation.Name
	ParameterServerMaster Master = parameterserver.Name
	PipelineMaster        Master = pipeline.Name
)

// The roles of their workers.
const (
	ModelRole Role = aggregation.Role
	SGDRole   Role = parameterserver.Role
	StageRole Role = pipeline.Role
)

// Shipped are copies of their settings, for programs that read them as fields of
// a Config.
type Shipped struct {
	Aggregation     Aggregation
	ParameterServer ParameterServer
	Pipeline        Pipeline
}

// copyShipped fills in the copies.
func (c *Config) copyShipped() {
	c.Aggregation = *SettingsOf[Aggregation](c)
	c.ParameterServer = *SettingsOf[ParameterServer](c)
	c.Pipeline = *SettingsOf[Pipeline](c)
}

// The settings of each, and the names of their values.
type (
	// Aggregation is the aggregation master's settings.
	Aggregation = aggregation.Settings
	// ParameterServer is the parameter-server master's settings.
	ParameterServer = parameterserver.Settings
	// Pipeline is the pipeline master's settings.
	Pipeline = pipeline.Settings
	// Combine is a way to make one prediction of many.
	Combine = aggregation.Combine
	// Mode is what one step of the parameter server is.
	Mode = parameterserver.Mode
)

// The ways to combine.
const (
	CombineMean     = aggregation.CombineMean
	CombineMedian   = aggregation.CombineMedian
	CombineVote     = aggregation.CombineVote
	CombineWeighted = aggregation.CombineWeighted
)

// The modes of the parameter server.
const (
	FullMode      = parameterserver.FullMode
	MinibatchMode = parameterserver.MinibatchMode
	LocalMode     = parameterserver.LocalMode
)

// The ways in which a parameter server weighs workers, and makes one gradient of
// theirs.
const (
	WeightRows    = parameterserver.WeightRows
	WeightUniform = parameterserver.WeightUniform

	AggregateMean        = parameterserver.AggregateMean
	AggregateMedian      = parameterserver.AggregateMedian
	AggregateTrimmedMean = parameterserver.AggregateTrimmedMean
)
