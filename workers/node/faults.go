package workers

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"math"
	"net/http"
	"strconv"
	"sync/atomic"
	"time"

	"gonum.org/v1/gonum/floats"

	"github.com/gochimera/chimera/learner"
)

// faults are what a worker that takes part in steps does wrong on purpose;
// package config says what they are. What is drawn is a function of the worker's
// seed and the step; steps of the Python package's master have no number, and are counted.
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

// misbehaviour carries the faults of a worker out.
type misbehaviour struct {
	faults
	seed uint64
	log  *slog.Logger
	exit func(code int) // ends the process; nil if the worker is not one
	dead atomic.Bool    // the fault die_at has struck
}

func newMisbehaviour(spec Spec, o Options) (*misbehaviour, error) {
	f, err := readFaults(spec)
	return &misbehaviour{faults: f, seed: spec.Seed, log: o.Log, exit: o.Exit}, err
}

// strikes draws whether a fault happens at a step.
func (m *misbehaviour) strikes(rate float64, what string, step int) bool {
	return rate > 0 && learner.NewRand(learner.Seed(m.seed, "fault", what, strconv.Itoa(step))).Float64() < rate
}

// misbehave delays a step, breaks its connection, or ends the worker. It comes
// back with an error only if the caller goes away while it waits.
func (m *misbehaviour) misbehave(ctx context.Context, step int) error {
	if m.DieAt > 0 && step+1 == m.DieAt {
		m.log.Warn("ending, as faults.die_at asks", "step", step+1)
		if m.exit != nil {
			m.exit(3)
		}
		m.dead.Store(true)
		panic(http.ErrAbortHandler)
	}
	if m.strikes(m.Drop, "drop", step) {
		panic(http.ErrAbortHandler)
	}
	if m.Delay > 0 && m.strikes(m.DelayRate, "delay", step) {
		timer := time.NewTimer(time.Duration(m.Delay * float64(time.Second)))
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
func (m *misbehaviour) corrupt(step int, answer []float64) {
	if !m.strikes(m.CorruptRate, "corrupt", step) || len(answer) == 0 {
		return
	}
	switch m.Corrupt {
	case "nan":
		answer[0] = math.NaN()
	case "scale":
		floats.Scale(1e6, answer)
	case "sign":
		floats.Scale(-1, answer)
	}
}
