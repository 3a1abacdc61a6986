package config

import (
	"github.com/gochimera/chimera/distribute/aggregation"
	"github.com/gochimera/chimera/distribute/parameterserver"
	"github.com/gochimera/chimera/distribute/pipeline"
	"github.com/gochimera/chimera/distribute/summation"
)

// The masters that come with Chimera: importing their kinds registers them. Nothing
// else in this package knows them; SettingsOf reads the settings of any kind.
const (
	AggregationMaster     Master = aggregation.Name
	ParameterServerMaster Master = parameterserver.Name
	PipelineMaster        Master = pipeline.Name
	SummationMaster       Master = summation.Name
)
