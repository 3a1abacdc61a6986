//go:build linux

package realcluster

import (
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"runtime"
	"testing"

	"github.com/google/go-containerregistry/pkg/registry"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"
)

// envCluster tells the tests that run within the cluster about it.
const envCluster = "REAL_CLUSTER"

const arch = runtime.GOARCH

var (
	wanted = flag.Bool("cluster", false, "try launcher kubernetes on a cluster of two nodes that is made on this machine; needs root, and minutes the first time")
	logs   = flag.String("logs", "", "existing folder where the logs of the cluster's programs are kept")
)

// Cluster is a control plane and two nodes.
type Cluster struct {
	Name     string // that its namespaces and cgroups begin with
	Dir      string // with its certificates, logs and a folder for each node
	Programs string // the folder of its programs

	tied bool // programs end with the thread that starts them
}

// Main is for TestMain: with the flag -cluster it makes the cluster, runs the test binary again beside it, removes it, and returns the exit status. Without
// it runs the tests, and those that ask for a cluster are skipped.
func Main(run func() int) int {
	flag.Parse()
	if !*wanted {
		return run()
	}
	if os.Getenv(envCluster) != "" {
		return inside(run)
	}
	status, err := within()
	if err != nil {
		fmt.Fprintln(os.Stderr, "the cluster:", err)
		return 1
	}
	return status
}

// Get is the cluster. Where none was asked for, the test is skipped.
func Get(tb testing.TB) *Cluster {
	tb.Helper()
	c := new(Cluster)
	if err := json.Unmarshal([]byte(os.Getenv(envCluster)), c); err != nil {
		tb.Skip("SKIPPED: nothing was tried on a real cluster: `make kubernetes` does")
	}
	return c
}

// Kubeconfig is a file with which one may do everything.
func (c *Cluster) Kubeconfig() string { return c.file("admin.kubeconfig") }

// Account is a kubeconfig for somebody whom the cluster knows by a token.
func (c *Cluster) Account(t *testing.T, token string) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "kubeconfig")
	if err := os.WriteFile(file, []byte(kubeconfig(c.server(), c.file("ca.crt"), "{token: "+token+"}")), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

// Config is the way to the API server for one who may do everything.
func (c *Cluster) Config() (*rest.Config, error) {
	return clientcmd.BuildConfigFromFlags("", c.Kubeconfig())
}

func (c *Cluster) client() (kubernetes.Interface, error) {
	config, err := c.Config()
	if err != nil {
		return nil, err
	}
	return kubernetes.NewForConfig(config)
}

// Client asks the API server as one who may do everything.
func (c *Cluster) Client(tb testing.TB) kubernetes.Interface {
	tb.Helper()
	api, err := c.client()
	if err != nil {
		tb.Fatal(err)
	}
	return api
}

// NodeName is what the cluster calls a node.
func (c *Cluster) NodeName(node int) string { return c.net().HostName(node) }

// Registry serves images to the nodes until the test ends, and returns its host and port.
func (c *Cluster) Registry(tb testing.TB) string {
	tb.Helper()
	listener, err := net.Listen("tcp", c.registry()) //nolint:noctx // the test ends it
	if err != nil {
		tb.Fatal(err)
	}
	server := &http.Server{Handler: registry.New(registry.Logger(log.New(io.Discard, "", 0)))} //nolint:gosec // nobody else reaches it
	over := make(chan struct{})
	go func() {
		defer close(over)
		if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
			tb.Error(err)
		}
	}()
	tb.Cleanup(func() {
		_ = server.Close()
		<-over
	})
	return c.registry()
}

// Load brings an image to all nodes, as a file that `chimera manifests --images` writes.
func (c *Cluster) Load(t *testing.T, file string) {
	t.Helper()
	for i := range nodes {
		if err := c.load(i, file); err != nil {
			t.Fatal(err)
		}
	}
}

// Cut takes a node's wire away, until Heal or the end of the run.
func (c *Cluster) Cut(node int) error { return c.net().Wire(node, false) }

// Kill ends a node with all that runs there, as when its power fails, until Heal or the end of the run.
func (c *Cluster) Kill(node int) error {
	return errors.Join(c.end(c.NodeName(node)), c.removeGroups(node))
}

// Heal gives a node its wire back, starts it if it was killed, and waits until all nodes are ready.
func (c *Cluster) Heal(node int) error {
	if err := c.net().Wire(node, true); err != nil {
		return err
	}
	if _, err := os.Stat(c.file(c.NodeName(node) + ".pid")); err != nil {
		if err := c.begin(node); err != nil {
			return err
		}
	}
	return c.awaitNodes()
}
