package api

import (
	"time"

	"github.com/gochimera/chimera/learner"
	"github.com/gochimera/chimera/registry"
)

// Health reports that a node is alive.
type Health struct {
	Status     string `json:"status" enum:"ok" doc:"Always ok: a node that is not ok does not answer."`
	Node       string `json:"node" doc:"The worker's name, or the kind of master."`
	ConfigHash string `json:"config_hash,omitzero" doc:"Hash of the configuration that a worker's main was generated from."`
	Protocol   int    `json:"protocol,omitzero" doc:"Version of the protocol between nodes; absent in older programs, which did not send it."`
}

// WorkerStatus is a worker's report about itself.
type WorkerStatus struct {
	Worker     string        `json:"worker"`
	Role       string        `json:"role" doc:"The worker's role in its kind of distribution, for example model."`
	Learner    registry.Info `json:"learner" doc:"The learner, with its capabilities and parameters."`
	Params     Object        `json:"params" doc:"The parameters that differ from the defaults."`
	Ready      bool          `json:"ready" doc:"Whether the training data is loaded."`
	Bootstrap  bool          `json:"bootstrap"`
	Seed       uint64        `json:"seed"`
	ConfigHash string        `json:"config_hash"`
	Rows       int           `json:"rows" doc:"Number of training rows."`
	Features   []string      `json:"features" nullable:"false"`
	LoadTime   float64       `json:"load_seconds" doc:"Seconds spent reading the training data."`
	FitID      string        `json:"fit_id,omitzero" doc:"The fit whose model is in service; empty for a model that was fitted directly."`
	Fitted     bool          `json:"fitted"`
	Staged     string        `json:"staged_fit_id,omitzero" doc:"A fit whose model is waiting to be committed."`
	FitTime    float64       `json:"fit_seconds" doc:"Seconds that fitting the model in service took."`
	Uptime     float64       `json:"uptime_seconds"`
	PID        int           `json:"pid" doc:"Process ID."`
	Version    string        `json:"version"`
}

// Object is any JSON object.
type Object map[string]any

// MemberState is the state of a worker as its master sees it.
type MemberState string

// The states.
const (
	MemberUp       MemberState = "up"
	MemberDown     MemberState = "down"     // does not answer; probed until it does
	MemberOutdated MemberState = "outdated" // up, but holds another fit's model
	MemberAway     MemberState = "away"     // has left, as it was asked to: not called until it is asked to join
)

// Member is one worker as the master sees it.
type Member struct {
	Worker string      `json:"worker"`
	URL    string      `json:"url"`
	State  MemberState `json:"state" enum:"up,down,outdated,away"`
	Reason string      `json:"reason,omitzero" doc:"Why it is not up."`
	Since  time.Time   `json:"since" doc:"When it entered this state."`
	FitID  string      `json:"fit_id,omitzero" doc:"The last fit it took part in."`
	Python bool        `json:"python,omitzero" doc:"A worker of the Python package: fit and predict only."`
	Calls  int64       `json:"calls"`
	Failed int64       `json:"failed_calls"`

	Joining  bool   `json:"joining,omitzero" doc:"It is away, and is being started."`
	Ending   bool   `json:"ending,omitzero" doc:"It is away, and its worker is still being ended."`
	Leaving  bool   `json:"leaving,omitzero" doc:"It leaves when the next fit has ended; until then it is part of the model in service."`
	Refitted string `json:"refitted,omitzero" doc:"Why it was fitted again for the stored model in service, instead of being given its part."`
}

// MasterStatus is a master's report about itself and its workers.
type MasterStatus struct {
	Master   string          `json:"master" doc:"The kind of master."`
	Project  string          `json:"project"`
	Version  string          `json:"version"`
	Uptime   float64         `json:"uptime_seconds"`
	Fitted   bool            `json:"fitted"`
	FitID    string          `json:"fit_id,omitzero" doc:"The fit whose model is in service."`
	Task     learner.Task    `json:"task,omitzero" doc:"Of the model in service."`
	Features []string        `json:"features,omitzero"`
	Classes  []learner.Label `json:"classes,omitzero"`
	Workers  []Member        `json:"workers" nullable:"false"`
	Fit      *FitJob         `json:"fit,omitzero" doc:"The running fit, or the last one."`
	Model    *ServingModel   `json:"model,omitzero" doc:"The model in service, if it is stored."`
}
