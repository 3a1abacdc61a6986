package api

// StageInfo is one stage of the network in service.
type StageInfo struct {
	Worker     string      `json:"worker"`
	Stage      int         `json:"stage" doc:"Counted from 0, which receives the rows."`
	Layers     []LayerInfo `json:"layers" nullable:"false"`
	Parameters int         `json:"parameters" doc:"Number of parameters that the worker holds."`
}

// LayerInfo is one layer of a network.
type LayerInfo struct {
	Name       string  `json:"name"`
	In         int     `json:"in" doc:"Inputs per row."`
	Out        int     `json:"out" doc:"Outputs per row."`
	Parameters int     `json:"parameters"`
	Cost       float64 `json:"cost" doc:"Multiply-adds per row, forward and backward."`
}

// Stages is the answer at PathStages.
type Stages struct {
	FitID      string      `json:"fit_id"`
	Parameters int         `json:"parameters" doc:"Number of parameters of the whole network, which no single node holds."`
	Stages     []StageInfo `json:"stages" nullable:"false"`
}

// PipelineReport is what a pipeline's fit reports in addition to every training.
type PipelineReport struct {
	Schedule     string     `json:"schedule" enum:"1f1b,gpipe"`
	Stages       int        `json:"stages"`
	MicroBatches int        `json:"micro_batches"`
	Parameters   int        `json:"parameters" doc:"Number of parameters of the whole network."`
	EpochLoss    Floats     `json:"epoch_loss" doc:"Mean loss of each epoch, including the penalty."`
	Validation   Floats     `json:"validation_score,omitzero" doc:"Accuracy or R2 on the held-out rows, after each epoch."`
	Bubble       float64    `json:"bubble" doc:"Share of the steps' time in which stages were idle."`
	BubbleTheory float64    `json:"bubble_in_theory" doc:"(p-1)/(m+p-1), for p equal stages on p processors, m micro-batches and links without delay."`
	Bytes        int64      `json:"bytes_between_stages"`
	Checkpoints  int        `json:"checkpoints,omitzero"`
	Recoveries   []Recovery `json:"recoveries,omitzero" doc:"The recoveries of the fit from a lost stage."`
}

// Recovery reports that a fit continued after it had lost a worker.
type Recovery struct {
	Worker string `json:"worker,omitzero"`
	Reason string `json:"reason"`
	Step   int    `json:"step" doc:"Step at which the worker was lost, counted from 1."`
	From   int    `json:"from_step" doc:"Step from which the fit continued, counted from 1."`
}

// FitResumedEvent reports that a fit continues after it has lost a worker, or, if that has no name, after the
// program that had begun it was ended.
type FitResumedEvent struct {
	FitID    string   `json:"fit_id"`
	Recovery Recovery `json:"recovery"`
}

// Kind is the event's name.
func (FitResumedEvent) Kind() string { return "fit_resumed" }

// CheckpointDamagedEvent reports that a checkpoint could not be used when a stage was lost: the fit
// goes back to the one before, or to its start, and ends with the same model.
type CheckpointDamagedEvent struct {
	FitID  string `json:"fit_id"`
	Worker string `json:"worker"` // whose part it is
	File   string `json:"file"`   // in the project's folder, or else with its whole path
	Reason string `json:"reason"`
	From   int    `json:"from_step"` // the step from which the fit continues, counted from 1
}

// Kind is the event's name.
func (CheckpointDamagedEvent) Kind() string { return "checkpoint_damaged" }
