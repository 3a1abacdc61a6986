package docker_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/docker/docker/api/types/container"
	"github.com/docker/docker/api/types/network"
	"github.com/google/go-cmp/cmp"

	"github.com/gochimera/chimera/launcher"
	"github.com/gochimera/chimera/launcher/docker"
)

func TestLaunch(t *testing.T) {
	t.Parallel()
	p := newProject(t)
	plan := p.plan("tree1", "tree2")
	plan.LogDir = t.TempDir()
	plan.Network = launcher.Network{Name: p.name + "-net", Port: 8000}
	plan.Workers[1].CPUShares, plan.Workers[1].CPUs, plan.Workers[1].Memory = 512, 0.5, 64<<20
	fleet := p.launch(plan)
	at := fleet.Endpoints()
	if len(at) != 2 || at[0].Name != "tree1" || at[1].Name != "tree2" {
		t.Fatalf("endpoints %+v", at)
	}
	for _, e := range at {
		if want := "http://" + e.Name + ":8000"; e.Peer != want || e.Peer == e.URL {
			t.Errorf("%s: its peers are to reach it at %s, want %s", e.Name, e.Peer, want)
		}
	}
	p.network(plan, 2)
	p.settings()
	for i, other := range []string{"tree2", "tree1"} {
		if got, err := fetch(at[i].URL + "/ask?host=" + other); err != nil || !strings.Contains(got, `"node":"`+other+`"`) {
			t.Errorf("%s asks %s: %q, %v", at[i].Name, other, got, err)
		}
	}
	rows, err := os.ReadFile(filepath.Join(plan.Dir, plan.Workers[0].Data, "X_train.csv"))
	if err != nil {
		t.Fatal(err)
	}
	if got, err := fetch(at[0].URL + "/data?file=X_train.csv"); err != nil || got != string(rows) {
		t.Errorf("its data: %q, %v", got, err)
	}
	for _, file := range []string{"/x", "/data/x", "/worker", "/tmp/x"} {
		if got, err := fetch(at[0].URL + "/write?file=" + file); err != nil || !strings.Contains(got, "open "+file) {
			t.Errorf("writing %s: %q, %v", file, got, err)
		}
	}
	p.stop(fleet)
	if _, open := <-fleet.Exits(); open {
		t.Error("an exit after Stop")
	}
	if err := fleet.Stop(t.Context()); err != nil {
		t.Errorf("Stop again: %v", err)
	}
	if _, err := fetch(at[0].URL + "/v1/chimera/health"); err == nil {
		t.Error("a worker answers after Stop")
	}
	if got := p.printed(); !strings.Contains(got, "tree1 | told to end\n") || !strings.Contains(got, "tree2 | told to end\n") ||
		strings.Contains(got, launcher.HandshakePrefix) {
		t.Errorf("printed %q", got)
	}
	kept, err := os.ReadFile(filepath.Join(plan.LogDir, "tree2.log"))
	if err != nil || !strings.HasSuffix(string(kept), " told to end\n") {
		t.Errorf("tree2.log holds %q, %v", kept, err)
	}
}

// network checks the addresses and names in the workers' network.
func (p *project) network(plan launcher.Plan, workers int) {
	p.Helper()
	n, err := p.api.NetworkInspect(p.Context(), plan.Network.Name, network.InspectOptions{})
	if err != nil {
		p.Fatal(err)
	}
	c := n.IPAM.Config[0]
	prefix, ok := strings.CutSuffix(c.Subnet, ".0/24")
	if !ok || c.Gateway != prefix+".1" || n.Driver != "bridge" || n.Labels[docker.LabelProject] != p.name {
		p.Errorf("network %+v, labels %v", c, n.Labels)
	}
	list, err := p.Workers(p.Context(), p.name)
	if err != nil || len(list) != workers {
		p.Fatalf("%d workers, %v", len(list), err)
	}
	for i, w := range list {
		if w.Container != p.name+"-"+w.Name || w.State != "running" || w.Address != fmt.Sprintf("%s.%d", prefix, i+2) ||
			!strings.HasPrefix(w.Published, "127.0.0.1:") {
			p.Errorf("worker %d: %+v", i, w)
		}
	}
}

