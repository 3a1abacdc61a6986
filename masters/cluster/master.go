package cluster

import (
	"context"
	"log/slog"
	"time"

	"github.com/gochimera/chimera/api"
	"github.com/gochimera/chimera/config"
	"github.com/gochimera/chimera/internal/rest"
	"github.com/gochimera/chimera/learner"
	"github.com/gochimera/chimera/registry"
)

// Master is one way to train on many workers. A Master is used once, by one
// Server, which calls Mount before everything else and Close last. Package
// masters/masterstest checks all that is promised here.
type Master interface {
	// Kind is the name of its kind of distribution, which is registered with
	// package distribute and is what chimera.yaml calls it. What the kind needs of
	// learners is checked with the configuration, before anything starts.
	Kind() string

	// Mount prepares the master and registers how it predicts, with Cluster.HandleModel, and what
	// it answers beyond that. Its fit is registered by the Server. No
	// worker is called yet: Mount also serves to write the documentation. An error
	// means that the configuration does not fit the kind.
	Mount(c *Cluster) error

	// Quorum is how many workers a fit or a prediction needs.
	Quorum() int

	// Model describes the model that serves. It is called at any time, also while a
	// fit runs, and must not wait.
	Model() Model

	// Fit trains. There is one fit at a time, and none runs beside CatchUp. Until
	// the new model serves, the old one does: an error, and ctx's end, leave it
	// serving. FitID, classes and seconds of the answer are filled in by the Server
	// where the master leaves them empty.
	Fit(ctx context.Context, fit *Fit) (*api.FitResponse, error)

	// CatchUp brings a worker that is back to the model that serves; with an error
	// it is tried again later, less and less often. Cluster.CatchUp does what most
	// kinds need. A master whose workers hold no model calls Cluster.Current.
	CatchUp(ctx context.Context, m *Member) error

	// Close releases what the master holds beyond memory. No fit runs any more.
	Close()
}

// Model describes the model that a master serves; FitID is empty before the first fit.
type Model struct {
	FitID    string
	Task     learner.Task
	Features []string
	Classes  []learner.Label // nil for regression
	Baseline []float64       // training rows of each class; for regression the mean of the target
	Rows     int             // training rows of the workers that took part
}

// Endpoint is a worker's name and address.
type Endpoint struct {
	Name string
	URL  string // scheme and host, no path
	Peer string // URL by which the other workers reach it; empty: as URL
	Down error  // why it could not be reached when it was launched; nil if it could
}

// Setup is what a master is told before it starts.
type Setup struct {
	Config   *config.Config
	Workers  []Endpoint
	Learners []registry.Info    // for GET /v1/chimera/learners
	Registry *registry.Registry // where a master that trains makes its learner; nil is registry.Default
	Log      *slog.Logger       // nil discards
	TimeLog  *TimeLog           // nil keeps no time log
	Version  string
	URL      string // the master's own address, for the time log
}

// Timing of the members; settings where users want to change them, constants
// where they do not.
const (
	probeEvery    = time.Second // a worker that is down is asked this often whether it is back
	catchUpAtMost = time.Minute // between two tries to bring a worker that is up to the serving model
)

func (s Setup) limits() rest.ReadLimits {
	return rest.ReadLimits{MaxBody: int64(s.Config.Limits.MaxBody), BodyTimeout: time.Duration(s.Config.Limits.BodyReadTimeout)}
}
