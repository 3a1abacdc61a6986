package node

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

// wrongs are the faults to inject into a worker that takes part in steps; package config documents
// them.
type wrongs struct {
	Delay       float64 `json:"delay"` // seconds
	DelayRate   float64 `json:"delay_rate"`
	Drop        float64 `json:"drop"`
	Corrupt     string  `json:"corrupt"`
	CorruptRate float64 `json:"corrupt_rate"`
	DieAt       int     `json:"die_at"` // the step, counted from 1; 0 means never
	attack
}

func readWrongs(spec Spec) (w wrongs, err error) {
	if spec.Faults == "" {
		return w, nil
	}
	if err := json.Unmarshal([]byte(spec.Faults), &w); err != nil {
		return w, fmt.Errorf("worker %s: its faults cannot be read: %w", spec.Name, err)
	}
	if err := w.checkAttack(); err != nil {
		return w, fmt.Errorf("worker %s: %w", spec.Name, err)
	}
	switch w.Corrupt {
	case "", "none", "nan", "scale", "sign":
		return w, nil
	}
	return w, fmt.Errorf("worker %s: unknown corruption %q: want none, nan, scale or sign", spec.Name, w.Corrupt)
}

// Faults injects faults into a worker. What is drawn depends only on the worker's seed and the step;
// steps of the Python package's master have no number, so they are counted.
type Faults struct {
	wrongs
	seed uint64
	log  *slog.Logger
	exit func(code int) // ends the process; nil if the worker has no process of its own
	dead atomic.Bool    // the fault die_at has struck
}

func newFaults(spec Spec, o Options) (*Faults, error) {
	w, err := readWrongs(spec)
	return &Faults{wrongs: w, seed: spec.Seed, log: o.Log, exit: o.Exit}, err
}

// MakesNaN reports whether answers are corrupted with NaN, which JSON cannot hold.
func (f *Faults) MakesNaN() bool { return f.Corrupt == "nan" }

// strikes draws whether a fault happens at a step.
func (f *Faults) strikes(rate float64, what string, step int) bool {
	return rate > 0 && learner.NewRand(learner.Seed(f.seed, "fault", what, strconv.Itoa(step))).Float64() < rate
}

// Misbehave delays a step, breaks its connection, or ends the worker. It returns an error only if the
// caller disconnects during the delay.
func (f *Faults) Misbehave(ctx context.Context, step int) error {
	if f.DieAt > 0 && step+1 == f.DieAt {
		f.log.WarnContext(ctx, "ending, as faults.die_at asks", "step", step+1)
		if f.exit != nil {
			f.exit(3)
		}
		f.dead.Store(true)
		panic(http.ErrAbortHandler)
	}
	if f.strikes(f.Drop, "drop", step) {
		panic(http.ErrAbortHandler)
	}
	if f.Delay > 0 && f.strikes(f.DelayRate, "delay", step) {
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

// Spoil corrupts an answer to a step, whether it is sent in a frame or in JSON.
func (f *Faults) Spoil(step int, answer []float64) {
	if !f.strikes(f.CorruptRate, "corrupt", step) || len(answer) == 0 {
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
	f.attackAnswer(step, answer)
}
