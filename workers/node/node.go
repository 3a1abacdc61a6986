package node

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/gochimera/chimera/api"
	"github.com/gochimera/chimera/distribute/endpoint"
	"github.com/gochimera/chimera/internal/dataio"
	"github.com/gochimera/chimera/internal/environment"
	"github.com/gochimera/chimera/internal/identity"
	"github.com/gochimera/chimera/internal/logs"
	"github.com/gochimera/chimera/internal/rest"
	"github.com/gochimera/chimera/learner"
	"github.com/gochimera/chimera/registry"
)

// Node is what every role shares. A role embeds it, and adds its operations with Handle before the
// worker serves.
type Node struct {
	Spec   Spec
	Info   registry.Info // of the spec's learner
	Procs  int           // threads that the learner may use
	Log    *slog.Logger
	Faults *Faults // the faults to inject

	api      *rest.API
	callers  *callers       // who may call
	watched  http.Handler   // api, behind the instruments that the program has
	closing  []func() error // of what watches the worker
	registry *registry.Registry
	data     string
	peers    string // see Options
	served   *Served
	reading  dataio.Options
	started  time.Time
	state    func(*api.WorkerStatus)

	rows     atomic.Pointer[dataio.Table] // nil until loaded
	prepared prepared                     // the rows of the current fit
	once     sync.Once                    // describes the rows
	about    api.WorkerSchema
	loadTime time.Duration // set before rows
}

var _ Worker = (*Node)(nil)

// New makes a node without a role's operations. It returns an error if the spec's faults, or what it
// says of its files, are invalid, or if an instrument cannot watch it.
func New(spec Spec, info registry.Info, r *registry.Registry, o Options, description string) (*Node, error) {
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	o.Log = slog.New(logs.Contextual(o.Log.Handler())).With(logs.WorkerKey, spec.Name)
	faults, err := newFaults(spec, o)
	if err != nil {
		return nil, err
	}
	reading, err := spec.reading()
	if err != nil {
		return nil, err
	}
	n := &Node{
		Spec: spec, Info: info, Procs: o.Procs, Log: o.Log, Faults: faults,
		api: rest.New(rest.Options{
			Title: fmt.Sprintf("Chimera %s worker %s", spec.Role, spec.Name), Description: description,
			Version: Version(), Limits: o.Limits, Hosts: append(spec.hosts(), o.Hosts...), Log: o.Log,
		}),
		callers: newCallers(o.Identity), registry: r, data: o.Data, peers: o.Peers, served: o.Served, reading: reading, started: time.Now(),
		state: func(*api.WorkerStatus) {},
	}
	n.mountShared()
	n.mountDocs()
	n.mountHome()
	return n, n.mountInstruments(o.Instruments)
}

// PeerHost is the host at which the worker finds another one in a network that a launcher has made for them.
func (n *Node) PeerHost(worker string) string {
	if n.peers == "" {
		return worker
	}
	return strings.ReplaceAll(n.peers, environment.PeerName, worker)
}

// ServeHTTP answers a request, or breaks the connection if the worker has died of an injected fault.
func (n *Node) ServeHTTP(rw http.ResponseWriter, r *http.Request) {
	if n.Faults.dead.Load() {
		panic(http.ErrAbortHandler)
	}
	r, ok := n.admit(rw, r)
	if !ok || n.renew(rw, r) {
		return
	}
	r = partOf(r)
	if every := beatOf(r); every > 0 {
		b := newBeating(rw, every)
		defer b.end()
		rw = b
	}
	n.watched.ServeHTTP(rw, r)
}

// partOf is a request whose context says for which request to the master, and of which run and step, it is, as its caller tells.
func partOf(r *http.Request) *http.Request {
	request, run := r.Header.Get(api.HeaderRequest), r.Header.Get(api.HeaderRun)
	if request == "" && run == "" {
		return r
	}
	ctx := logs.WithRun(logs.WithRequest(r.Context(), request), run)
	if step, err := strconv.Atoi(r.Header.Get(api.HeaderStep)); err == nil {
		ctx = logs.WithStep(ctx, step)
	}
	return r.WithContext(ctx)
}

// Identity is by what the worker knows its master and other workers; nil if it trusts whoever calls.
func (n *Node) Identity() identity.Known { return n.callers.identity }

// Limits returns the limits in force.
func (n *Node) Limits() Limits { return n.api.Limits() }

