//go:build unix

package chaos

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"sync"
	"syscall"
	"time"

	"github.com/gochimera/chimera"
	"github.com/gochimera/chimera/api"
	"github.com/gochimera/chimera/distribute/aggregation"
	_ "github.com/gochimera/chimera/learner/boosting" // of the summation
	_ "github.com/gochimera/chimera/learner/mlp"      // of the pipeline
	_ "github.com/gochimera/chimera/learner/sgd"      // of the parameter server
	_ "github.com/gochimera/chimera/learner/tree"     // of the aggregation
)

// rig is a project that runs while things break.
type rig struct {
	plan    plan
	dir     string // of the project, absolute
	history *history
	model   model
	wrong   []string // what a check has found
	output  bytes.Buffer

	fleet  *proxied // set before the master starts
	direct []string // the workers' addresses past the proxies

	ending  context.Context // when it ends, what would happen later happens at once
	pending sync.WaitGroup

	filled   sync.Mutex
	full     int            // how many faults have the disk full now
	fileSize syscall.Rlimit // as it was before
}

// Time limits of a run, without those in which this program does not run.
const (
	longest = 8 * time.Second  // traffic, if not all faults strike
	healing = 30 * time.Second // from the last fault until the project is whole
)

// newRig writes the plan's project into a folder.
func newRig(p plan, dir string) (*rig, error) {
	r := &rig{plan: p, dir: dir, history: newHistory(), model: model{kind: p.Kind, deadline: p.deadlines()}}
	if err := syscall.Getrlimit(syscall.RLIMIT_FSIZE, &r.fileSize); err != nil {
		return nil, err
	}
	for i := range p.Workers {
		r.model.names = append(r.model.names, workerName(i))
	}
	if err := p.write(dir, p.Seed); err != nil {
		return nil, err
	}
	return r, nil
}

// deadlines are how long an operation may take by the plan's settings. A fit has none, except that it
// must end.
func (p plan) deadlines() map[string]time.Duration {
	d := map[string]time.Duration{status: 0, fit: time.Minute, cancel: time.Minute, predict: p.PredictTimeout}
	if servesItself(p.Kind) {
		d[predict] = 0
	}
	return d
}

// run runs the project, in which drive has the clients, and returns everything that is wrong but in the history.
func (r *rig) run(ctx context.Context, drive func(context.Context, *traffic) error) (wrong []string) {
	rigs.Store(r.dir, r)
	defer rigs.Delete(r.dir)
	ctx, end := context.WithCancel(ctx)
	defer end()
	var watched sync.WaitGroup
	ending, over := context.WithCancel(ctx)
	r.ending = ending
	watched.Go(func() { r.history.clock.run(ending) })
	output := &locked{to: &r.output}
	err := chimera.Run(newMaster(r.plan.Kind), 0, chimera.WithProject(r.dir), chimera.WithContext(ctx), chimera.WithOutput(output, output),
		chimera.OnReady(func(ctx context.Context, up chimera.Up) error {
			defer end()
			return drive(ctx, newTraffic(r.history, up.Master))
		}))
	over()
	r.pending.Wait()
	watched.Wait()
	if err != nil {
		r.wrong = append(r.wrong, "the program ended with: "+err.Error())
	}
	return r.wrong
}

// drive runs the traffic: calm at first, then with the faults, then calm again.
func (r *rig) drive(ctx context.Context, t *traffic) error {
	var listening sync.WaitGroup
	listenTo, deaf := context.WithCancel(ctx)
	listening.Go(func() { t.listen(listenTo) })
	defer listening.Wait()
	defer deaf()
	if err := r.learn(ctx, t); err != nil {
		return fmt.Errorf("before any fault: %w", err)
	}
	for i, p := range r.fleet.proxies {
		var own []fault
		for _, f := range r.plan.Faults {
			if f.Worker == i {
				own = append(own, f)
			}
		}
		p.set(own)
	}
	begun, _ := r.history.clock.now()
	t.flow(ctx, r.plan.Seed, func() bool {
		now, _ := r.history.clock.now()
		return r.history.hit() >= len(r.plan.Faults) || now-begun > longest
	})
	for _, p := range r.fleet.proxies {
		p.set(nil)
	}
	r.pending.Wait()
	r.history.note("no more faults")
	return r.heal(ctx, t)
}

// learn fits without faults, and learns what is right.
func (r *rig) learn(ctx context.Context, t *traffic) error {
	if o := t.fit(ctx); o.Err != "" || o.Partial {
		return errors.New(o.String())
	}
	for k := range t.rows {
		o := t.predict(ctx, k)
		if o.Err != "" {
			return errors.New(o.String())
		}
		r.model.reference = append(r.model.reference, o.Y)
	}
	if r.plan.Kind != aggregation.Name {
		return nil
	}
	for _, url := range r.direct {
		alone, err := t.alone(ctx, url)
		if err != nil {
			return err
		}
		r.model.alone = append(r.model.alone, alone)
	}
	return nil
}

// heal waits until the project is whole again: every worker is up, and a fit and predictions by all
// workers work as before.
func (r *rig) heal(ctx context.Context, t *traffic) error {
	begun, lost := r.history.clock.now()
	late := func() bool {
		now, stalled := r.history.clock.now()
		return now-begun-(stalled-lost) > healing
	}
	for {
		s, err := t.master.Status(ctx)
		if err != nil {
			return fmt.Errorf("after the faults: %w", err)
		}
		away := ""
		for _, m := range s.Workers {
			if m.State != api.MemberUp {
				away += fmt.Sprintf(" %s is %s: %s;", m.Worker, m.State, m.Reason)
			}
		}
		if away == "" {
			break
		}
		if late() {
			r.wrong = append(r.wrong, fmt.Sprintf("%v after the last fault,%s", healing, away))
			return nil
		}
		wait(ctx, time.After(5*time.Millisecond)) // not every state has an event
	}
	for k := range t.rows {
		if o := t.predict(ctx, k); o.Err != "" || len(o.Workers) < len(r.direct) && r.plan.Kind == aggregation.Name {
			r.wrong = append(r.wrong, "all workers are up again, and a prediction is not whole\n    "+o.String())
		}
	}
	if o := t.fit(ctx); o.Err != "" || o.Partial {
		r.wrong = append(r.wrong, "all workers are up again, and a fit is not whole\n    "+o.String())
	}
	for k := range t.rows {
		if o := t.predict(ctx, k); o.Err != "" {
			r.wrong = append(r.wrong, "a prediction after the last fit\n    "+o.String())
		}
	}
	return nil
}

// locked is a buffer for several writers.
type locked struct {
	mu sync.Mutex
	to *bytes.Buffer
}

// Write writes.
func (l *locked) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.to.Write(b)
}
