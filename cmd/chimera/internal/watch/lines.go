package watch

import (
	"fmt"
	"time"

	"github.com/gochimera/chimera/api"
	"github.com/gochimera/chimera/cmd/chimera/internal/figures"
)

// Lines turns events into lines of text, for what is no terminal. Of steps, there is one a second, beside the first and the last.
type Lines struct {
	fit  string         // its ID
	at   float64        // seconds since the fit began, of the last event that says
	step *api.StepEvent // that was left out
	told float64        // when a step was written; negative before the first
}

// Add takes in an event, and returns the lines that it makes.
func (l *Lines) Add(env api.Envelope) (lines []string) {
	switch e := env.Event.(type) {
	case api.FitStartedEvent:
		if goesOn := e.Resumed && e.FitID == l.fit; !goesOn {
			*l = Lines{fit: e.FitID}
		}
		l.told, l.step = -1, nil
	case api.StepEvent:
		l.at = e.At
		if l.told >= 0 && e.At-l.told < 1 {
			l.step = &e
			return nil
		}
		l.told, l.step = e.At, nil
		return []string{l.line(stepText(&e))}
	case api.WorkerBeganEvent:
		l.at = max(l.at, e.At)
	case api.WorkerFittedEvent:
		l.at = max(l.at, e.AnsweredAt)
	case api.FitCommittedEvent, api.FitFailedEvent, api.FitCancelledEvent:
		if l.step != nil {
			lines, l.step = append(lines, l.line(stepText(l.step))), nil
		}
		if e, is := e.(api.FitCommittedEvent); is {
			l.at = max(l.at, e.Seconds)
		}
	}
	if text := describe(env.Event); text != "" {
		lines = append(lines, l.line(text))
	}
	return lines
}

func (l *Lines) line(text string) string { return fmt.Sprintf("%9.3fs  %s", l.at, printable(text)) }

// describe says what happened; it is empty for what is no news, and for a step.
func describe(e api.Event) string {
	switch e := e.(type) {
	case api.FitStartedEvent:
		if e.Resumed {
			return fmt.Sprintf("fit %s of %d workers is gone on with by another program (%s)", e.FitID, len(e.Workers), e.Master)
		}
		return fmt.Sprintf("fit %s of %d workers began (%s)", e.FitID, len(e.Workers), e.Master)
	case api.WorkerBeganEvent:
		return fmt.Sprintf("%s began, %d rows", e.Worker, e.Rows)
	case api.WorkerFittedEvent:
		return fmt.Sprintf("%s fitted in %s, %s on the wire (%d of %d)", e.Fit.Worker, short(e.Fit.Seconds), short(e.Fit.Wire), e.Done, e.Total)
	case api.WorkerFailedEvent:
		return "without " + e.Failure.String()
	case api.WorkerDownEvent:
		return fmt.Sprintf("%s is down: %s", e.Worker, e.Reason)
	case api.WorkerUpEvent:
		return e.Worker + " is up"
	case api.WorkerJoinedEvent:
		return fmt.Sprintf("%s joins at step %d, with %d rows", e.Worker, e.Step, e.Rows)
	case api.WorkerLeftEvent:
		if e.FitID == "" {
			return e.Worker + " has left"
		}
		return fmt.Sprintf("%s has left: from step %d on, its %d rows are missing", e.Worker, e.Step, e.Rows)
	case api.WorkerOutlierEvent:
		return fmt.Sprintf("%s stands out: %s", e.Worker, e.Reason)
	case api.WorkerCaughtUpEvent:
		return e.Worker + " holds the model in service"
	case api.FitResumedEvent:
		if e.Recovery.Worker == "" {
			return fmt.Sprintf("the fit goes on from step %d", e.Recovery.From)
		}
		return fmt.Sprintf("the fit goes on from step %d, after %s was lost", e.Recovery.From, e.Recovery.Worker)
	case api.CheckpointDamagedEvent:
		return fmt.Sprintf("%s of %s cannot be used: %s", e.File, e.Worker, e.Reason)
	case api.FitCommittedEvent:
		return fmt.Sprintf("fit %s serves, fitted by %d workers in %s", e.FitID, e.Workers, short(e.Seconds))
	case api.FitFailedEvent:
		return "the fit failed: " + e.Reason
	case api.FitCancelledEvent:
		return "the fit was cancelled"
	case api.ModelServedEvent:
		return "the stored model " + e.FitID + " serves"
	default:
		return ""
	}
}

// stepOf is which step it is, and its loss if that is known.
func stepOf(e *api.StepEvent) string {
	text := fmt.Sprintf("step %d of at most %d", e.Step, e.MaxIter)
	if e.Loss != nil {
		text += fmt.Sprintf(", loss %.6g", *e.Loss)
	}
	return text
}

// stepText is a step in words.
func stepText(e *api.StepEvent) string {
	text := stepOf(e)
	if n := len(e.Parts); n > 0 && e.Workers < n {
		text += fmt.Sprintf(", %d of %d workers", e.Workers, n)
	}
	if p := e.Pipeline; p != nil {
		text += fmt.Sprintf(", idle %.0f %% (in theory %.0f %%)", 100*p.BubbleSoFar, 100*p.BubbleTheory)
	}
	return text
}

// short is a time for people.
func short(seconds float64) string { return figures.Seconds(seconds, 10*time.Microsecond) }
