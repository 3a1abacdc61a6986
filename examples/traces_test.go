//go:build unix

package examples_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/gochimera/chimera/api"
	"github.com/gochimera/chimera/telemetry/telemetrytest"
)

// traced has the programs of a project send traces.
func traced(t *testing.T, project string) {
	t.Helper()
	path := filepath.Join(project, "chimera.yaml")
	text, err := os.ReadFile(path)
	if err == nil {
		err = os.WriteFile(path, append(text, "telemetry: {traces: true}\n"...), 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// hasTrace wants that a master and its workers, programs of their own that have ended, have told of the fit as of one trace.
func hasTrace(t *testing.T, c *telemetrytest.Collector, workers int) {
	t.Helper()
	fit := c.Only(t, "POST "+api.PathsOf("aggregation").Fit)
	took := map[string]bool{}
	for _, s := range c.Traces()[fit.Trace] {
		if s.Service == "chimera-worker" {
			took[s.Instance] = true
		}
		if s != fit && c.ByID(s.Parent) == nil {
			t.Errorf("%s of %s %s is part of nothing that was told of", s.Name, s.Service, s.Instance)
		}
	}
	if len(took) != workers {
		t.Errorf("the trace of the fit has parts of %v, want %d workers", took, workers)
	}
}
