package worker

import (
	"net"
	"testing"

	"github.com/gochimera/chimera/distribute/pipeline"
	"github.com/gochimera/chimera/registry"
	"github.com/gochimera/chimera/workers/node"
)

// A stage sends nothing to anybody who is not of its project, however the request is worded.
func TestStrangers(t *testing.T) {
	containers := []node.Member{{Name: "s1"}, {Name: "s2"}}
	elsewhere := []node.Member{{Name: "s1", URL: "http://gpu1.example.org:8081"}, {Name: "s2", URL: "http://192.168.1.20:8081/"}}
	for _, c := range []struct {
		name, url string
		members   []node.Member
		here      string
		refused   bool
	}{
		{"same machine, over loopback", "http://127.0.0.1:4711", containers, "127.0.0.1", false},
		{"same machine, another loopback address", "http://[::1]:4711", containers, "127.0.0.1", false},
		{"same machine, by name", "http://localhost:4711", containers, "127.0.0.1", false},
		{"same machine, at its address", "http://192.168.1.5:4711", containers, "192.168.1.5", false},
		{"in a container network", "http://s2:80", containers, "192.168.10.3", false},
		{"where chimera.yaml says", "http://192.168.1.20:8081", elsewhere, "192.168.1.5", false},
		{"no list, same machine", "http://127.0.0.1:4711", nil, "127.0.0.1", false},

		{"another machine", "http://192.168.1.6:4711", containers, "192.168.1.5", true},
		{"the metadata service", "http://169.254.169.254/latest", containers, "127.0.0.1", true},
		{"loopback from outside", "http://127.0.0.1:22", containers, "192.168.10.3", true},
		{"localhost from outside", "http://localhost:22", containers, "192.168.10.3", true},
		{"another name", "http://evil.example.com:80", containers, "127.0.0.1", true},
		{"another worker's name as host", "http://s1:80", containers, "127.0.0.1", true},
		{"another port than chimera.yaml's", "http://192.168.1.20:8082", elsewhere, "192.168.1.5", true},
		{"same machine, but chimera.yaml has it elsewhere", "http://127.0.0.1:8081", elsewhere, "127.0.0.1", true},
		{"a worker of no project", "http://127.0.0.1:4711", []node.Member{{Name: "s1"}}, "127.0.0.1", true},
		{"no list, another machine", "http://192.168.1.6:4711", nil, "127.0.0.1", true},
		{"another scheme", "ftp://127.0.0.1:4711", containers, "127.0.0.1", true},
		{"a user", "http://u@127.0.0.1:4711", containers, "127.0.0.1", true},
		{"a query", "http://127.0.0.1:4711?a=", containers, "127.0.0.1", true},
		{"no URL", "127.0.0.1", containers, "127.0.0.1", true},
	} {
		t.Run(c.name, func(t *testing.T) {
			reason := stranger(pipeline.Peer{Worker: "s2", URL: c.url}, c.members, "s2", net.ParseIP(c.here))
			if (reason != "") != c.refused {
				t.Errorf("%s, reached at %s: %q", c.url, c.here, reason)
			}
		})
	}
}

// In a network where a worker is found by more than its name, as a pod is, its launcher says how.
func TestNeighboursInPods(t *testing.T) {
	made, err := node.New(node.Spec{Name: "s1", Members: []node.Member{{Name: "s1"}, {Name: "s2"}}}, registry.Info{}, registry.Default,
		node.Options{Peers: "net-{worker}-0.net.ml.svc"}, "")
	if err != nil {
		t.Fatal(err)
	}
	w := &stage{Node: made}
	for url, refused := range map[string]bool{
		"http://net-s2-0.net.ml.svc:80":    false,
		"http://net-s1-0.net.ml.svc:80":    true,
		"http://net-s2-0.net.other.svc:80": true,
		"http://s2:80":                     true,
	} {
		if err := w.checkNeighbours(t.Context(), pipeline.BeginFrame{Next: &pipeline.Peer{Worker: "s2", URL: url}}); (err != nil) != refused {
			t.Errorf("%s: %v", url, err)
		}
	}
}
