package masters

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

// Master is one way to train on many workers. The kinds are made by
// NewAggregation and its siblings; a Master is used once, by chimera.Run or
// Serve.
type Master interface {
	// Kind is the name in chimera.yaml. What it needs of the learners is checked
	// with the configuration, before anything starts.
	Kind() config.Master
	// quorum is how many workers a fit or a prediction needs.
	quorum() int
	// mount sets the master up on a server and registers its operations.
	mount(s *Server) error
	// state describes the model that serves.
	state() Model
	// fit runs one fit job; see jobs.
	fit(ctx context.Context, fitID string) (*api.FitResponse, error)
	// catchUp brings a worker that is up to the serving model.
	catchUp(ctx context.Context, w *member) error
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

// Timing of the pool; settings where users want to change them, constants
// where they do not.
const (
	probeEvery    = time.Second // a worker that is down is asked this often whether it is back
	catchUpAtMost = time.Minute // between two tries to bring a worker that is up to the serving model
	stopGrace     = 5 * time.Second
)

func (s Setup) limits() rest.ReadLimits {
	return rest.ReadLimits{MaxBody: int64(s.Config.Limits.MaxBody), BodyTimeout: time.Duration(s.Config.Limits.BodyReadTimeout)}
}
