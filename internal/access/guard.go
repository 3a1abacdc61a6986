package access

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"crypto/x509"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/gochimera/chimera/api"
)

// Guard lets those requests to a master through that prove to be of a client who may make them. A nil Guard lets all through.
type Guard struct {
	tokens *source      // nil: certificates count
	shown  *Authorities // nil: tokens count
	own    digest       // of the token of this run, for the programs of its project on this machine
	local  string
	log    *slog.Logger

	mu      sync.Mutex
	refused map[api.Code]*refusals
}

// refusals are those of one kind.
type refusals struct {
	told    time.Time
	untold  int
	address string
}

// tellEvery is how often refusals of one kind are in the log.
const tellEvery = time.Minute

// Lists are where the valid tokens of a master are listed.
type Lists struct {
	File     string // a file with a line for each; "" if there is none
	Text     string // the same lines, or several in one with semicolons between them; "" if there are none
	Variable string // what errors call the text
}

// NewGuard makes a guard that asks for tokens.
func NewGuard(from Lists, log *slog.Logger) (*Guard, error) {
	tokens, err := newSource(from.File, from.Text, from.Variable, log)
	if err != nil {
		return nil, err
	}
	local := NewToken()
	return &Guard{tokens: tokens, local: local, own: sha256.Sum256([]byte(local)), log: log, refused: map[api.Code]*refusals{}}, nil
}

// NewCertificateGuard makes a guard that asks for certificates.
func NewCertificateGuard(of *Authorities, log *slog.Logger) *Guard {
	local := NewToken()
	return &Guard{shown: of, local: local, own: sha256.Sum256([]byte(local)), log: log, refused: map[api.Code]*refusals{}}
}

// AsksCertificates reports whether clients are asked for their certificates when they connect.
func (g *Guard) AsksCertificates() bool { return g != nil && g.shown != nil }

// Local is a token with which the programs of the project may do everything, as long as this one runs.
func (g *Guard) Local() string {
	if g == nil {
		return ""
	}
	return g.local
}

// Admit is the problem of a request that its sender has not proved to be allowed to make; nil if it is. The header is that of the answer.
func (g *Guard) Admit(header http.Header, r *http.Request, need Role) *api.Problem {
	if g == nil || need == Open {
		return nil
	}
	token, given := bearer(r.Header)
	if !given && g.shown != nil {
		return g.admitShown(header, r, need)
	}
	if !given {
		header.Set("WWW-Authenticate", `Bearer realm="chimera"`)
		return g.refuse(r, api.Problemf(api.CodeUnauthenticated,
			"This master asks for a token (security.clients: token). Send it in the header Authorization, as in Authorization: Bearer TOKEN; "+
				"the command line takes it from CHIMERA_TOKEN_FILE or --token-file."))
	}
	role, known := g.role(r.Context(), token)
	if !known {
		header.Set("WWW-Authenticate", `Bearer realm="chimera", error="invalid_token"`)
		return g.refuse(r, api.Problemf(api.CodeUnauthenticated, "This master does not know the token, or not any more. Ask its administrator for another."))
	}
	if !role.May(need) {
		header.Set("WWW-Authenticate", `Bearer realm="chimera", error="insufficient_scope", scope="`+string(need)+`"`)
		return g.refuse(r, api.Problemf(api.CodeForbidden, "This needs a token of the role %s; yours has the role %s.", need, role))
	}
	return nil
}

// admitShown is Admit for a client that is known by its certificate.
func (g *Guard) admitShown(header http.Header, r *http.Request, need Role) *api.Problem {
	var chain []*x509.Certificate
	if r.TLS != nil {
		chain = r.TLS.PeerCertificates
	}
	role, err := g.shown.role(chain)
	switch {
	case len(chain) == 0:
		header.Set("WWW-Authenticate", `Bearer realm="chimera"`) // that of this run: RFC 9110 wants a challenge, and has none for certificates
		return g.refuse(r, api.Problemf(api.CodeUnauthenticated,
			"This master asks its clients for certificates (security.clients: mtls), and you have shown none. The command line takes yours from --certificate "+
				"or CHIMERA_CERTIFICATE; chimera certificate makes one."))
	case err != nil:
		header.Set("WWW-Authenticate", `Bearer realm="chimera"`)
		return g.refuse(r, api.Problemf(api.CodeUnauthenticated, "This master does not take your certificate: %v.", err))
	case !role.May(need):
		return g.refuse(r, api.Problemf(api.CodeForbidden, "This needs a certificate of the role %s; yours has the role %s.", need, role))
	}
	return nil
}

// bearer is the token of a request. Two headers prove nothing.
func bearer(header http.Header) (token string, given bool) {
	values := header.Values("Authorization")
	if len(values) != 1 {
		return "", len(values) > 1
	}
	scheme, token, _ := strings.Cut(values[0], " ")
	return strings.TrimSpace(token), strings.EqualFold(scheme, "Bearer")
}

func (g *Guard) role(ctx context.Context, token string) (Role, bool) {
	if token == "" || len(token) > longest {
		return Open, false
	}
	sum := sha256.Sum256([]byte(token))
	if subtle.ConstantTimeCompare(sum[:], g.own[:]) == 1 {
		return Admin, true
	}
	if g.tokens == nil {
		return Open, false
	}
	return g.tokens.role(ctx, token)
}

// refuse notes a refusal. Of each kind there is a line in the log at most once a minute, which says how many there were.
func (g *Guard) refuse(r *http.Request, p *api.Problem) *api.Problem {
	g.mu.Lock()
	defer g.mu.Unlock()
	of := g.refused[p.Code]
	if of == nil {
		of = &refusals{}
		g.refused[p.Code] = of
	}
	of.untold++
	of.address = r.RemoteAddr
	if now := time.Now(); of.told.IsZero() || now.Sub(of.told) >= tellEvery {
		g.log.WarnContext(r.Context(), "requests of clients were refused", "code", p.Code, "requests", of.untold, "last_from", of.address,
			"last_path", clip(r.URL.Path))
		of.told, of.untold = now, 0
	}
	return p
}

// clip bounds what a caller can put into a line of the log.
func clip(path string) string {
	const most = 100
	if len(path) > most {
		return strings.ToValidUTF8(path[:most], "") + "…"
	}
	return path
}
