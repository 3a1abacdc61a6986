package cluster

import "testing"

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
