package cluster

import (
	"errors"
	"testing"

	"github.com/gochimera/chimera/api"
	"github.com/gochimera/chimera/internal/transport"
)

// Workers may use other addresses for each other than the master does.
func TestPeers(t *testing.T) {
	for _, c := range []struct {
		endpoint Endpoint
		want     string
	}{
		{Endpoint{Name: "w1", URL: "http://127.0.0.1:20001", Peer: "http://w1:80"}, "http://w1:80"},
		{Endpoint{Name: "w2", URL: "http://127.0.0.1:20002"}, "http://127.0.0.1:20002"},
	} {
		if got := newMember(0, c.endpoint).Peer; got != c.want {
			t.Errorf("the peers of %s are to reach it at %q, want %q", c.endpoint.Name, got, c.want)
		}
	}
}

// What a member refuses, or puts off, is a call and no failure of the member.
func TestFailedCallsAreFailures(t *testing.T) {
	refused := func(code api.Code) error {
		p := api.NewProblem(code, "It says so.")
		return &transport.StatusError{Status: p.Status, Problem: p}
	}
	python := api.NewProblem(api.CodeInternal, "It says so.")
	python.Details.ErrorMessage = "NotFittedError"
	for _, c := range []struct {
		what   string
		err    error
		failed int64
	}{
		{"an answer", nil, 0},
		{"no model yet", refused(api.CodeNotFitted), 0},
		{"no model yet, says the Python package with 500", &transport.StatusError{Status: python.Status, Problem: python}, 0},
		{"rows that it cannot use", refused(api.CodeUnusableData), 0},
		{"it still reads its rows", refused(api.CodeStarting), 0},
		{"no memory for more requests now", refused(api.CodeOverloaded), 0},
		{"a bug", refused(api.CodeInternal), 1},
		{"another program's error", &transport.StatusError{Status: 503}, 1},
		{"no connection", errors.New("connection refused"), 1},
	} {
		m := newMember(0, Endpoint{Name: "w", URL: "http://127.0.0.1:1"})
		m.count(c.err)
		if v := m.view(); v.Calls != 1 || v.Failed != c.failed {
			t.Errorf("%s: %d calls, %d failed; want 1 and %d", c.what, v.Calls, v.Failed, c.failed)
		}
	}
}
