package cluster_test

import (
	"bufio"
	"encoding/json"
	"io"
	"net/http"
	"testing"

	"github.com/gochimera/chimera/api"
	"github.com/gochimera/chimera/distribute/aggregation/master"
	"github.com/gochimera/chimera/internal/mastertest"
)

// listen opens the event stream and returns when its first event has arrived, or with the problem in
// the answer.
func listen(c *mastertest.Cluster, transport *http.Transport) (io.Closer, *api.Problem) {
	c.T.Helper()
	req, err := http.NewRequestWithContext(c.T.Context(), http.MethodGet, c.Master.URL+api.PathFitEvents, http.NoBody)
	if err != nil {
		c.T.Fatal(err)
	}
	res, err := transport.RoundTrip(req)
	if err != nil {
		c.T.Fatal(err)
	}
	if res.StatusCode == http.StatusOK {
		if _, err := bufio.NewReader(res.Body).ReadString('\n'); err != nil {
			c.T.Fatal(err)
		}
		return res.Body, nil
	}
	defer res.Body.Close()
	p := &api.Problem{Status: res.StatusCode}
	if err := json.NewDecoder(res.Body).Decode(p); err != nil {
		c.T.Fatal(err)
	}
	if res.Header.Get("Retry-After") == "" {
		c.T.Error("a refused listener is not told when to try again")
	}
	return nil, p
}

// Listeners are admitted up to a limit. Further ones are refused, the master otherwise works as
// before, and a listener that leaves makes room.
func TestListenersAreBounded(t *testing.T) {
	c := mastertest.Start(t, master.New(), nil, "mean", "", mastertest.Three()...)
	c.Fit()
	transport := new(http.Transport)
	defer transport.CloseIdleConnections()
	var seated []io.Closer
	defer func() {
		for _, l := range seated {
			_ = l.Close()
		}
	}()
	var refusal *api.Problem
	for refusal == nil && len(seated) < 1000 {
		var l io.Closer
		if l, refusal = listen(c, transport); l != nil {
			seated = append(seated, l)
		}
	}
	if refusal == nil || refusal.Status != http.StatusServiceUnavailable || refusal.Code != api.CodeTooManyListeners {
		t.Fatalf("listener %d was answered %+v", len(seated)+1, refusal)
	}
	if len(seated) < 100 {
		t.Errorf("only %d may listen, which is fewer than a class of students", len(seated))
	}
	c.Fit()
	_ = seated[0].Close()
	seated = seated[1:]
	for { // until the master has noticed
		if l, _ := listen(c, transport); l != nil {
			seated = append(seated, l)
			break
		}
	}
}

// Who listens is answered at once, also if nothing has happened yet.
func TestListeningIsAnsweredAtOnce(t *testing.T) {
	c := mastertest.Start(t, master.New(), nil, "mean", "", mastertest.Three()...)
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, c.Master.URL+api.PathFitEvents, http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	res, err := http.DefaultClient.Do(req) // returns with the header
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	if got := res.Header.Get("Content-Type"); res.StatusCode != http.StatusOK || got != "text/event-stream" {
		t.Errorf("status %d, %s", res.StatusCode, got)
	}
	c.Fit()
	if line, err := bufio.NewReader(res.Body).ReadString('\n'); err != nil || line != "id: 1\n" {
		t.Errorf("the first line is %q, %v", line, err)
	}
}
