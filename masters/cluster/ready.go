package cluster

import (
	"context"
	"fmt"
	"net/http"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"github.com/gochimera/chimera/api"
	"github.com/gochimera/chimera/internal/rest"
)

// mountReady registers the path that tells whether the master can work.
func (s *Server) mountReady() {
	rest.Register(s.API, rest.Fails(huma.Operation{
		Method: http.MethodGet, Path: api.PathReady, Summary: "Can the master work?", Tags: []string{"node"},
		Description: "200 once enough workers for the quorum are up and, after the first fit, hold the model in service; else 503 with the others and why.",
	}, api.CodeStarting), func(context.Context, *rest.None) (*rest.Output[api.Health], error) {
		if err := s.ready(); err != nil {
			return nil, err
		}
		return &rest.Output[api.Health]{Body: s.health()}, nil
	})
	s.show(http.MethodGet, api.PathReady, http.StatusOK, s.health(), nil)
}

// ready is a problem while fewer workers than the quorum can do their part.
func (s *Server) ready() error {
	fitted := s.master.Model().FitID != ""
	var out []api.WorkerFailure
	var reasons []string
	present := s.Present()
	for _, m := range present {
		f, is := m.Unavailable()
		if !is && fitted && !m.IsBeside() {
			f, is = m.Outdated()
		}
		if is {
			out = append(out, f)
			reasons = append(reasons, f.String())
		}
	}
	up, need := len(present)-len(out), s.master.Quorum()
	if up >= need || fitted && s.setup.ServesOnly && !s.holdParts() {
		return nil
	}
	what := "are up"
	if fitted {
		what = "are up and up to date"
	}
	p := api.Problemf(api.CodeStarting, "%d of %d workers %s; the quorum is %d.", up, len(present), what, need)
	p.Detail += fmt.Sprintf(" Not ready: %s.", strings.TrimSuffix(strings.Join(reasons, "; "), "."))
	p.Workers = out
	return p
}

// holdParts reports whether workers hold parts of the model, so that it takes them to predict.
func (s *Server) holdParts() bool {
	for _, m := range s.Members {
		if !m.isGone() {
			return true
		}
	}
	return false
}

func (m *Member) isGone() bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.state == api.MemberDown && m.left != ""
}
