//go:build unix

package chaos

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"time"

	"github.com/gochimera/chimera/distribute/aggregation"
	"github.com/gochimera/chimera/distribute/parameterserver"
	"github.com/gochimera/chimera/distribute/pipeline"
	"github.com/gochimera/chimera/distribute/summation"
	"github.com/gochimera/chimera/learner"
)

// kind is what a fault does.
type kind string

// The faults.
const (
	kill     kind = "kill"      // the worker's process ends, as by kill -9
	stop     kind = "stop"      // the worker's process stops for a while (SIGSTOP); in this process, its calls wait
	delay    kind = "delay"     // calls come late
	drop     kind = "drop"      // connections break instead of a call, or instead of its answer
	cut      kind = "cut"       // connections break in the middle of an answer
	corrupt  kind = "corrupt"   // a bit of a frame is flipped
	diskFull kind = "disk full" // no file of the master can grow for a while
)

// fault is something that breaks.
type fault struct {
	Kind   kind
	Worker int           // index of the worker at whose call it strikes, and that it strikes
	At     int           // the number of that call, from 1
	Calls  int           // for how many calls it lasts, on the wire
	For    time.Duration // for how long it lasts: of stop and diskFull; of each call, of delay
	Late   bool          // the call has reached the worker, and only its answer is affected
}

func (f fault) String() string {
	text := fmt.Sprintf("%s of w%d at call %d", f.Kind, f.Worker+1, f.At)
	if f.Calls > 1 {
		text += fmt.Sprintf(" to %d", f.At+f.Calls-1)
	}
	if f.For > 0 {
		text += fmt.Sprintf(" for %v", f.For)
	}
	if f.Late {
		text += ", after the worker had answered"
	}
	return text
}

// Launchers of a plan.
const (
	inprocess = "chaos-inprocess"
	process   = "chaos-process"
)

// plan is everything that a seed decides.
type plan struct {
	Seed           uint64
	Kind           string // of master
	Launcher       string
	Workers        int
	Timeout        time.Duration // of a call to a worker
	Retries        int
	PredictTimeout time.Duration
	Faults         []fault
	Changed        bool // a setting on which a fit depends is another one
}

// newPlan draws a plan; the same seed gives the same one.
func newPlan(seed uint64) plan {
	r := rand.New(rand.NewPCG(learner.Seed(seed, "chaos"), 0)) //nolint:gosec // to be repeated, not to be secret
	p := plan{
		Seed: seed, Kind: kinds[seed%4], Launcher: []string{process, inprocess}[seed/4%2], // neighbouring seeds cover all pairs
		Workers: 2 + r.IntN(2), Timeout: time.Second, Retries: r.IntN(3), PredictTimeout: 1500 * time.Millisecond,
	}
	for range 2 + r.IntN(3) {
		p.Faults = append(p.Faults, p.draw(r))
	}
	return p
}

// draw draws a fault that is possible with the plan's launcher.
func (p plan) draw(r *rand.Rand) fault {
	faults := []kind{stop, delay, drop, cut, corrupt, diskFull}
	if p.Launcher == process {
		faults = append(faults, kill, kill)
	}
	f := fault{Kind: faults[r.IntN(len(faults))], Worker: r.IntN(p.Workers), At: 1 + r.IntN(60), Late: r.IntN(2) == 0, Calls: 1}
	short := func(most time.Duration) time.Duration { return time.Duration(1+r.IntN(10)) * most / 10 }
	switch f.Kind {
	case stop:
		f.For, f.Late = short(2*p.Timeout), false // half of them beyond the timeout
	case diskFull:
		f.For, f.Late = short(p.Timeout), false
	case delay:
		f.Calls, f.For = 1+r.IntN(8), short(p.Timeout/5)
	case drop, cut:
		f.Calls = 1 + r.IntN(4)
	default: // at once
	}
	return f
}

// String is the plan in words.
func (p plan) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "seed %d: %s, %s, %d workers, timeout %v, %d retries", p.Seed, p.Kind, p.Launcher, p.Workers, p.Timeout, p.Retries)
	for _, f := range p.Faults {
		fmt.Fprintf(&b, "\n  %v", f)
	}
	return b.String()
}

// yaml is the project's chimera.yaml.
func (p plan) yaml() string {
	var b strings.Builder
	fmt.Fprintf(&b, "project: chaos\nmaster: %s\nlauncher: %s\nseed: %d\nrestart: always\n"+
		"endpoints: {timeout: %v, max_retries: %d, predict_timeout: %v, late_after: %v}\nworkers:\n",
		p.Kind, p.Launcher, p.Seed, p.Timeout, p.Retries, p.PredictTimeout, p.Timeout/2)
	for i := range p.Workers {
		fmt.Fprintf(&b, "  - {name: w%d}\n", i+1)
	}
	iterations := func(n int) int {
		if p.Changed {
			n++
		}
		return n
	}
	every := "30s"
	if p.Launcher == killed {
		every = "2"
	}
	switch p.Kind {
	case aggregation.Name:
		b.WriteString("learner: tree-regressor\nbootstrap: true\n")
		if p.Changed {
			b.WriteString("aggregation: {quorum: 2}\n")
		}
	case parameterserver.Name:
		fmt.Fprintf(&b, "learner: sgd-regressor\nparameter_server: {mode: minibatch, batch_size: 8, max_iter: %d, tol: 0, n_iter_no_change: 0, "+
			"learning_rate_init: 0.05, checkpoint_every: %s}\n", iterations(8), every)
	case pipeline.Name:
		fmt.Fprintf(&b, "learner: mlp-regressor\nparams: {hidden_layer_sizes: [6, 5, 4]}\n"+
			"pipeline: {batch_size: 16, micro_batches: 2, max_iter: %d, tol: 0, n_iter_no_change: 0, checkpoint_every: 2, recovery_timeout: 10s}\n", iterations(6))
	case summation.Name:
		if p.Launcher == killed {
			every += " steps"
		}
		quorum := 0
		if p.Changed { // another parameter would be another learner, which a stored model is not of
			quorum = 2
		}
		fmt.Fprintf(&b, "learner: boosting-regressor\nparams: {max_iter: 5, max_leaf_nodes: 4, min_samples_leaf: 3}\n"+
			"summation: {quorum: %d, max_recoveries: 20, recovery_timeout: 10s, checkpoint_every: %s}\n", quorum, every)
	}
	return b.String()
}
