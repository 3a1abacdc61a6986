//go:build unix

package kubernetes

import (
	"context"
	"io"
	"log"
	"sync/atomic"
	"testing"

	"go.uber.org/goleak"

	"github.com/gochimera/chimera/config"
	"github.com/gochimera/chimera/launcher"
	"github.com/gochimera/chimera/launcher/launchertest"
)

// A connection that was cut waits a second for somebody who asks why.
func TestMain(m *testing.M) {
	goleak.VerifyTestMain(m, goleak.IgnoreAnyFunction("github.com/moby/spdystream.(*Connection).shutdown"))
}

func quiet() *log.Logger { return log.New(io.Discard, "", 0) }

// testCluster is the node of the launcher that the conformance suite makes.
var testCluster atomic.Pointer[node]

const tested = "kubernetes-fake"

func init() {
	launcher.Register(tested, launcher.Entry{
		Summary: "a pod of a cluster of this test",
		Traits:  launcher.Traits{RunsMains: true, OwnNetwork: true, Restarts: true, Security: config.WorkersMTLS},
		New: func(launcher.Setup) (launcher.Launcher, error) {
			n := testCluster.Load()
			l, err := New(nil)
			if err != nil {
				return nil, err
			}
			l.name, l.settings.registry = tested, n.registry+"/test"
			l.open = func(context.Context, settings) (*cluster, error) { return n.cluster("ml"), nil }
			return l, nil
		},
	})
}

func TestConforms(t *testing.T) {
	n := newNode(t)
	testCluster.Store(n)
	launchertest.Run(t, tested)
	if left := n.objects(); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
}
