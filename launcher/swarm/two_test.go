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
	"github.com/gochimera/chimera/launcher/docker"
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

// The images come to both nodes without a registry, and each worker runs where it is to. The command line lists the services, shows what a worker on
// another node has written, and removes everything from all nodes, also if the program was killed.
func TestTwoNodes(t *testing.T) {
	nodes := swarmtest.Nodes(t)
	manager := nodes.Engine(t, 0)
	p := fakes("tree1", "tree2")
	chimera := newCommands(t, p.Project, nodes.Host(1))
	if got, want := chimera.run("ps"), "project "+p.Project+" has no services in the swarm of the Docker engine\n"; got != want {
		t.Errorf("before it runs, ps says %q, want %q", got, want)
	}
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
	for _, w := range list {
		if !strings.HasPrefix(w.Image, "127.0.0.1:") || !strings.Contains(w.Image, "@sha256:") {
			t.Errorf("the image %s is not named by its digest, on loopback", w.Image)
		}
	}
	want := []service{{"tree1", p.Project + "-tree1", "running", "node1"}, {"tree2", p.Project + "-tree2", "running", "node2"}}
	if d := cmp.Diff(want, chimera.ps()); d != "" {
		t.Error(d)
	}
	await(t, "logs shows what the worker of the other node has written", func() bool {
		return strings.Contains(chimera.run("logs", "tree2"), launcher.HandshakePrefix)
	})
	removed := chimera.run("down")
	for _, what := range []string{"-tree1", "-tree2", "-images", "-network"} {
		if !strings.Contains(removed, p.Project+what) {
			t.Errorf("down says nothing of %s%s: %s", p.Project, what, removed)
		}
	}
	for node := range 2 {
		ours := filters.NewArgs(filters.Arg("label", docker.LabelProject+"="+p.Project))
		left, err := nodes.Engine(t, node).API().ImageList(t.Context(), image.ListOptions{Filters: ours})
		if err != nil || len(left) > 0 {
			t.Errorf("%s has %d images of the project, %v", nodes.NodeName(node), len(left), err)
		}
	}
	nothingLeft(t, nodes, p.Project)
	if got := chimera.run("down"); !strings.Contains(got, "has nothing on the Docker engine") {
		t.Errorf("a second down says %q", got)
	}
	_ = fleet.Stop(context.Background()) // whose workers have gone
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
	if !*allFaults {
		t.Skip("run by make swarm; TestFaultsInFit cuts a node off too")
	}
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
