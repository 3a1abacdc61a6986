package node

import (
	"context"
	"log/slog"
	"net/http"

	"github.com/gochimera/chimera/internal/rest"
)

// Spec says what a worker is; a generated main passes it.
type Spec struct {
	Name       string // unique in the project
	Role       string // a registered role of the worker's kind of distribution
	Project    string
	Learner    string // a registered name
	Params     string // JSON object; the parameters that differ from the defaults
	Seed       uint64 // for everything random in the worker
	Bootstrap  bool   // fit on a bootstrap sample of the rows (Efron 1979)
	Faults     string // JSON object; the faults to inject into a worker that trains in steps, empty for none
	ConfigHash string // the configuration that the main was generated from
}

// Limits bounds what a node reads: the bytes of a body, and the time to read one.
type Limits = rest.ReadLimits

// Options is what a worker gets from its environment.
type Options struct {
	Data   string // folder with X_train.csv and y_train.csv
	Limits Limits
	Procs  int          // threads that the learner may use; 0 means 1
	Log    *slog.Logger // nil discards
	Exit   func(int)    // ends the process, for the fault die_at; nil if the worker shares the process with others
}

// Worker is a running worker: an http.Handler that answers 503 until Load has read its rows. A worker
// that holds more than memory is also an io.Closer.
type Worker interface {
	http.Handler
	// Load reads the training data. It is called once; after an error the worker cannot work.
	Load(ctx context.Context) error
}
