package master

import (
	"math"
	"time"

	"github.com/gochimera/chimera/api"
	"github.com/gochimera/chimera/distribute/pipeline"
)

// call is when a stage was sent a command, and when it answered.
type call struct{ sent, answered time.Time }

// did is what listeners are told of a step, which began and ended at these times, after it was added to the report. calls
// are those of the command to step: another one may have followed, for the move.
func (t *training) did(all []pipeline.StepAnswer, calls []call, began, ended time.Time) api.StepEvent {
	e := api.StepEvent{Workers: len(all), Parts: t.Parts()}
	var computing float64
	for i, a := range all {
		p, at := &e.Parts[i], calls[i]
		p.Rows, p.Sent, p.Received = a.Rows, a.Sent, a.Received
		p.SentAt, p.AnsweredAt = t.Clock(at.sent), t.Clock(at.answered)
		p.Computing = a.Computing
		p.Wire = math.Max(0, at.answered.Sub(at.sent).Seconds()-a.Computing-a.Waiting)
		p.Waiting = a.Waiting + ended.Sub(at.answered).Seconds()
		computing += a.Computing
	}
	last := all[len(all)-1]
	e.Parts[len(all)-1].Loss = last.Loss / last.Weight
	micros := pipeline.Micros(last.Rows, t.set.MicroBatches)
	e.Pipeline = &api.PipelineStep{
		MicroBatches: micros, Bubble: t.bubble(computing, ended.Sub(began).Seconds()), BubbleSoFar: t.bubbleSoFar(),
		BubbleTheory: pipeline.Bubble(len(all), micros),
	}
	return e
}

// bubble is the share of a time in which the stages did not compute, given the sum of what they did.
func (t *training) bubble(computing, wall float64) float64 {
	if wall <= 0 {
		return 0
	}
	return math.Max(0, 1-computing/(wall*float64(len(t.tracks))))
}

// bubbleSoFar is the bubble of all steps.
func (t *training) bubbleSoFar() float64 {
	var computing float64
	for _, k := range t.tracks {
		computing += k.computing
	}
	return t.bubble(computing, t.wall)
}
