package models

import (
	"encoding/json"
	"time"

	"github.com/gochimera/chimera/api"
	"github.com/gochimera/chimera/learner"
	"github.com/gochimera/chimera/prepare"
)

// FormatVersion is the version of the manifest and of what it describes. A
// later version of this package reads all earlier ones.
const FormatVersion = 1

// Manifest says what a stored model is.
type Manifest struct {
	Format  int       `json:"format"`
	ID      string    `json:"id"` // of the fit that made it
	Created time.Time `json:"created"`
	Project string    `json:"project"`
	Kind    string    `json:"master"`  // kind of distribution, as in chimera.yaml
	Version string    `json:"version"` // of Chimera
	Go      string    `json:"go"`      // version of Go
	Seed    uint64    `json:"seed,string"`

	ConfigHash string   `json:"config_hash"`      // of what the fit depends on in chimera.yaml
	Config     string   `json:"config,omitempty"` // chimera.yaml of a program that serves the model without its workers
	Workers    []Worker `json:"workers"`          // in the order of the configuration

	Model  Model            `json:"model"`
	State  json.RawMessage  `json:"state,omitempty"` // what the kind of distribution adds
	Report *api.FitResponse `json:"report"`          // the fit's answer: losses, seconds, who took part
	Parts  []Part           `json:"parts"`
}

// Worker is a worker of the project when the model was fitted.
type Worker struct {
	Name       string          `json:"name"`
	Learner    string          `json:"learner,omitempty"`
	Params     json.RawMessage `json:"params,omitempty"` // those that differ from the defaults
	Weight     float64         `json:"weight,omitempty"`
	Rows       int             `json:"rows,omitempty"`        // training rows; 0 if it did not take part
	RowsSum    string          `json:"rows_sum,omitempty"`    // checksum of its rows
	ConfigHash string          `json:"config_hash,omitempty"` // that its main was generated from
	Python     bool            `json:"python,omitempty"`      // a worker of the Python package, which cannot be stored
}

// Model is what is known of a model by whoever serves it.
type Model struct {
	Task     learner.Task    `json:"task"`     // empty, as all of this, if no worker tells its columns: those of the Python package do not
	Features []string        `json:"features"` // what its learners see
	Classes  []learner.Label `json:"classes,omitempty"`
	Baseline []float64       `json:"baseline"` // training rows of each class; for regression the mean of the target
	Rows     int             `json:"rows"`

	Columns     []string             `json:"columns,omitempty"` // of the rows that become the features; nil without a preparation
	Preparation *prepare.Preparation `json:"preparation,omitempty"`
	Question    *prepare.Question    `json:"question,omitempty"` // that the summaries answered
	FirstRows   []uint64             `json:"first_rows,omitempty"`
	Centers     map[string]float64   `json:"centers,omitempty"` // means of the columns' numbers, for an example
}

// Part is a part of a model that is stored by itself: what one worker holds of
// it, or the master.
type Part struct {
	Name   string `json:"name"` // the worker's, or "master"
	Size   int64  `json:"bytes"`
	SHA256 string `json:"sha256,omitempty"` // hexadecimal
	// Refit says why there is nothing stored of a worker, which is fitted again
	// instead; empty if there is.
	Refit string `json:"refit,omitempty"`
}

// Run is the record of one fit, which outlives its model.
type Run struct {
	ID       string           `json:"id"`
	Kind     string           `json:"master"`
	State    api.FitState     `json:"state"` // never FitRunning
	Started  time.Time        `json:"started"`
	Seconds  float64          `json:"seconds"`
	Error    string           `json:"error,omitempty"`
	Settings json.RawMessage  `json:"settings,omitempty"` // of the kind of distribution
	Seed     uint64           `json:"seed,string"`
	Workers  []Worker         `json:"workers"`
	Report   *api.FitResponse `json:"report,omitempty"` // of a fit that succeeded
	Scores   []Score          `json:"scores,omitempty"` // those attached to its model
}

// Score is a score that was attached to a model.
type Score struct {
	Name   string             `json:"name"` // of the held-out rows, such as their file
	At     time.Time          `json:"at"`
	Result *api.ScoreResponse `json:"result"`
}
