//go:build linux

package realcluster_test

import (
	"path/filepath"
	"testing"

	"github.com/gochimera/chimera"
	"github.com/gochimera/chimera/bench/launchercost"
	"github.com/gochimera/chimera/launcher/kubernetes/realcluster"
)

// BenchmarkCosts is what the launcher costs a parameter server of three workers in pods of two nodes, which the master reaches through the API
// server, and which it calls by their names.
func BenchmarkCosts(b *testing.B) {
	c := realcluster.Get(b)
	registry := c.Registry(b)
	for _, reach := range []string{"forward", "names"} {
		b.Run(reach, func(b *testing.B) {
			dir := launchercost.Project(b, filepath.Join("..", "..", ".."), "", modest, modest, modest)
			for b.Loop() {
				launchercost.Of(b, dir, 3, chimera.WithLauncher("kubernetes"), chimera.WithSetting("images.registry", registry+"/me"),
					chimera.WithSetting("kubernetes.kubeconfig", c.Kubeconfig()), chimera.WithSetting("kubernetes.namespace", namespace(b, c)),
					chimera.WithSetting("kubernetes.reach", reach)).Report(b)
			}
		})
	}
}
