//go:build unix

package examples_test

import (
	"slices"
	"testing"

	"github.com/gochimera/chimera/api"
	"github.com/gochimera/chimera/client"
)

// One network on three processes, none of which holds it whole; the parameters
// that they say they hold add up to it.
func TestPipelineDigits(t *testing.T) {
	t.Parallel()
	s := start(t, "pipeline-digits", "process")
	if got := s.score("the trained model"); got < 0.96 {
		t.Errorf("the pipeline scores %v", got)
	}
	stages := get[api.Stages](t, s.url+api.PathStages)
	held := 0
	for _, one := range stages.Stages {
		if one.Parameters == stages.Parameters {
			t.Errorf("worker %s holds the whole network", one.Worker)
		}
		held += one.Parameters
	}
	if held != stages.Parameters || held != 64*64+64+64*32+32+32*10+10 {
		t.Errorf("the workers hold %d parameters between them, the network has %d", held, stages.Parameters)
	}
	s.interrupt()
}

// A stage that is killed with kill -9 in the middle of a fit is started again;
// the fit goes on from the last checkpoint and ends as if nothing had been.
func TestKilledStageComesBack(t *testing.T) {
	t.Parallel()
	s := start(t, "pipeline-digits", "process")
	before := s.predict()
	victim := "stage2"
	pid := s.pids()[victim]
	id, err := s.master.StartFit(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if err := s.master.Events(t.Context(), func(ev client.Event) bool {
		step, ok := ev.Event.(api.StepEvent)
		return !ok || step.FitID != id || step.Step < 100 // some checkpoints have been made
	}); err != nil {
		t.Fatal(err)
	}
	kill(t, pid)
	fit, err := s.master.WaitFit(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	r := fit.Pipeline.Recoveries
	if len(r) != 1 || r[0].Worker != victim || r[0].From == 1 || r[0].From > r[0].Step {
		t.Errorf("recoveries %+v", r)
	}
	if is := s.pids()[victim]; is == pid {
		t.Error("the worker was not killed")
	}
	after := s.predict()
	if after.FitID != id || !slices.Equal(after.Proba.RawMatrix().Data, before.Proba.RawMatrix().Data) {
		t.Error("the fit did not end where one ends in which nobody is killed")
	}
	s.interrupt()
}
