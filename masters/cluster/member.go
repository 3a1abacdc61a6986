package cluster

import (
	"cmp"
	"errors"
	"net/http"
	"sync"
	"time"

	"github.com/gochimera/chimera/api"
	"github.com/gochimera/chimera/internal/transport"
	"github.com/gochimera/chimera/models"
)

// Member is one worker as its master sees it.
type Member struct {
	Name  string
	URL   string // used by the master
	Peer  string // used by the other workers
	Index int    // in Cluster.Members

	mu       sync.Mutex
	state    api.MemberState
	reason   string // why it is not up
	since    time.Time
	fitID    string // the last fit it took part in, as far as the master knows
	python   bool   // from the Python package: it has fit and predict only
	known    bool   // whether python has been determined
	calls    int64
	failed   int64
	tended   bool     // a goroutine probes it or catches it up
	identity identity // when it took part in the fit of the model in service
	restored bool     // the identity is that of a stored model, and may be known in part
	refitted string   // why it was fitted again for the model in service, although that is stored

	membership

	within    transport.Within // of an Endpoint
	noRestart bool             // nobody starts it again when it has ended
	left      string           // why its launcher does not start it again, although it has ended; empty if it has not ended, or may come back
	news      chan struct{}    // is closed at the next change of state or left; nil if nobody listens
}

func newMember(index int, e Endpoint) *Member {
	return &Member{
		Name: e.Name, URL: e.URL, Peer: cmp.Or(e.Peer, e.URL), Index: index, state: api.MemberUp, since: time.Now(),
		noRestart: e.NoRestart, within: e.Within,
	}
}

// view is the member as the master reports it.
func (m *Member) view() api.Member {
	m.mu.Lock()
	defer m.mu.Unlock()
	state := m.state
	if m.newcomer && state == api.MemberOutdated && !m.tended { // it is as it should be, until the next fit
		state = api.MemberUp
	}
	return api.Member{
		Worker: m.Name, URL: m.URL, State: state, Reason: m.reason, Since: m.since, FitID: m.fitID,
		Python: m.python, Calls: m.calls, Failed: m.failed, Refitted: m.refitted, Joining: m.starting, Ending: m.ending, Leaving: m.leaving,
	}
}

// IsPython reports whether the member is a worker of the Python package, which has fit and predict
// only. It is known once the member has been asked for its schema.
func (m *Member) IsPython() bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.python
}

// IsKnown reports whether the result of IsPython is known.
func (m *Member) IsKnown() bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.known
}

func (m *Member) setPython(is bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.python, m.known = is, true
}

// Identify records what took part in a fit; Same compares with it later.
func (m *Member) Identify(s *api.WorkerSchema) {
	if s == nil {
		return
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.identity, m.restored, m.refitted = identityOf(s), false, ""
}

// expect records what took part in the fit of a stored model.
func (m *Member) expect(w models.Worker) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.identity, m.restored, m.refitted = identity{w.Learner, w.ConfigHash}, true, ""
}

// Refitted records why a member was fitted again for the model in service, although that is stored.
func (m *Member) Refitted(why string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.refitted = why
}

func (m *Member) whyRefitted() string {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.refitted
}

// Same reports whether the member is still what took part in the last fit: a worker may come back with
// another learner or configuration.
func (m *Member) Same(s *api.WorkerSchema) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.restored {
		return m.identity.suits(identityOf(s))
	}
	return m.identity == identity{} || m.identity == identityOf(s)
}

// identity is what a worker is, as far as it is known.
type identity struct{ learner, config string }

func identityOf(s *api.WorkerSchema) identity { return identity{s.Learner, s.ConfigHash} }

// suits compares what both tell.
func (i identity) suits(other identity) bool {
	return (i.learner == "" || other.learner == "" || i.learner == other.learner) &&
		(i.config == "" || other.config == "" || i.config == other.config)
}

// Failure names the member with a reason, from the error of a call.
func (m *Member) Failure(err error) api.WorkerFailure {
	f := api.WorkerFailure{Worker: m.Name, Code: api.CodeWorkersFailed, Reason: err.Error()}
	var s *transport.StatusError
	switch {
	case errors.As(err, &s) && s.Code() != "":
		f.Code = s.Code()
	case errors.As(err, &s) && s.Problem != nil && pythonCodes[s.Problem.Details.ErrorMessage] != "":
		f.Code = pythonCodes[s.Problem.Details.ErrorMessage]
	case errors.As(err, &s) && s.Status == http.StatusNotFound && m.IsPython():
		f.Reason = "it is a worker of the Python package, and not one of those that this master needs (HTTP 404): a RegressionWorker or a " +
			"ClassificationWorker is for master: aggregation, an SGDWorker for master: parameter-server"
	case errors.Is(err, transport.ErrTimeout):
		f.Code = api.CodeWorkersTimeout
	}
	return f
}

// pythonCodes maps the error classes that a worker of the Python package names to our codes.
var pythonCodes = map[string]api.Code{
	"NotFittedError": api.CodeNotFitted,
	"ValueError":     api.CodeUnusableData,
}

// Unavailable reports whether a member should not be called now because it is down or away, and why. An
// outdated member may be called: a new fit updates it.
func (m *Member) Unavailable() (api.WorkerFailure, bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.state != api.MemberDown && m.state != api.MemberAway {
		return api.WorkerFailure{}, false
	}
	return api.WorkerFailure{Worker: m.Name, Code: api.CodeWorkersFailed, Reason: string(m.state) + ": " + m.reason}, true
}

// Outdated reports whether a member should not be asked for predictions now because it holds another
// model than the one in service, and why.
func (m *Member) Outdated() (api.WorkerFailure, bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.state != api.MemberOutdated {
		return api.WorkerFailure{}, false
	}
	return api.WorkerFailure{Worker: m.Name, Code: api.CodeOutdated, Reason: "outdated: " + m.reason}, true
}

// count counts a call, and whether the member failed to answer it. A refusal is no failure of the
// member: there is no model yet, it is fitting, the caller's rows are unusable, it has no such path, it asks for
// another try later because it still reads its rows or has no memory left for more requests.
func (m *Member) count(err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.calls++
	if err != nil && !isRefusal(err) {
		m.failed++
	}
}

func isRefusal(err error) bool {
	var s *transport.StatusError
	if !errors.As(err, &s) {
		return false
	}
	return s.Status < http.StatusInternalServerError || s.Code().Info().Again > 0 || s.Problem != nil && pythonCodes[s.Problem.Details.ErrorMessage] != ""
}
