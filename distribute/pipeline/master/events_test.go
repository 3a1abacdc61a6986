package master_test

import (
	"math"
	"testing"

	"github.com/gochimera/chimera/api"
	"github.com/gochimera/chimera/distribute/pipeline"
	"github.com/gochimera/chimera/internal/mastertest"
)

// Listeners are told what every stage did in a step: its time is what it computed, was on the wire and waited, and the bubble
// is beside that of theory.
func TestPipelineTellsStepsOfStages(t *testing.T) {
	for _, settings := range []string{
		"max_iter: 3, batch_size: 20, micro_batches: 4", "max_iter: 2, batch_size: 20, micro_batches: 4, max_gradient_norm: 1",
		"max_iter: 2, batch_size: 16, micro_batches: 4, schedule: gpipe",
	} {
		t.Run(settings, func(t *testing.T) {
			c := line{learner: "mlp-classifier", params: everything, settings: settings + ", n_iter_no_change: 0"}.stages(t, 3, rings(60))
			fit, told := c.FitTold()
			c.CheckSteps(&fit, told)
			steps := mastertest.Told[api.StepEvent](told)
			for _, e := range steps {
				p := e.Pipeline
				if p == nil || p.BubbleTheory != pipeline.Bubble(3, p.MicroBatches) || p.Bubble < 0 || p.Bubble > 1 || p.BubbleSoFar < 0 || p.BubbleSoFar > 1 {
					t.Fatalf("step %d: %+v", e.Step, p)
				}
				first := e.Parts[0]
				took := first.Computing + first.Wire + first.Waiting
				for _, s := range e.Parts[1:] {
					if at := s.Computing + s.Wire + s.Waiting; math.Abs(at-took) > 0.2*took+1e-3 {
						t.Errorf("step %d: stage %s took %v s, the first one %v s", e.Step, s.Worker, at, took)
					}
				}
			}
			last := steps[len(steps)-1]
			if math.Abs(last.Pipeline.BubbleSoFar-fit.Pipeline.Bubble) > 1e-9 {
				t.Errorf("the bubble of all steps is %v, in the report %v", last.Pipeline.BubbleSoFar, fit.Pipeline.Bubble)
			}
			if last.Parts[2].Loss <= 0 || last.Parts[0].Loss != 0 {
				t.Errorf("the losses of the stages: %+v", last.Parts)
			}
			for i, e := range mastertest.Told[api.WorkerBeganEvent](told) {
				if e.Layers < 1 || e.Parameters < 1 {
					t.Errorf("stage %d began as %+v", i, e)
				}
			}
		})
	}
}
