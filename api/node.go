package api

import (
	"time"

	"github.com/gochimera/chimera/learner"
	"github.com/gochimera/chimera/registry"
)

// Health says that a node is alive.
type Health struct {
	Status     string `json:"status" enum:"ok" doc:"Always ok: a node that is not does not answer."`
	Node       string `json:"node" doc:"The worker's name, or the kind of master."`
	ConfigHash string `json:"config_hash,omitzero" doc:"Of the configuration that a worker's main was generated from."`
	Protocol   int    `json:"protocol,omitzero" doc:"Version of what nodes send each other; absent in programs from before it was told."`
}

// WorkerStatus is what a worker reports about itself.
type WorkerStatus struct {
	Worker     string        `json:"worker"`
	Role       string        `json:"role" doc:"What it does: model, ..."`
	Learner    registry.Info `json:"learner" doc:"The learner, with its capabilities and parameters."`
	Params     Object        `json:"params" doc:"The parameters that differ from the defaults."`
	Ready      bool          `json:"ready" doc:"Whether the training data is loaded."`
	Bootstrap  bool          `json:"bootstrap"`
	Seed       uint64        `json:"seed"`
	ConfigHash string        `json:"config_hash"`
	Rows       int           `json:"rows" doc:"Training rows."`
	Features   []string      `json:"features" nullable:"false"`
	LoadTime   float64       `json:"load_seconds" doc:"Seconds spent reading the training data."`
	FitID      string        `json:"fit_id,omitzero" doc:"The fit whose model serves; empty for one fitted directly."`
	Fitted     bool          `json:"fitted"`
	Staged     string        `json:"staged_fit_id,omitzero" doc:"A fit whose model waits to be committed."`
	FitTime    float64       `json:"fit_seconds" doc:"Seconds the serving model took to fit."`
	Uptime     float64       `json:"uptime_seconds"`
	PID        int           `json:"pid" doc:"Its process."`
	Version    string        `json:"version"`
}

// Object is a JSON object of any content.
type Object map[string]any

// MemberState is what the master thinks of a worker.
type MemberState string

// The states.
const (
	MemberUp       MemberState = "up"
	MemberDown     MemberState = "down"     // did not answer; probed until it does
	MemberOutdated MemberState = "outdated" // up, but holds another fit's model
)

// Member is one worker as the master sees it.
type Member struct {
	Worker string      `json:"worker"`
	URL    string      `json:"url"`
	State  MemberState `json:"state" enum:"up,down,outdated"`
	Reason string      `json:"reason,omitzero" doc:"Why it is not up."`
	Since  time.Time   `json:"since" doc:"When it came into this state."`
	FitID  string      `json:"fit_id,omitzero" doc:"The last fit it took part in."`
	Python bool        `json:"python,omitzero" doc:"A worker of the Python package: fit and predict only."`
	Calls  int64       `json:"calls"`
	Failed int64       `json:"failed_calls"`
}

// MasterStatus is what a master reports about itself and its workers.
type MasterStatus struct {
	Master   string          `json:"master" doc:"The kind of master."`
	Project  string          `json:"project"`
	Version  string          `json:"version"`
	Uptime   float64         `json:"uptime_seconds"`
	Fitted   bool            `json:"fitted"`
	FitID    string          `json:"fit_id,omitzero" doc:"The fit whose model serves."`
	Features []string        `json:"features,omitzero"`
	Classes  []learner.Label `json:"classes,omitzero"`
	Workers  []Member        `json:"workers" nullable:"false"`
	Fit      *FitJob         `json:"fit,omitzero" doc:"The running fit, or the last."`
}