// settings checks what the engine was asked to make of tree2, and its image.
func (p *project) settings() {
	p.Helper()
	c, err := p.api.ContainerInspect(p.Context(), p.name+"-tree2")
	if err != nil {
		p.Fatal(err)
	}
	h := c.HostConfig
	type limits struct {
		Shares, NanoCPUs, Memory, Swap, Processes int64
		ReadOnly                                  bool
		Dropped, Security                         []string
		User, Hostname                            string
		Check                                     []string
		Restart                                   container.RestartPolicyMode
		Privileged                                bool
		Mounts                                    int
	}
	got := limits{
		h.CPUShares, h.NanoCPUs, h.Memory, h.MemorySwap, *h.PidsLimit, h.ReadonlyRootfs, h.CapDrop, h.SecurityOpt,
		c.Config.User, c.Config.Hostname, c.Config.Healthcheck.Test, h.RestartPolicy.Name, h.Privileged, len(c.Mounts),
	}
	want := limits{
		512, 5e8, 64 << 20, 64 << 20, 512, true, []string{"ALL"}, []string{"no-new-privileges:true"},
		"65532:65532", "tree2", []string{"CMD", "/worker", "healthcheck"}, "on-failure", false, 0,
	}
	if d := cmp.Diff(want, got); d != "" {
		p.Error(d)
	}
	for label, value := range map[string]string{docker.LabelProject: p.name, docker.LabelWorker: "tree2", docker.LabelVersion: "test"} {
		if c.Config.Labels[label] != value {
			p.Errorf("label %s is %q, want %q", label, c.Config.Labels[label], value)
		}
	}
	image, err := p.api.ImageInspect(p.Context(), c.Config.Image)
	if err != nil {
		p.Fatal(err)
	}
	if image.Size > 15e6 || len(image.RootFS.Layers) != 2 || image.Config.Labels[docker.LabelVersion] != "test" {
		p.Errorf("image of %d bytes with %d layers, labels %v", image.Size, len(image.RootFS.Layers), image.Config.Labels)
	}
}

// An unchanged worker's image is used again; a changed one's goes.
func TestImagesAreKept(t *testing.T) {
	t.Parallel()
	p := newProject(t)
	images := func(plan launcher.Plan) []string {
		t.Helper()
		fleet := p.launch(plan)
		list, err := p.Workers(t.Context(), p.name)
		if err != nil {
			t.Fatal(err)
		}
		if err := fleet.Stop(t.Context()); err != nil {
			t.Error(err)
		}
		return []string{list[0].Image}
	}
	plan := p.plan("tree1")
	first := images(plan)
	if loaded := p.count("image of tree1"); loaded != 1 {
		t.Fatalf("loaded %d images, want 1", loaded)
	}
	if again := images(plan); !slices.Equal(again, first) || p.count("image of tree1") != 1 {
		t.Errorf("an unchanged worker: %v after %v, %d loads", again, first, p.count("image of tree1"))
	}
	plan.Workers[0].Data = t.TempDir()
	changed := images(plan)
	if slices.Equal(changed, first) {
		t.Error("other data, the same image")
	}
	removed, err := p.Down(t.Context(), p.name)
	if d := cmp.Diff(docker.Removed{Images: changed}, removed); d != "" || err != nil {
		t.Errorf("what was left (-want +got): %s%v", d, err)
	}
}

// count is how many events have text in their detail.
func (j *journal) count(text string) (n int) {
	j.mu.Lock()
	defer j.mu.Unlock()
	for _, e := range j.events {
		if strings.Contains(e.Detail, text) {
			n++
		}
	}
	return n
}

func TestLaunchFails(t *testing.T) {
	var (
		exit     *launcher.ExitError
		hash     *launcher.ConfigHashError
		name     *launcher.NameError
		notReady *launcher.NotReadyError
		plan     *launcher.PlanError
		port     *docker.PortError
		subnet   *docker.SubnetError
	)
	listener, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = listener.Close() })
	busy := listener.Addr().(*net.TCPAddr).Port
	env := func(text string) func(*launcher.Plan) {
		return func(p *launcher.Plan) { p.Workers[1].Env = append(p.Workers[1].Env, text) }
	}
	tests := []struct {
		name   string
		change func(*launcher.Plan)
		want   any
		says   []string
	}{
		{"a name that no container can have", func(p *launcher.Plan) { p.Project = "Proj" }, &plan, []string{`"Proj"`}},
		{"a worker that ends at once", env("FAKE=exit"), &exit, []string{"tree2", "exit status 3", "reason 29"}},
		{"a worker that panics", env("FAKE=panic"), &exit, []string{"tree2", "exit status 2", "something broke"}},
		{"another configuration", env("FAKE_HASH=xyz"), &hash, []string{"tree2", "go generate"}},
		{"another worker", env("FAKE_NAME=tree9"), &name, []string{"tree2", "tree9"}},
		{"a worker that never has its data", func(p *launcher.Plan) {
			env("FAKE=loading")(p)
			p.Workers, p.ReadyTimeout = p.Workers[1:], 100*time.Millisecond
		}, &notReady, []string{"tree2", "was not ready within"}},
		{"a port in use", func(p *launcher.Plan) { p.Workers[1].Port = busy }, &port, []string{"tree2", fmt.Sprint("port ", busy), "port: 0"}},
		{"a network in use", func(p *launcher.Plan) { p.Network.Prefix, p.Network.Bits = "172.16.0", 12 }, &subnet,
			[]string{"172.16.0.0/12", "network bridge", "network.prefix"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			p := newProject(t)
			plan := p.plan("tree1", "tree2")
			tt.change(&plan)
			fleet, err := docker.Launcher{}.Launch(t.Context(), plan)
			if err == nil || fleet != nil {
				t.Fatalf("fleet %v, error %v", fleet, err)
			}
			if !errors.As(err, tt.want) {
				t.Fatalf("error is %T (%v), want %T", err, err, tt.want)
			}
			contains(t, err, tt.says...)
			p.nothingRuns()
		})
	}
}

