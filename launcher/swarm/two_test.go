package swarm_test

import (
	"context"
	"crypto/rand"
	"errors"
	"net/http"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/docker/docker/api/types/container"
	"github.com/docker/docker/api/types/filters"
	"github.com/docker/docker/api/types/image"
	"github.com/google/go-cmp/cmp"

	"github.com/gochimera/chimera/config"
	"github.com/gochimera/chimera/launcher"
	"github.com/gochimera/chimera/launcher/swarm"
	"github.com/gochimera/chimera/launcher/swarm/swarmtest"
)

// fakes has the named fake workers of the launcher's test project, the first on the first node and so on.
func fakes(names ...string) launcher.Plan {
	p := launcher.Plan{Project: "test-" + strings.ToLower(rand.Text()[:8]), Dir: filepath.Join("..", "testdata", "project"), Version: "test"}
	for i, name := range names {
		p.Workers = append(p.Workers, launcher.Worker{
			Name: name, Main: "chimera_workers/" + name, Data: "chimera_train_data/" + name, Hash: "abc", Env: []string{"FAKE_HASH=abc"},
			Placement: []string{"node.hostname==" + []string{"node1", "node2"}[i]},
		})
	}
	return p
}

// launch launches workers whose images the nodes fetch from this program.
func launch(t *testing.T, nodes *swarmtest.Swarm, p launcher.Plan) launcher.Fleet {
	t.Helper()
	fleet, err := swarm.Launcher{Swarm: config.Swarm{Nodes: []string{nodes.Host(1)}}}.Launch(t.Context(), p)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = fleet.Stop(context.Background()) }) // for tests that fail before theirs
	return fleet
}

// answers fails the test if there is no worker at an address.
func answers(t *testing.T, url string) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url+"/v1/chimera/health", nil)
	if err != nil {
		t.Fatal(err)
	}
	answer, err := (&http.Client{Transport: &http.Transport{DisableKeepAlives: true}, Timeout: time.Minute}).Do(r)
	if err != nil {
		t.Fatal(err)
	}
	_ = answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		t.Errorf("%s answers %s", url, answer.Status)
	}
}

// The images come to both nodes without a registry, each worker runs where it is to, and nothing is left afterwards.
func TestTwoNodes(t *testing.T) {
	nodes := swarmtest.Nodes(t)
	manager := nodes.Engine(t, 0)
	p := fakes("tree1", "tree2")
	fleet := launch(t, nodes, p)
	for _, e := range fleet.Endpoints() {
		answers(t, e.URL)
		if want := "http://" + e.Name + ":80"; e.Peer != want {
			t.Errorf("the others reach %s at %s, want %s", e.Name, e.Peer, want)
		}
	}
	list, err := swarm.Workers(t.Context(), manager, p.Project)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, w := range list {
		got = append(got, w.Name+" on "+w.Node)
		if !strings.HasPrefix(w.Image, "127.0.0.1:") || !strings.Contains(w.Image, "@sha256:") {
			t.Errorf("the image %s is not named by its digest, on loopback", w.Image)
		}
	}
	if d := cmp.Diff([]string{"tree1 on node1", "tree2 on node2"}, got); d != "" {
		t.Error(d)
	}
	if err := fleet.Stop(context.Background()); err != nil {
		t.Error(err)
	}
	if left, err := swarm.Down(t.Context(), manager, p.Project); err != nil || !cmp.Equal(left, swarm.Removed{}) {
		t.Errorf("left behind: %+v, %v", left, err)
	}
}

// Without the relay's image on a node, the error names the node and says what to do.
func TestNoRelay(t *testing.T) {
	nodes := swarmtest.Nodes(t)
	second := nodes.Engine(t, 1).API()
	list, err := second.ImageList(t.Context(), image.ListOptions{Filters: filters.NewArgs(filters.Arg("reference", "127.0.0.1:1/chimera/relay"))})
	if err != nil {
		t.Fatal(err)
	}
	for _, i := range list {
		if _, err := second.ImageRemove(t.Context(), i.ID, image.RemoveOptions{Force: true}); err != nil {
			t.Fatal(err)
		}
	}
	_, err = swarm.Launcher{}.Launch(t.Context(), fakes("tree1", "tree2"))
	var missing *swarm.NoRelayError
	if !errors.As(err, &missing) || !slices.Equal(missing.Nodes, []string{"node2"}) || !strings.Contains(err.Error(), "swarm.nodes") {
		t.Errorf("error %v, want a *swarm.NoRelayError about node2", err)
	}
}

// A worker whose node is cut off runs on the other one, at the same address; when the node is back, its twin ends.
func TestNodeIsLost(t *testing.T) {
	nodes := swarmtest.Nodes(t)
	p := fakes("tree1", "tree2")
	p.Workers[1].Placement = nil
	availability(t, nodes, 0, "pause") // tree2 on node2
	p.Workers[0].Placement = nil
	again := make(chan launcher.Event, 10)
	p.Observe = func(e launcher.Event) {
		if e.Kind == launcher.Again {
			again <- e
		}
	}
	fleet := launch(t, nodes, p)
	availability(t, nodes, 0, "active")
	before := fleet.Endpoints()
	nodes.Cut(t, 1)
	for range p.Workers {
		if e := <-fleet.Exits(); e.Code != -1 {
			t.Errorf("a worker that is lost: %+v", e)
		}
	}
	for range p.Workers {
		<-again
	}
	if d := cmp.Diff(before, fleet.Endpoints()); d != "" {
		t.Errorf("the workers have other addresses: %s", d)
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute) // reached only if they are never ready
	defer cancel()
	for i, e := range before {
		if err := launcher.AwaitReady(ctx, p.Workers[i], e.URL, func(launcher.Event) {}); err != nil {
			t.Error(err)
		}
	}
	twins := func() int {
		list, err := nodes.Engine(t, 1).API().ContainerList(ctx, container.ListOptions{Filters: filters.NewArgs(
			filters.Arg("label", "io.github.gochimera.project="+p.Project), filters.Arg("label", "io.github.gochimera.worker"))})
		if err != nil {
			t.Fatal(err)
		}
		return len(list)
	}
	if n := twins(); n != 2 {
		t.Errorf("on the node that is cut off run %d workers, want both", n)
	}
	nodes.Join(t, 1)
	for twins() > 0 {
		select {
		case <-ctx.Done():
			t.Fatal("the twins have not ended")
		case <-time.After(100 * time.Millisecond):
		}
	}
	if err := fleet.Stop(context.Background()); err != nil {
		t.Error(err)
	}
}
