package masters

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"sync"
	"time"

	"github.com/gochimera/chimera/api"
	"github.com/gochimera/chimera/internal/transport"
)

// pool is a master's workers: it calls them, notices which do not answer,
// probes those until they do, and has them caught up with the serving model.
type pool struct {
	members []*member // in the order of the configuration, which is the order of every reduction
	client  *transport.Client
	timeout time.Duration // for one call
	retries int           // further tries of a call that may do better
	timeLog *TimeLog
	log     *slog.Logger
	publish func(api.Event)

	catchUp func(context.Context, *member) error
	wake    chan *member // members to look after
	owner   sync.WaitGroup
	stop    context.CancelFunc
}

// member is one worker.
type member struct {
	name  string
	url   string // by which the master reaches it
	peer  string // by which the other workers do
	index int

	mu     sync.Mutex
	state  api.MemberState
	reason string
	since  time.Time
	fitID  string // the last fit it took part in, as far as the master knows
	python bool   // of the Python package: it has fit and predict only
	known  bool   // whether python was found out
	calls  int64
	failed int64
	tended bool // somebody is probing it or catching it up

	identity string // learner and configuration when it took part in a fit
}

func newPool(endpoints []Endpoint, client *transport.Client, timeout time.Duration, retries int, timeLog *TimeLog, log *slog.Logger, publish func(api.Event)) *pool {
	p := &pool{client: client, timeout: timeout, retries: retries, timeLog: timeLog, log: log, publish: publish, wake: make(chan *member, len(endpoints))}
	for i, e := range endpoints {
		m := &member{name: e.Name, url: e.URL, peer: cmp.Or(e.Peer, e.URL), index: i, state: api.MemberUp, since: time.Now()}
		p.members = append(p.members, m)
		if e.Down != nil {
			p.down(m, e.Down.Error())
		}
	}
	return p
}

// start begins to look after workers that go down; close ends it.
func (p *pool) start(ctx context.Context, catchUp func(context.Context, *member) error) {
	p.catchUp = catchUp
	ctx, p.stop = context.WithCancel(ctx)
	p.owner.Go(func() {
		for {
			select {
			case <-ctx.Done():
				return
			case m := <-p.wake:
				p.owner.Go(func() { p.tend(ctx, m) })
			}
		}
	})
}

// close ends the tending and waits for it.
func (p *pool) close() {
	if p.stop != nil {
		p.stop()
	}
	p.owner.Wait()
	p.client.Close()
}

// view is what the master tells of a member.
func (m *member) view() api.Member {
	m.mu.Lock()
	defer m.mu.Unlock()
	return api.Member{
		Worker: m.name, URL: m.url, State: m.state, Reason: m.reason, Since: m.since, FitID: m.fitID,
		Python: m.python, Calls: m.calls, Failed: m.failed,
	}
}

func (m *member) isPython() bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.python
}

// identify notes what took part in a fit, and same says whether it still is
// that: a worker may come back as another.
func (m *member) identify(s *api.WorkerSchema) {
	if s == nil {
		return
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.identity = identityOf(s)
}

func (m *member) same(s *api.WorkerSchema) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.identity == "" || m.identity == identityOf(s)
}

func identityOf(s *api.WorkerSchema) string { return s.Learner + " " + s.ConfigHash }

func (m *member) isKnown() bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.known
}

func (m *member) setPython(is bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.python, m.known = is, true
}

