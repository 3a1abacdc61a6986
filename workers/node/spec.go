package node

import (
	"context"
	"io"
	"log/slog"
	"net/http"

	"github.com/gochimera/chimera/internal/identity"
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
	Data       string // JSON object; how the training files are written, empty if everything is found out
	ConfigHash string // the configuration that the main was generated from

	Hosts   []string // names that it is called by, beside its own, that of its container, those of its machine, localhost and addresses
	Members []Member // the project's workers, if they call each other
}

// Member is a worker of the project, as another one may call it.
type Member struct {
	Name string
	URL  string // where it runs already; empty if a launcher starts it
}

// hosts are the names that the worker is called by: in a container network by its name or its container's.
func (s Spec) hosts() []string {
	return append([]string{s.Name, s.Project + "-" + s.Name}, s.Hosts...)
}

// Limits bounds what a node takes of its callers.
type Limits = rest.Limits

// Options is what a worker gets from its environment.
type Options struct {
	Data   string   // folder with the training files
	Hosts  []string // names that it is called by, in addition to the spec's
	Peers  string   // host at which it finds another worker, with {worker} in place of the name; empty: the name itself
	Limits Limits
	Procs  int          // threads that the learner may use; 0 means 1
	Log    *slog.Logger // nil discards
	Served *Served      // the worker has no rows, and only serves a stored model; nil for one that reads its rows
	Exit   func(int)    // ends the process, for the fault die_at; nil if the worker shares the process with others

	Instruments []Instrument // what watches the worker

	// Identity is by what the worker knows its master and the project's other workers; nil: it trusts whoever reaches it.
	Identity identity.Known
}

// Worker is a running worker: an http.Handler that answers 503 until Load has read its rows.
type Worker interface {
	http.Handler
	// Close ends what the worker holds beside memory, such as connections, after its last request.
	io.Closer
	// Load reads the training data. It is called once; after an error the worker cannot work.
	Load(ctx context.Context) error
}
