//go:build linux

package realcluster_test

import (
	"sync/atomic"
	"testing"

	"github.com/gochimera/chimera/config"
	"github.com/gochimera/chimera/launcher"
	"github.com/gochimera/chimera/launcher/kubernetes"
	"github.com/gochimera/chimera/launcher/kubernetes/realcluster"
	"github.com/gochimera/chimera/launcher/launchertest"
)

// tried is the configuration of the launcher that the conformance suite makes.
var tried atomic.Pointer[config.Config]

const conforming = "kubernetes-real"

func init() {
	launcher.Register(conforming, launcher.Entry{
		Summary: "a pod of the tests' cluster",
		Traits:  launcher.Traits{RunsMains: true, OwnNetwork: true, Restarts: true, Security: config.WorkersMTLS},
		New: func(launcher.Setup) (launcher.Launcher, error) {
			made, err := kubernetes.New(tried.Load())
			if err != nil {
				return nil, err
			}
			return renamed{made}, nil
		},
	})
}

// renamed is the launcher by the name under which it is tried.
type renamed struct{ launcher.Launcher }

func (renamed) Name() string { return conforming }

func TestConforms(t *testing.T) {
	c := realcluster.Get(t)
	cfg := &config.Config{Launcher: config.KubernetesLauncher}
	cfg.Kubernetes = config.Kubernetes{
		Kubeconfig: c.Kubeconfig(), Namespace: namespace(t, c), Reach: config.ReachAuto, Apply: true, Rows: config.RowsImage,
	}
	cfg.Images.Registry = c.Registry(t) + "/test"
	tried.Store(cfg)
	launchertest.Run(t, conforming)
	if left := objects(t, c, cfg.Kubernetes.Namespace); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
}
