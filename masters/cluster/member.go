package cluster

import (
	"cmp"
	"errors"
	"sync"
	"time"

	"github.com/gochimera/chimera/api"
	"github.com/gochimera/chimera/internal/transport"
)

// Member is one worker as its master sees it.
type Member struct {
	Name  string
	URL   string // by which the master reaches it
	Peer  string // by which the other workers do
	Index int    // in Cluster.Members

	mu       sync.Mutex
	state    api.MemberState
	reason   string // why it is not up
	since    time.Time
	fitID    string // the last fit it took part in, as far as the master knows
	python   bool   // of the Python package: it has fit and predict only
	known    bool   // whether python was found out
	calls    int64
	failed   int64
	tended   bool   // somebody probes it or catches it up
	identity string // learner and configuration when it took part in a fit
}

func newMember(index int, e Endpoint) *Member {
	return &Member{Name: e.Name, URL: e.URL, Peer: cmp.Or(e.Peer, e.URL), Index: index, state: api.MemberUp, since: time.Now()}
}

// view is what the master tells of a member.
func (m *Member) view() api.Member {
	m.mu.Lock()
	defer m.mu.Unlock()
	return api.Member{
		Worker: m.Name, URL: m.URL, State: m.state, Reason: m.reason, Since: m.since, FitID: m.fitID,
		Python: m.python, Calls: m.calls, Failed: m.failed,
	}
}

// IsPython reports whether the member is a worker of the Python package, which
// has fit and predict only. It is known once the member was asked for its schema.
func (m *Member) IsPython() bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.python
}

// IsKnown reports whether it was found out what IsPython answers.
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

// Identify notes what took part in a fit; Same compares with it later.
func (m *Member) Identify(s *api.WorkerSchema) {
	if s == nil {
		return
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.identity = identityOf(s)
}

// Same reports whether the member still is what took part in the last fit: a
// worker may come back with another learner or configuration.
func (m *Member) Same(s *api.WorkerSchema) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.identity == "" || m.identity == identityOf(s)
}

func identityOf(s *api.WorkerSchema) string { return s.Learner + " " + s.ConfigHash }

// Failure names the member with a reason, from the error of a call.
func (m *Member) Failure(err error) api.WorkerFailure {
	f := api.WorkerFailure{Worker: m.Name, Code: api.CodeWorkersFailed, Reason: err.Error()}
	var s *transport.StatusError
	switch {
	case errors.As(err, &s) && s.Code() != "":
		f.Code = s.Code()
	case errors.As(err, &s) && s.Problem != nil && pythonCodes[s.Problem.Details.ErrorMessage] != "":
		f.Code = pythonCodes[s.Problem.Details.ErrorMessage]
	case errors.Is(err, transport.ErrTimeout):
		f.Code = api.CodeWorkersTimeout
	}
	return f
}

// pythonCodes are our codes for the classes of errors that a worker of the
// Python package names.
var pythonCodes = map[string]api.Code{
	"NotFittedError": api.CodeNotFitted,
	"ValueError":     api.CodeUnusableData,
}

// Unavailable says why a member should not be called now, if so: it is down.
// One that is outdated is called: a new fit makes it current.
func (m *Member) Unavailable() (api.WorkerFailure, bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.state != api.MemberDown {
		return api.WorkerFailure{}, false
	}
	return api.WorkerFailure{Worker: m.Name, Code: api.CodeWorkersFailed, Reason: "down: " + m.reason}, true
}

// Outdated says why a member should not be asked for predictions now, if so: it
// holds another model than the one that serves.
func (m *Member) Outdated() (api.WorkerFailure, bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.state != api.MemberOutdated {
		return api.WorkerFailure{}, false
	}
	return api.WorkerFailure{Worker: m.Name, Code: api.CodeOutdated, Reason: "outdated: " + m.reason}, true
}

func (m *Member) count(err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.calls++
	if err != nil {
		m.failed++
	}
}
