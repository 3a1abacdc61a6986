package rest

import (
	"math"
	"net/http"
	"strconv"
	"sync/atomic"
	"time"

	"github.com/gochimera/chimera/api"
)

// admission bounds how many requests are answered at once, and how many an address may send in a second.
type admission struct {
	limit   int64 // 0 if there is none
	running atomic.Int64
	pace    *pace // nil if nobody is too fast
}

func newAdmission(l Limits) *admission {
	a := &admission{limit: int64(l.Requests)}
	if l.Rate > 0 {
		a.pace = newPace(l.Rate, l.Burst, l.RateLocal)
	}
	return a
}

// isProbe reports whether a request asks whether the node lives or is ready. Those who look after it have to be told also when it
// has much to do, so it is never refused. One with a body is no probe: it takes as long as its sender likes.
func isProbe(r *http.Request) bool {
	return (r.URL.Path == api.PathHealth || r.URL.Path == api.PathReady) && looks(r)
}

// isListener reports whether a request is for the stream of events, which is long, and has seats of its own.
func isListener(r *http.Request) bool { return r.URL.Path == api.PathFitEvents && looks(r) }

func looks(r *http.Request) bool {
	return (r.Method == http.MethodGet || r.Method == http.MethodHead) && !hasBody(r)
}

// enter counts a request that is to be answered, until leave. A problem says that there are too many.
func (a *admission) enter() *api.Problem {
	if a.running.Add(1) <= a.limit || a.limit == 0 {
		return nil
	}
	a.running.Add(-1)
	return api.Problemf(api.CodeOverloaded, "%d requests are being answered, which is the limit (limits.max_requests). Try again in a moment.", a.limit)
}

func (a *admission) leave() { a.running.Add(-1) }

// hasten is the problem of a request whose sender sends too many in a second; its answer's header says when to send it again.
func (a *admission) hasten(header http.Header, r *http.Request) *api.Problem {
	if a.pace == nil {
		return nil
	}
	wait := a.pace.wait(r.RemoteAddr)
	if wait <= 0 {
		return nil
	}
	seconds := int64(max(math.Ceil(wait.Seconds()), 1))
	header.Set(retryAfter, strconv.FormatInt(seconds, 10))
	return api.Problemf(api.CodeTooManyRequests,
		"Your address has sent more than the %g requests a second that one may send (limits.rate, with limits.burst at once). Try again in %d s.",
		float64(a.pace.rate), seconds)
}

const retryAfter = "Retry-After"

// What is still read of a request that is refused since there are too many, for a sender who looks for an answer only when all is
// sent: no more than that, as these requests are not counted.
const (
	refusedBody = 64 << 10
	refusedTime = 2 * time.Second
)

// turnAway answers a request that comes at a bad time, without much ado.
func (a *API) turnAway(w http.ResponseWriter, r *http.Request, p *api.Problem) {
	if hasBody(r) && !discard(w, r, refusedBody, min(refusedTime, a.limits.BodyTimeout)) {
		w.Header().Set("Connection", "close")
	}
	WriteProblem(w, p)
}
