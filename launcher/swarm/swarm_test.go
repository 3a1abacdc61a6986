package swarm_test

import (
	"context"
	"fmt"
	"os"
	"testing"

	"go.uber.org/goleak"

	"github.com/gochimera/chimera/launcher/launchertest"
	"github.com/gochimera/chimera/launcher/swarm"
	"github.com/gochimera/chimera/launcher/swarm/swarmtest"
)

func TestMain(m *testing.M) {
	os.Exit(swarmtest.Main(func() int {
		status := 1
		goleak.VerifyTestMain(runner(func() int {
			cache, err := os.MkdirTemp("", "swarm-test-")
			if err == nil {
				err = os.Setenv("CHIMERA_CACHE", cache) // one for all tests, so that the fakes are built once
			}
			if err != nil {
				fmt.Fprintln(os.Stderr, err)
				return 1
			}
			defer func() { _ = os.RemoveAll(cache) }()
			return m.Run()
		}), goleak.Cleanup(func(code int) { status = code }), goleak.IgnoreAnyFunction(swarmtest.Waiting))
		return status
	}))
}

// runner is what goleak wants.
type runner func() int

func (r runner) Run() int { return r() }

func TestConforms(t *testing.T) {
	nodes := swarmtest.Nodes(t)
	engine := nodes.Engine(t, 0)
	drain(t, nodes, 1) // one node: the engine is given the images
	launchertest.Run(t, "swarm", launchertest.Afterwards(func(project string) {
		if _, err := swarm.Down(context.Background(), engine, project); err != nil {
			t.Error(err)
		}
		if _, err := engine.Down(context.Background(), project); err != nil {
			t.Error(err)
		}
	}))
}
