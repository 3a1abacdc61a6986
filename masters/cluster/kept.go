package cluster

import (
	"slices"

	"github.com/gochimera/chimera/api"
)

const (
	keepEvents = 4096  // of the latest fit, at most
	keepWeight = 32768 // of them: an event weighs 1, and 1 for each worker whose part in a step it has
)

// kept is the events of the latest fit, and of what happened since, in bounded memory. If there are too many, every other
// step is left out, again and again, so that a run can be seen as a whole however long it is. The first step and the last
// are always there.
type kept struct {
	events []api.Envelope
	weight int
	steps  int   // published since the fit began
	stride int   // of the steps that stay; 0 is 1
	nth    []int // of the events: which step it is, from 0; -1 for another event
}

// add keeps an event. With the start of a fit, all before it is forgotten, unless it is of the same fit, which goes on.
func (k *kept) add(env api.Envelope) {
	if e, starts := env.Event.(api.FitStartedEvent); starts && (!e.Resumed || k.start().FitID != e.FitID) {
		*k = kept{}
	}
	nth := -1
	if _, step := env.Event.(api.StepEvent); step {
		nth = k.steps
		k.steps++
		if last := k.lastStep(); last >= 0 && k.nth[last]%max(1, k.stride) != 0 {
			k.remove(last) // it was there as the last one
		}
	}
	if len(k.events) == keepEvents || k.weight > keepWeight {
		k.thin()
	}
	k.events, k.nth = append(k.events, env), append(k.nth, nth)
	k.weight += weightOf(env)
}

// start is the start of the fit, which is the first event of all; it is empty before the first fit.
func (k *kept) start() api.FitStartedEvent {
	if len(k.events) == 0 {
		return api.FitStartedEvent{}
	}
	start, _ := k.events[0].Event.(api.FitStartedEvent)
	return start
}

// lastStep is the place of the last step; -1 if there is none.
func (k *kept) lastStep() int {
	for i := len(k.nth) - 1; i >= 0; i-- {
		if k.nth[i] >= 0 {
			return i
		}
	}
	return -1
}

func (k *kept) remove(i int) {
	k.weight -= weightOf(k.events[i])
	k.events, k.nth = slices.Delete(k.events, i, i+1), slices.Delete(k.nth, i, i+1)
}

// thin leaves out every other step. If there are too many other events, the first of all stays, and the newer half.
func (k *kept) thin() {
	k.stride = max(1, k.stride) * 2
	all, nth, last := k.events, k.nth, k.lastStep()
	some := kept{steps: k.steps, stride: k.stride}
	for i, env := range all {
		if nth[i] < 0 || nth[i]%k.stride == 0 || i == last {
			some.events, some.nth = append(some.events, env), append(some.nth, nth[i])
		}
	}
	if n := len(some.events); n > keepEvents*3/4 {
		some.events, some.nth = slices.Delete(some.events, 1, n/2), slices.Delete(some.nth, 1, n/2)
	}
	for _, env := range some.events {
		some.weight += weightOf(env)
	}
	*k = some
}

// weightOf is how much memory an event takes, in workers.
func weightOf(env api.Envelope) int {
	if s, ok := env.Event.(api.StepEvent); ok {
		return 1 + len(s.Parts)
	}
	return 1
}
