// Package dockertest gives tests the Docker engine.
//
// The package imports launcher/docker and the standard library.
package dockertest

import (
	"os"
	"testing"

	"github.com/gochimera/chimera/launcher/docker"
)

// Engine is the Docker engine, until the test ends. Where none can be used the
// test is skipped and says so; with CI=true in the environment it fails
// instead, so that continuous integration cannot pass without it.
func Engine(t *testing.T) *docker.Engine {
	t.Helper()
	e, err := docker.Open(t.Context())
	if err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatalf("tests of containers must run in continuous integration: %v", err)
		}
		t.Skipf("SKIPPED: nothing about containers was tested, since no Docker engine can be used here: %v", err)
	}
	t.Cleanup(e.Close)
	return e
}