// failure names the member with a reason, from an error of a call.
func (m *member) failure(err error) api.WorkerFailure {
	f := api.WorkerFailure{Worker: m.name, Code: api.CodeWorkersFailed, Reason: err.Error()}
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

// unavailable says why a member should not be called now, if so: it is down.
// An outdated one is called: a new fit makes it current.
func (m *member) unavailable() (api.WorkerFailure, bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.state != api.MemberDown {
		return api.WorkerFailure{}, false
	}
	return api.WorkerFailure{Worker: m.name, Code: api.CodeWorkersFailed, Reason: "down: " + m.reason}, true
}

// outdated says why a member should not be asked for predictions now.
func (m *member) outdated() (api.WorkerFailure, bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.state != api.MemberOutdated {
		return api.WorkerFailure{}, false
	}
	return api.WorkerFailure{Worker: m.name, Code: api.CodeOutdated, Reason: "outdated: " + m.reason}, true
}

// outcome is what came of a call to one member.
type outcome struct {
	answer  *transport.Answer
	retries int
	err     error
}

// call makes one request to a member, with the pool's deadline and retries. A
// member that gives no answer goes down.
func (p *pool) call(ctx context.Context, m *member, r transport.Request) (answer *transport.Answer, retries int, err error) {
	r.URL = m.url + r.URL
	o := p.settle(ctx, m, r, p.attempt(ctx, m, r))
	return o.answer, o.retries, o.err
}

// attempt is one try of a call.
func (p *pool) attempt(ctx context.Context, m *member, r transport.Request) outcome {
	ctx, cancel := p.deadline(ctx)
	defer cancel()
	start := time.Now()
	answer, err := p.client.Do(ctx, r)
	p.note(m, r.URL, start, err)
	return outcome{answer: answer, err: err}
}

// settle tries a call again, as long as that may help and the pool allows, and
// notes a member that gave no answer in the end.
func (p *pool) settle(ctx context.Context, m *member, r transport.Request, o outcome) outcome {
	backoff := 50 * time.Millisecond
	for o.err != nil && ctx.Err() == nil && o.retries < p.retries && transport.Temporary(o.err) {
		p.log.Debug("trying a worker again", "worker", m.name, "url", r.URL, "try", o.retries+2, "error", o.err)
		select {
		case <-ctx.Done():
			o.err = context.Cause(ctx)
			return o
		case <-time.After(backoff):
		}
		retries := o.retries + 1
		o = p.attempt(ctx, m, r)
		o.retries = retries
		backoff = min(2*backoff, 5*time.Second)
	}
	if o.err != nil && ctx.Err() == nil && !isStatus(o.err) {
		p.down(m, o.err.Error())
	}
	return o
}

func (p *pool) deadline(ctx context.Context) (context.Context, context.CancelFunc) {
	return context.WithTimeoutCause(ctx, p.timeout, fmt.Errorf("%w: the deadline of %s passed", transport.ErrTimeout, p.timeout))
}

// note counts a try and writes the time log; an answer, be it an error, is a
// latency.
func (p *pool) note(m *member, url string, start time.Time, err error) {
	m.count(err)
	if err == nil || isStatus(err) {
		p.timeLog.worker(url, time.Since(start))
	}
}

// smallBody is what a connection takes without the other side reading.
const smallBody = 32 << 10

// broadcast calls several members at once. Small requests are all sent, one
// after the other, before anybody waits for an answer, which takes no handing over between
// goroutines; a large one would hold up those behind it, so then each member has a
// goroutine for all of its call.
func (p *pool) broadcast(ctx context.Context, members []*member, r transport.Request) []outcome {
	if len(r.Body) > smallBody {
		return each(members, func(m *member) outcome {
			answer, retries, err := p.call(ctx, m, r)
			return outcome{answer, retries, err}
		})
	}
	limited, cancel := p.deadline(ctx)
	defer cancel()
	calls, starts := make([]*transport.Call, len(members)), make([]time.Time, len(members))
	for i, m := range members {
		one := r
		one.URL = m.url + r.URL
		starts[i] = time.Now()
		calls[i] = p.client.Begin(limited, one)
	}
	at := make(map[*member]int, len(members))
	for i, m := range members {
		at[m] = i
	}
	return each(members, func(m *member) outcome { // waiting in turn would log the slowest's time for all
		i := at[m]
		one := r
		one.URL = m.url + r.URL
		var o outcome
		o.answer, o.err = calls[i].Wait()
		p.note(m, one.URL, starts[i], o.err)
		return p.settle(ctx, m, one, o)
	})
}

func isStatus(err error) bool {
	var s *transport.StatusError
	return errors.As(err, &s)
}

func (m *member) count(err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.calls++
	if err != nil {
		m.failed++
	}
}

// down notes that a member does not answer, and starts to probe it.
func (p *pool) down(m *member, reason string) { p.turn(m, api.MemberDown, reason) }

// outdate notes that a member holds another model, and starts to catch it up.
func (p *pool) outdate(m *member, reason string) { p.turn(m, api.MemberOutdated, reason) }

func (p *pool) turn(m *member, state api.MemberState, reason string) {
	m.mu.Lock()
	if m.state == api.MemberDown && state == api.MemberOutdated {
		m.mu.Unlock() // the prober will find out
		return
	}
	changed := m.state != state
	if changed {
		m.state, m.since = state, time.Now()
	}
	m.reason = reason
	tend := !m.tended
	m.tended = true
	m.mu.Unlock()
	if changed && state == api.MemberDown {
		p.log.Warn("a worker is down", "worker", m.name, "url", m.url, "reason", reason)
		p.publish(api.WorkerDownEvent{Worker: m.name, Reason: reason})
	}
	if tend {
		p.wake <- m // has room for every member, and none is in it twice
	}
}

// revive notes that a member that was down answers again. It may take part in
// a fit; for predictions it has to be caught up first.
func (p *pool) revive(m *member) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.state == api.MemberDown {
		m.state, m.since = api.MemberOutdated, time.Now()
	}
}