func TestCancelDuringLaunch(t *testing.T) {
	t.Parallel()
	p := newProject(t)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	p.on = func(e launcher.Event) {
		if e.Kind == launcher.Loading {
			cancel()
		}
	}
	plan := p.plan("tree1", "tree2")
	plan.Workers[1].Env = append(plan.Workers[1].Env, "FAKE=loading")
	if _, err := (docker.Launcher{}).Launch(ctx, plan); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v, want context.Canceled", err)
	}
	p.nothingRuns()
}

// Two projects with workers of the same names do not meet, nor does a second
// launch of one project disturb the first.
func TestTwoProjects(t *testing.T) {
	t.Parallel()
	one, other := newProject(t), newProject(t)
	first := one.launch(one.plan("tree1"))
	second := other.launch(other.plan("tree1"))
	alive := func(f launcher.Fleet) bool {
		_, err := fetch(f.Endpoints()[0].URL + "/v1/chimera/health")
		return err == nil
	}
	_, err := docker.Launcher{}.Launch(t.Context(), one.plan("tree1"))
	var taken *docker.TakenError
	wantError(t, err, &taken)
	contains(t, err, one.name+"-tree1", "project "+one.name+" runs, or was killed", "chimera down")
	if !alive(first) {
		t.Fatal("a second launch of a project ended the first")
	}

	// Names that are taken by somebody else's things.
	clash := other.plan("tree1")
	clash.Project, clash.Network.Name = one.name+"2", other.name+"-network"
	_, err = docker.Launcher{}.Launch(t.Context(), clash)
	wantError(t, err, &taken)
	contains(t, err, "network "+other.name+"-network", "of the project "+other.name)

	// A container that a person made of one of our images is not ours.
	images, err := one.Workers(t.Context(), one.name)
	if err != nil {
		t.Fatal(err)
	}
	foreign, err := one.api.ContainerCreate(t.Context(), &container.Config{Image: images[0].Image}, nil, nil, nil, one.name+"2-tree1")
	if err != nil {
		t.Fatal(err)
	}
	clash.Network.Name = ""
	_, err = docker.Launcher{}.Launch(t.Context(), clash)
	wantError(t, err, &taken)
	contains(t, err, "container "+one.name+"2-tree1", "is not ours", "docker container rm")
	removed, err := one.Down(t.Context(), one.name+"2")
	if err != nil || len(removed.Containers)+len(removed.Networks) > 0 {
		t.Errorf("removed %+v, %v", removed, err)
	}
	if err := one.api.ContainerRemove(t.Context(), foreign.ID, container.RemoveOptions{}); err != nil {
		t.Error(err)
	}

	one.stop(first)
	if _, err := one.Down(t.Context(), one.name); err != nil {
		t.Error(err)
	}
	if !alive(second) {
		t.Error("removing a project ended the other")
	}
	other.stop(second)
}

func TestStopForces(t *testing.T) {
	t.Parallel()
	ended, cancel := context.WithCancel(context.Background())
	cancel()
	for _, tt := range []struct {
		name  string
		grace time.Duration
		ctx   context.Context
	}{
		{"after the grace", time.Nanosecond, context.Background()},
		{"as soon as the context ends", time.Hour, ended},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			p := newProject(t)
			plan := p.plan("tree1")
			plan.Workers[0].Env = append(plan.Workers[0].Env, "FAKE=deaf")
			plan.StopGrace = tt.grace
			fleet := p.launch(plan)
			err := fleet.Stop(tt.ctx)
			if err == nil {
				t.Fatal("no error")
			}
			contains(t, err, "tree1", "killed")
			p.nothingRuns()
			if again := fleet.Stop(t.Context()); again == nil || again.Error() != err.Error() {
				t.Errorf("Stop again: %v, want %v", again, err)
			}
		})
	}
}

// A worker may have any port of its engine, and keeps it.
func TestPorts(t *testing.T) {
	t.Parallel()
	p := newProject(t)
	listener, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	port := listener.Addr().(*net.TCPAddr).Port
	_ = listener.Close()
	plan := p.plan("tree1")
	plan.Workers[0].Port = port
	fleet := p.launch(plan)
	if got, want := fleet.Endpoints()[0].URL, fmt.Sprintf("http://127.0.0.1:%d", port); got != want {
		t.Errorf("tree1 is at %s, want %s", got, want)
	}
	if _, err := fetch(fleet.Endpoints()[0].URL + "/v1/chimera/health"); err != nil {
		t.Error(err)
	}
	p.stop(fleet)
}
