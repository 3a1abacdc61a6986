package api

// StageInfo is one stage of the network that serves.
type StageInfo struct {
	Worker     string      `json:"worker"`
	Stage      int         `json:"stage" doc:"From 0, where the rows come in."`
	Layers     []LayerInfo `json:"layers" nullable:"false"`
	Parameters int         `json:"parameters" doc:"Values that the worker holds."`
}

// LayerInfo is one layer of a network.
type LayerInfo struct {
	Name       string  `json:"name"`
	In         int     `json:"in" doc:"Values a row."`
	Out        int     `json:"out" doc:"Values a row."`
	Parameters int     `json:"parameters"`
	Cost       float64 `json:"cost" doc:"Multiply-adds a row, forward and back."`
}

// Stages is the answer of PathStages.
type Stages struct {
	FitID      string      `json:"fit_id"`
	Parameters int         `json:"parameters" doc:"Of the whole network, which nobody holds."`
	Stages     []StageInfo `json:"stages" nullable:"false"`
}

// PipelineReport is what a pipeline's fit did, beside what every training reports.
type PipelineReport struct {
	Schedule     string     `json:"schedule" enum:"1f1b,gpipe"`
	Stages       int        `json:"stages"`
	MicroBatches int        `json:"micro_batches"`
	Parameters   int        `json:"parameters" doc:"Of the whole network."`
	EpochLoss    Floats     `json:"epoch_loss" doc:"Mean loss of each epoch, penalty included."`
	Validation   Floats     `json:"validation_score,omitzero" doc:"Accuracy or R2 on the held-out rows, after each epoch."`
	Bubble       float64    `json:"bubble" doc:"Share of the time of the steps that stages did not compute."`
	BubbleTheory float64    `json:"bubble_in_theory" doc:"(p-1)/(m+p-1): of p equal stages on p processors, with links that take no time."`
	Bytes        int64      `json:"bytes_between_stages"`
	Checkpoints  int        `json:"checkpoints,omitzero"`
	Recoveries   []Recovery `json:"recoveries,omitzero" doc:"How often the fit went on after a stage was lost."`
}

// Recovery is a fit that went on after it had lost a stage.
type Recovery struct {
	Worker string `json:"worker"`
	Reason string `json:"reason"`
	Step   int    `json:"step" doc:"At which it was lost, from 1."`
	From   int    `json:"from_step" doc:"From which the fit went on, from 1."`
}

// FitResumedEvent says that a fit goes on after it had lost a stage.
type FitResumedEvent struct {
	FitID    string   `json:"fit_id"`
	Recovery Recovery `json:"recovery"`
}

// Kind is the event's name.
func (FitResumedEvent) Kind() string { return "fit_resumed" }
