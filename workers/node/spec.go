package node

import (
	"context"
	"log/slog"
	"net/http"

	"github.com/gochimera/chimera/internal/rest"
)

// Spec is what a worker is, as its generated main says it.
type Spec struct {
	Name       string // unique in the project
	Role       string // of its kind of distribution: a registered one
	Project    string
	Learner    string // a registered name
	Params     string // JSON object; what differs from the defaults
	Seed       uint64 // of everything random in the worker
	Bootstrap  bool   // fit on a bootstrap of the rows (Efron 1979)
	Faults     string // JSON object; what a worker that trains in steps does wrong on purpose, empty for nothing
	ConfigHash string // of the configuration that the main was generated from
}

// Limits bounds what a node reads: bytes of a body, and the time for reading one.
type Limits = rest.ReadLimits

// Options is what a worker gets from where it runs.
type Options struct {
	Data   string // folder with X_train.csv and y_train.csv
	Limits Limits
	Procs  int          // threads that the learner may use; 0 means 1
	Log    *slog.Logger // nil discards
	Exit   func(int)    // ends the process, for the fault die_at; nil if the worker shares it with others
}

// Worker is one worker at work: an http.Handler that answers 503 until Load
// has read its rows. One that holds more than memory is also an io.Closer.
type Worker interface {
	http.Handler
	// Load reads the training data. It is called once; an error means that the
	// worker cannot work.
	Load(ctx context.Context) error
}
