package cluster

import (
	"context"
	"log/slog"
	"net/http"
	"slices"
	"time"

	"github.com/gochimera/chimera/api"
	"github.com/gochimera/chimera/config"
	"github.com/gochimera/chimera/internal/access"
	"github.com/gochimera/chimera/internal/certificate"
	"github.com/gochimera/chimera/internal/rest"
	"github.com/gochimera/chimera/internal/transport"
	"github.com/gochimera/chimera/internal/watch"
	"github.com/gochimera/chimera/learner"
	"github.com/gochimera/chimera/models"
	"github.com/gochimera/chimera/prepare"
	"github.com/gochimera/chimera/registry"
)

// Master is one way to train on many workers. A Master is used once, by one Server, which calls Mount
// first and Close last. Package masters/masterstest checks everything that is promised here.
type Master interface {
	// Kind is the name of its kind of distribution, as registered with package distribute and as used in
	// chimera.yaml. The capabilities that the kind needs from learners are checked with the configuration,
	// before anything starts.
	Kind() string

	// Mount prepares the master and registers how it predicts, with Cluster.HandleModel, and any further
	// paths. The Server registers the fit. Mount must not call workers: it also runs to write the
	// documentation. An error means that the configuration does not suit the kind.
	Mount(c *Cluster) error

	// Quorum is the number of workers that a fit or a prediction needs.
	Quorum() int

	// Model describes the model in service. It may be called at any time, also during a fit, and must not
	// block.
	Model() Model

	// Fit trains. There is one fit at a time, and none runs at the same time as CatchUp unless it asks for
	// that with Fit.CatchUpBeside. The old model stays in service until the new one replaces it, and also
	// if Fit returns an error or ctx ends. The Server fills in FitID, Classes and Seconds of the answer
	// where the master leaves them empty.
	Fit(ctx context.Context, fit *Fit) (*api.FitResponse, error)

	// CatchUp brings a worker that is back to the model in service; after an error it is retried with
	// growing pauses. Cluster.CatchUp does what most kinds need. A master whose workers hold no model
	// calls Cluster.Current.
	CatchUp(ctx context.Context, m *Member) error

	// Close releases what the master holds beyond memory. It is called when no fit runs any more.
	Close()
}

// Model describes the model in service; FitID is empty before the first fit.
type Model struct {
	FitID    string
	Task     learner.Task
	Features []string        // what its learners see
	Classes  []learner.Label // nil for regression; the names of the clusters of a model for clustering: 0, 1, and so on
	Baseline []float64       // training rows of each class; for regression the mean of the target
	Rows     int             // training rows of the workers that took part

	Columns     []string             // of the rows that become the features; nil without a preparation
	Preparation *prepare.Preparation // how they do; nil if the rows are the features
	question    prepare.Question     // that the summaries answered, but for FirstRow
	firsts      []uint64             // global ID of each member's first row
	centers     map[string]float64   // means of the columns' numbers, for an example; roughly, where members do not tell
}

// Endpoint is a worker's name and address.
type Endpoint struct {
	Name string
	URL  string // scheme and host, no path
	Peer string // URL used by the other workers; empty means URL
	Down error  // why it could not be reached at launch; nil if it could

	Gone bool // with Down: it never comes back, and is not asked

	// NoRestart says that nobody starts the worker again when it has ended, so that it is in vain to
	// wait for it.
	NoRestart bool

	// Within, if not nil, is the way to a worker that runs in this program: its handler, which answers requests without a connection, and
	// the context that ends when the worker cuts those that are under way. The handler is nil while the worker does not serve.
	Within interface {
		Enter() (handler http.Handler, life context.Context)
	}
}

// Setup is what a master needs to know before it starts.
type Setup struct {
	Config     *config.Config
	Workers    []Endpoint
	Learners   []registry.Info    // for GET /v1/chimera/learners
	Registry   *registry.Registry // where a master that trains finds its learner; nil means registry.Default
	Log        *slog.Logger       // nil discards
	TimeLog    *TimeLog           // nil means no time log
	Version    string
	Models     *models.Store       // where models are kept; nil if they are not
	Unkept     string              // why models are not stored, although they may be read; empty if they are
	ServesOnly bool                // there are no rows: nothing is fitted
	Anew       bool                // an interrupted fit is not gone on with
	URL        string              // the master's own address, for the time log
	Host       string              // where it listens, as it was given; empty if that is not known
	Guard      *access.Guard       // who may do what; nil: everybody may do everything
	Secured    *certificate.Source // by which clients know the master; nil without TLS
	Guide      http.Handler        // the guide, for requests below /guide/; nil if the program has none

	// Identity is by what the master and its workers know each other (internal/identity); nil if they do not.
	Identity transport.Security

	// Scale starts and ends single workers, for those that join and leave; nil if nobody can.
	Scale Scaler

	Watch   []*watch.Master // who is told what the master does
	Metrics http.Handler    // for GET /metrics; nil if the program has none
}

// Timing of the members; values are settings where users want to change them, and constants where they
// do not.
const (
	probeFirst    = 50 * time.Millisecond  // pause before a worker that is down is probed again; it doubles up to
	probeEvery    = time.Second            // this
	probeStarting = 250 * time.Millisecond // longest pause before one that is starting is, which is ready any moment
	catchUpAtMost = time.Minute            // longest pause between two attempts to catch up a worker
)

func (s Setup) limits() rest.Limits {
	l := s.Config.Limits
	return rest.Limits{
		MaxBody: int64(l.MaxBody), BodyTimeout: time.Duration(l.BodyReadTimeout), Memory: int64(l.MaxMemory), WriteTimeout: time.Duration(l.WriteTimeout),
		Requests: l.MaxRequests, Rate: l.Rate, Burst: l.Burst, RateLocal: l.RateLocal,
	}
}

// hosts are the names that the master is called by, beside those of its machine: where it listens if that was given by name, the
// workers', whose machines and containers it may share, and those of the configuration.
func (s Setup) hosts() []string {
	names := slices.Clone(s.Config.Access.Hosts)
	if s.Host != "" {
		names = append(names, s.Host)
	}
	for _, w := range s.Workers {
		names = append(names, w.Name)
	}
	return names
}
