//go:build linux

package realcluster_test

import (
	"os"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/gochimera/chimera/launcher/kubernetes/realcluster"
)

func TestMain(m *testing.M) { os.Exit(realcluster.Main(m.Run)) }

func TestUp(t *testing.T) {
	c := realcluster.Get(t)
	list, err := c.Client(t).CoreV1().Nodes().List(t.Context(), metav1.ListOptions{})
	if err != nil {
		t.Fatal(err)
	}
	for _, n := range list.Items {
		t.Log(n.Name, n.Status.NodeInfo)
	}
}