// up notes that a member answers and holds the serving model, and ends its
// tending.
func (p *pool) up(m *member) {
	m.mu.Lock()
	if m.state != api.MemberUp {
		m.state, m.reason, m.since = api.MemberUp, "", time.Now()
	}
	m.tended = false
	m.mu.Unlock()
	p.log.Info("a worker is back", "worker", m.name, "url", m.url)
	p.publish(api.WorkerUpEvent{Worker: m.name})
}

// current notes that a member holds the serving model; if it was being
// tended, that ends by itself.
func (p *pool) current(m *member, fitID string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.fitID = fitID
	if m.state == api.MemberOutdated {
		m.state, m.reason, m.since = api.MemberUp, "", time.Now()
	}
}

// tend probes a member that is down until it answers, then catches it up. It
// ends when the member is up, or ctx ends. Probes are cheap and regular;
// catching up, which may cost a fit, is tried less and less often.
func (p *pool) tend(ctx context.Context, m *member) {
	timer := time.NewTimer(0) // the first look is at once
	defer timer.Stop()
	backoff := probeEvery
	for {
		select {
		case <-ctx.Done():
			return
		case <-timer.C:
		}
		wait := probeEvery
		err := p.probe(ctx, m)
		if err == nil {
			p.revive(m)
			err = p.catchUp(ctx, m)
			if err != nil && !errors.Is(err, errFitRuns) {
				wait, backoff = backoff, min(2*backoff, catchUpAtMost)
			}
		}
		if err == nil {
			p.up(m)
			return
		}
		m.mu.Lock()
		changed := m.reason != err.Error()
		m.reason = err.Error()
		m.mu.Unlock()
		if changed {
			p.log.Debug("a worker is not back yet", "worker", m.name, "error", err)
		}
		timer.Reset(wait)
	}
}

// probe asks whether a member is ready. A Python worker knows no such path,
// and answers 404, which is as good.
func (p *pool) probe(ctx context.Context, m *member) error {
	ctx, cancel := context.WithTimeout(ctx, min(p.timeout, 5*time.Second))
	defer cancel()
	_, err := p.client.Do(ctx, transport.Request{Method: http.MethodGet, URL: m.url + api.PathReady})
	var s *transport.StatusError
	if errors.As(err, &s) && s.Status == http.StatusNotFound {
		return nil
	}
	return err
}

// each runs f for every member at once and waits for all. Results are in
// member order. A panic in any of them is the caller's.
func each[T any](members []*member, f func(*member) T) []T {
	out := make([]T, len(members))
	if len(members) == 0 {
		return out
	}
	var all sync.WaitGroup
	panics := make([]any, len(members))
	for i, m := range members[1:] {
		all.Go(func() {
			defer func() { panics[i+1] = recover() }()
			out[i+1] = f(m)
		})
	}
	func() {
		defer func() { panics[0] = recover() }()
		out[0] = f(members[0]) // one of them needs no goroutine of its own
	}()
	all.Wait()
	for _, fault := range panics {
		if fault != nil {
			panic(fault)
		}
	}
	return out
}