// OnStatus sets a function that adds what the role knows to the status.
func (n *Node) OnStatus(add func(*api.WorkerStatus)) { n.state = add }

// Load reads the training data.
func (n *Node) Load(ctx context.Context) error {
	if n.served != nil {
		n.rows.Store(n.served.table())
		return nil
	}
	start := time.Now()
	rows, err := dataio.ReadTraining(ctx, n.data, n.Info.Task, n.reading)
	if err != nil {
		return err
	}
	n.loadTime = time.Since(start)
	rows = n.Faults.flipLabels(rows)
	n.rows.Store(rows)
	count, features := rows.X.Dims()
	n.Log.InfoContext(ctx, "training data loaded", "rows", count, "features", features, "seconds", n.loadTime.Seconds())
	return nil
}

// Loaded returns the training rows as they are in their file, or a problem if they are still being
// read.
func (n *Node) Loaded() (*dataio.Table, error) {
	rows := n.rows.Load()
	if rows == nil {
		return nil, api.Problemf(api.CodeStarting, "Worker %s is still reading its training data.", n.Spec.Name)
	}
	return rows, nil
}

// mountShared registers the operations that every node has.
func (n *Node) mountShared() {
	health := api.Health{Status: "ok", Node: n.Spec.Name, ConfigHash: n.Spec.ConfigHash, Protocol: api.Protocol}
	look(n, api.PathHealth, "Is the worker alive?", func() (api.Health, error) {
		return health, nil
	})
	look(n, api.PathReady, "Is its training data loaded?", func() (api.Health, error) {
		_, err := n.Loaded()
		return health, err
	})
	look(n, api.PathStatus, "The worker, its learner and its model", n.status)
	look(n, api.PathSchema, "Columns, classes and number of its rows", n.Schema)
	Handle(n, endpoint.Summary, Plain(n.summary))
}

func (n *Node) status() (api.WorkerStatus, error) {
	s := api.WorkerStatus{
		Worker: n.Spec.Name, Role: n.Spec.Role, Learner: n.Info, Params: api.Object{}, Bootstrap: n.Spec.Bootstrap, Seed: n.Spec.Seed,
		ConfigHash: n.Spec.ConfigHash, Features: []string{}, Uptime: time.Since(n.started).Seconds(), Version: Version(), PID: os.Getpid(),
	}
	if n.Spec.Params != "" {
		if err := json.Unmarshal([]byte(n.Spec.Params), &s.Params); err != nil {
			return s, fmt.Errorf("the parameters in the worker's main: %w", err)
		}
	}
	if rows := n.rows.Load(); rows != nil {
		s.Ready, s.Features, s.LoadTime = true, rows.Columns, n.loadTime.Seconds()
		s.Rows, _ = rows.X.Dims()
	}
	n.state(&s)
	return s, nil
}

// Learner makes the worker's learner, unfitted, with the worker's own seed.
func (n *Node) Learner() (learner.Estimator, error) {
	return n.SeededLearner(learner.Seed(n.Spec.Seed, "learner"))
}

// SeededLearner makes the worker's learner, unfitted, with a seed that workers may share.
func (n *Node) SeededLearner(seed uint64) (learner.Estimator, error) {
	return NewLearner(n.Spec, n.registry, learner.Env{Seed: seed, Procs: n.Procs, Log: n.Log})
}

// Problem turns an error of a learner into a problem with the right status: for rows that it cannot
// use the caller is at fault, anything else is an internal error. Handle does this for every
// operation.
func (n *Node) Problem(ctx context.Context, err error) *api.Problem {
	var p *api.Problem
	var data *learner.DataError
	var param *learner.ParamError
	switch {
	case errors.As(err, &p):
		return p
	case errors.Is(err, learner.ErrNotFitted):
		return api.Problemf(api.CodeNotFitted, "Worker %s: %v.", n.Spec.Name, err)
	case errors.As(err, &data), errors.As(err, &param):
		return api.Problemf(api.CodeUnusableData, "Worker %s, learner %s: %v.", n.Spec.Name, n.Spec.Learner, err)
	case errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		return api.Problemf(api.CodeFitCancelled, "Worker %s: the caller went away.", n.Spec.Name)
	default:
		n.Log.ErrorContext(ctx, "the learner failed", "error", err)
		return api.Problemf(api.CodeInternal, "Worker %s, learner %s: %v.", n.Spec.Name, n.Spec.Learner, err)
	}
}
