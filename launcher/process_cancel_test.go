package launcher_test

import (
	"context"
	"errors"
	"os"
	"sync"
	"testing"

	"github.com/gochimera/chimera/launcher"
)

// Stopping a launch that has not returned yet is cancelling it.
func TestProcessCancel(t *testing.T) {
	for name, at := range map[string]launcher.EventKind{
		"before the build": launcher.Building, "after the build": launcher.Built, "while a worker starts": launcher.Started,
		"while a worker loads": launcher.Loading,
	} {
		t.Run(name, func(t *testing.T) {
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			j := &journal{on: func(e launcher.Event) {
				if e.Kind == at {
					cancel()
				}
			}}
			p := with(plan("tree1", "tree2"), "tree2", "FAKE=loading")
			p.Observe = j.observe
			fleet, err := launcher.Process{}.Launch(ctx, p)
			if !errors.Is(err, context.Canceled) || fleet != nil {
				t.Errorf("fleet %v, error %v, want context.Canceled", fleet, err)
			}
			j.allGone(t)
		})
	}
}

func TestProcessCancelDuringBuild(t *testing.T) {
	listener, _ := listen(t)
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	t.Setenv("GOFLAGS", "-toolexec="+self)
	t.Setenv(hangEnv, listener.Addr().String())
	ctx, cancel := context.WithCancel(t.Context())
	var wg sync.WaitGroup
	wg.Go(func() {
		defer cancel()
		if compiler, err := listener.Accept(); err == nil { // one is at work
			cancel()
			_ = compiler.Close()
		}
	})
	if _, err := (launcher.Process{}).Launch(ctx, plan("tree1")); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v, want context.Canceled", err)
	}
	wg.Wait()
}
