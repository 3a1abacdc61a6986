package node

import (
	"context"
	"net/http"
	"time"

	"golang.org/x/time/rate"

	"github.com/gochimera/chimera/api"
	"github.com/gochimera/chimera/internal/identity"
	"github.com/gochimera/chimera/internal/rest"
)

// callers decides who may call a worker that has an identity: its master; for some operations other workers of the project; and, where the
// wire is plain, whoever reads its pages, which say nothing of its rows.
type callers struct {
	identity identity.Known  // nil: whoever calls
	workers  map[string]bool // paths that other workers may call
	anybody  map[string]bool // paths that whoever reaches a plain wire may read
	seldom   rate.Sometimes  // says who was refused: somebody who tries again and again does not fill the log
}

const sayEvery = time.Minute

func newCallers(of identity.Known) *callers {
	return &callers{
		identity: of, workers: map[string]bool{api.PathHealth: true, api.PathReady: true},
		anybody: map[string]bool{api.PathHealth: true, api.PathReady: true},
		seldom:  rate.Sometimes{First: 1, Interval: sayEvery},
	}
}

// FromWorkers allows the project's other workers to call an operation.
func FromWorkers() Option {
	return func(n *Node, o *operation) { n.callers.workers[o.Path] = true }
}

// open lets whoever reaches a plain wire read what is at some paths.
func (c *callers) open(paths ...string) {
	for _, p := range paths {
		c.anybody[p] = true
	}
}

type callerKey struct{}

// CallerOf is who sent the request with this context; ok is false where callers are not known.
func CallerOf(ctx context.Context) (who identity.Who, ok bool) {
	who, ok = ctx.Value(callerKey{}).(identity.Who)
	return who, ok
}

// admit lets a request go on if its sender may call; else it answers that.
func (n *Node) admit(w http.ResponseWriter, r *http.Request) (*http.Request, bool) {
	k := n.callers
	if k.identity == nil {
		return r, true
	}
	who, known := k.identity.Caller(r)
	path := r.URL.Path
	switch {
	case known && (who.Master || k.workers[path]):
		return r.WithContext(context.WithValue(r.Context(), callerKey{}, who)), true
	case !known && !k.identity.Encrypted() && k.anybody[path] && (r.Method == http.MethodGet || r.Method == http.MethodHead):
		return r, true
	case known:
		n.turnAway(w, r, api.Problemf(api.CodeMastersOnly, "Worker %s does not do this for another worker.", n.Spec.Name))
	default:
		w.Header().Set("WWW-Authenticate", `Bearer realm="worker"`)
		n.turnAway(w, r, api.Problemf(api.CodeUnknownCaller, "Worker %s answers its master, and you have not shown that you are it.", n.Spec.Name))
	}
	return nil, false
}

func (n *Node) turnAway(w http.ResponseWriter, r *http.Request, p *api.Problem) {
	n.callers.seldom.Do(func() {
		n.Log.WarnContext(r.Context(), "a request was refused, and others may have been since this was last said", "from", r.RemoteAddr,
			"path", r.URL.Path, "reason", p.Code)
	})
	n.api.Refuse(w, r, p)
}

// renew takes a certificate of the master's, if the request brings one.
func (n *Node) renew(w http.ResponseWriter, r *http.Request) (done bool) {
	if n.callers.identity == nil || r.URL.Path != api.PathIdentity || r.Method != http.MethodPut {
		return false
	}
	if err := n.callers.identity.Renew(r.Body); err != nil {
		n.Log.WarnContext(r.Context(), "a new certificate was refused", "error", err)
		rest.WriteProblem(w, api.Problemf(api.CodeInvalidRequest, "Worker %s does not take the certificate: %v.", n.Spec.Name, err))
		return true
	}
	n.Log.DebugContext(r.Context(), "the certificate was renewed", "until", n.callers.identity.Ends())
	w.WriteHeader(http.StatusNoContent)
	return true
}
