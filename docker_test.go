package chimera_test

import (
	"context"
	"crypto/rand"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/docker/docker/api/types/network"
	dockerclient "github.com/docker/docker/client"

	"github.com/gochimera/chimera"
	"github.com/gochimera/chimera/launcher/docker/dockertest"
	"github.com/gochimera/chimera/masters"
)

// The Python package's variables alone, with mains of the project's own and no
// chimera.yaml, bring up its topology: names, shares, ports and addresses.
func TestDockerFromVariables(t *testing.T) {
	engine := dockertest.Engine(t)
	api, err := dockerclient.NewClientWithOpts(dockerclient.FromEnv, dockerclient.WithAPIVersionNegotiation())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = api.Close() }()

	name := "seed-" + strings.ToLower(rand.Text()[:8])
	dir := filepath.Join(t.TempDir(), name)
	worker, err := os.ReadFile(filepath.Join("launcher", "launchertest", "fake", "fake.go"))
	if err != nil {
		t.Fatal(err)
	}
	put(t, filepath.Join(dir, "go.mod"), "module example.com/seed\n\ngo 1.26\n")
	put(t, filepath.Join(dir, "fake", "fake.go"), string(worker))
	for _, w := range []string{"tree1", "tree2"} {
		put(t, filepath.Join(dir, "chimera_workers", w, "main.go"),
			fmt.Sprintf("package main\n\nimport \"example.com/seed/fake\"\n\nfunc main() { fake.Main(%q) }\n", w))
		put(t, filepath.Join(dir, "chimera_train_data", w, "X_train.csv"), "a\n1\n")
	}
	first, second := freePort(t), freePort(t)
	for variable, text := range map[string]string{
		"CHIMERA_LAUNCHER":             "docker",
		"CHIMERA_NETWORK_NAME":         name + "-net",
		"CHIMERA_NETWORK_PREFIX":       "10.211.55",
		"CHIMERA_NETWORK_SUBNET_MASK":  "28",
		"CHIMERA_WORKERS_NODES_NAMES":  `["tree1","tree2"]`,
		"CHIMERA_WORKERS_CPU_SHARES":   "[2,3]",
		"CHIMERA_WORKERS_MAPPED_PORTS": fmt.Sprintf("[%d,%d]", first, second),
		"CHIMERA_WORKERS_PORT":         "8000",
		"CHIMERA_CACHE":                t.TempDir(),
	} {
		t.Setenv(variable, text)
	}

	t.Cleanup(func() {
		left, err := engine.Down(context.Background(), name)
		if err != nil || len(left.Containers)+len(left.Networks) > 0 {
			t.Errorf("the run left %+v, %v", left, err)
		}
	})
	var stdout, stderr output
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	err = chimera.Run(masters.NewAggregation(), 0, chimera.WithProject(dir), chimera.WithContext(ctx), chimera.WithOutput(&stdout, &stderr),
		chimera.OnReady(func(ctx context.Context, _ chimera.Up) error {
			defer cancel()
			n, err := api.NetworkInspect(ctx, name+"-net", network.InspectOptions{})
			if err != nil {
				return err
			}
			if c := n.IPAM.Config[0]; c.Subnet != "10.211.55.0/28" || c.Gateway != "10.211.55.1" {
				t.Errorf("network %+v", c)
			}
			for i, port := range []int{first, second} {
				c, err := api.ContainerInspect(ctx, fmt.Sprintf("%s-tree%d", name, i+1))
				if err != nil {
					return err
				}
				at := c.NetworkSettings.Networks[name+"-net"]
				published := c.HostConfig.PortBindings["8000/tcp"]
				if at == nil || at.IPAddress != fmt.Sprintf("10.211.55.%d", i+2) || c.HostConfig.CPUShares != int64(i+2) ||
					len(published) != 1 || published[0].HostPort != fmt.Sprint(port) || published[0].HostIP != "127.0.0.1" {
					t.Errorf("tree%d: network %+v, %d shares, ports %v", i+1, at, c.HostConfig.CPUShares, published)
				}
			}
			return nil
		}))
	if err != nil {
		t.Fatalf("%v\n%s", err, stderr.String())
	}
}

// freePort is a port that nobody listens on.
func freePort(t *testing.T) int {
	t.Helper()
	l, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	return l.Addr().(*net.TCPAddr).Port
}
