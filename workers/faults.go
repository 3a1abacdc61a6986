package workers

import (
	"context"
	"encoding/json"
	"fmt"
	"math"
	"net/http"
	"strconv"
	"time"

	"gonum.org/v1/gonum/floats"

	"github.com/gochimera/chimera/learner"
)

// faults are what an sgd worker does wrong on purpose; package config says
// what they are. What is drawn is a function of the worker's seed and the step;
// steps of the Python package's master have no number, and are counted.
type faults struct {
	Delay       float64 `json:"delay"` // seconds
	DelayRate   float64 `json:"delay_rate"`
	Drop        float64 `json:"drop"`
	Corrupt     string  `json:"corrupt"`
	CorruptRate float64 `json:"corrupt_rate"`
	DieAt       int     `json:"die_at"` // from 1; 0 is never
}

func readFaults(spec Spec) (f faults, err error) {
	if spec.Faults == "" {
		return f, nil
	}
	if err := json.Unmarshal([]byte(spec.Faults), &f); err != nil {
		return f, fmt.Errorf("worker %s: its faults cannot be read: %w", spec.Name, err)
	}
	switch f.Corrupt {
	case "", "none", "nan", "scale", "sign":
		return f, nil
	}
	return f, fmt.Errorf("worker %s: unknown corruption %q: want none, nan, scale or sign", spec.Name, f.Corrupt)
}

// strikes draws whether a fault happens at a step.
func strikes(rate float64, seed uint64, what string, step int) bool {
	return rate > 0 && learner.NewRand(learner.Seed(seed, "fault", what, strconv.Itoa(step))).Float64() < rate
}

// misbehave delays a step, breaks its connection, or ends the worker. It comes
// back with an error only if the caller goes away while it waits.
func (w *sgd) misbehave(ctx context.Context, step int) error {
	f := w.faults
	if f.DieAt > 0 && step+1 == f.DieAt {
		w.log.Warn("ending, as faults.die_at asks", "step", step+1)
		if w.exit != nil {
			w.exit(3)
		}
		w.dead.Store(true)
		panic(http.ErrAbortHandler)
	}
	if strikes(f.Drop, w.spec.Seed, "drop", step) {
		panic(http.ErrAbortHandler)
	}
	if f.Delay > 0 && strikes(f.DelayRate, w.spec.Seed, "delay", step) {
		timer := time.NewTimer(time.Duration(f.Delay * float64(time.Second)))
		defer timer.Stop()
		select {
		case <-timer.C:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	return nil
}

// corrupt spoils an answer.
func (f faults) corrupt(seed uint64, step int, answer []float64) {
	if !strikes(f.CorruptRate, seed, "corrupt", step) || len(answer) == 0 {
		return
	}
	switch f.Corrupt {
	case "nan":
		answer[0] = math.NaN()
	case "scale":
		floats.Scale(1e6, answer)
	case "sign":
		floats.Scale(-1, answer)
	}
}
