package kubernetes

import (
	"context"
	"fmt"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/watch"

	"github.com/gochimera/chimera/launcher"
	"github.com/gochimera/chimera/launcher/internal/following"
	"github.com/gochimera/chimera/launcher/internal/probe"
)

// rewatchPause is between two tries to read something.
const rewatchPause = time.Second

// A watch that ends soon is followed by another one after a pause, which grows with every such watch in a row: a proxy may end each at once.
const (
	shortestPause = 100 * time.Millisecond
	longestPause  = 5 * time.Second
)

// nextPause is that before the next watch, if the last one has lasted for so long and was begun after the pause before.
func nextPause(before, lasted time.Duration) time.Duration {
	if lasted > longestPause {
		return shortestPause
	}
	return min(max(2*before, shortestPause), longestPause)
}

// watch hands the states of the launch's pods to their members, until ctx ends. When the connection breaks it looks at all of
// them again.
func (f *fleet) watch(ctx context.Context) {
	known := map[string]*corev1.Pod{} // by worker
	broken, pause := false, time.Duration(0)
	for ctx.Err() == nil {
		began := time.Now()
		seen, err := f.watchOnce(ctx, known)
		if ctx.Err() != nil {
			return
		}
		if seen {
			broken = false
		}
		if err != nil && !broken {
			broken = true
			f.Log.WarnContext(ctx, "the pods cannot be watched; trying again", "error", f.explain(err))
		}
		pause = nextPause(pause, time.Since(began))
		_ = probe.Sleep(ctx, pause) // the loop looks at ctx
	}
}

// watchOnce looks at all pods, then at their changes; without an error the server has ended the watch, as it does from time to time. seen says that it has
// begun.
func (f *fleet) watchOnce(ctx context.Context, known map[string]*corev1.Pod) (seen bool, err error) {
	pods := f.api.CoreV1().Pods(f.namespace)
	list, err := pods.List(ctx, having(LabelProject, f.Project))
	if err != nil {
		return false, err
	}
	there := map[string]bool{}
	for i := range list.Items {
		p := &list.Items[i]
		there[p.Labels[LabelWorker]] = true
		f.dispatch(ctx, known, p, false)
	}
	for worker, p := range known {
		if !there[worker] {
			f.dispatch(ctx, known, p, true)
		}
	}
	options := having(LabelProject, f.Project)
	options.ResourceVersion = list.ResourceVersion
	changes, err := pods.Watch(ctx, options)
	if err != nil {
		return false, err
	}
	defer changes.Stop()
	for {
		select {
		case <-ctx.Done():
			return true, nil
		case e, open := <-changes.ResultChan():
			p, is := e.Object.(*corev1.Pod)
			switch {
			case !open:
				return true, nil
			case e.Type == watch.Error:
				return true, nil // what was missed is found by looking at all again
			case is:
				f.dispatch(ctx, known, p, e.Type == watch.Deleted)
			}
		}
	}
}

// foreign reports whether a pod is of another launch. Objects that somebody has applied are of none.
func (l *launch) foreign(p *corev1.Pod) bool {
	run := p.Labels[LabelRun]
	return run != "" && run != l.run
}

// dispatch hands a pod to its member. One of another run, which is about to go, is not this launch's.
func (f *fleet) dispatch(ctx context.Context, known map[string]*corev1.Pod, p *corev1.Pod, removed bool) {
	worker := p.Labels[LabelWorker]
	if f.foreign(p) {
		return
	}
	send := func(m *member, s state) {
		select {
		case m.inbox <- s:
		case <-ctx.Done():
		}
	}
	for _, m := range f.members {
		if m.Worker.Name != worker {
			continue
		}
		if before := known[worker]; before != nil && before.UID != p.UID {
			send(m, state{before, true}) // it was replaced
		}
		if removed {
			delete(known, worker)
		} else {
			known[worker] = p
		}
		send(m, state{p, removed})
	}
}

// tend lives as long as a member's pod may: it follows its log, and reports when it ends and when it runs again.
func (f *fleet) tend(ctx context.Context, m *member) {
	t := &tending{fleet: f, member: m, reader: &reader{lines: f.Output(m.Member)}}
	for {
		select {
		case <-ctx.Done():
			t.follow.End()
			return
		case s := <-m.inbox:
			t.take(ctx, s)
		case <-t.overdue:
			t.overdue = nil
			t.abandon(ctx)
		}
	}
}

// tending is what is known of a member's containers.
type tending struct {
	*fleet
	*member
	reader *reader
	follow *following.Following // nil while no container runs
	id     string               // of the container that runs, or ran last
	over   bool                 // its end was reported
	ended  bool                 // one has ended, and none runs yet
	going  bool                 // the pod is about to be removed
	left   bool                 // the pod is not to start it again

	doomed  *corev1.Pod      // is about to be removed; may be nil
	patient time.Time        // until then its node may take for that
	overdue <-chan time.Time // when that is over
}

// doom notes that a pod is about to be removed.
func (t *tending) doom(p *corev1.Pod) {
	until := time.Now().Add(graceOf(p) + t.forgetAfter)
	if t.doomed != nil && t.doomed.UID == p.UID && !until.Before(t.patient) {
		return
	}
	t.doomed, t.patient, t.overdue = p, until, time.After(time.Until(until))
}

// abandon has the cluster forget a pod that its node should have ended long ago. The node is lost; without that the cluster would make
// no other pod before it is back.
func (t *tending) abandon(ctx context.Context) {
	err := t.forget(ctx, t.doomed)
	t.fleet.Log.WarnContext(ctx, "the node did not end a worker's pod, so the cluster is to forget it; it ends there when the node is back",
		"worker", t.Worker.Name, "node", t.doomed.Spec.NodeName, "error", err)
	if t.Stopping().Err() != nil {
		t.mu.Lock()
		t.abandoned = true
		t.mu.Unlock()
	}
}

// take looks at a state of the pod.
func (t *tending) take(ctx context.Context, s state) {
	switch {
	case s.removed:
		t.doomed, t.overdue, t.left = nil, nil, false // a worker that joins again has another pod
		if t.drop != nil {
			t.drop(s.pod.Name)
		}
	case s.pod.DeletionTimestamp != nil:
		t.doom(s.pod)
	}
	if s.removed { // when all that the pod has said is read: who waits for its end ends the reading
		defer t.exists(false)
	} else {
		t.exists(true)
	}
	status := statusIn(s.pod)
	// A pod that somebody or its node removes is made again elsewhere, however its worker ends.
	t.going = s.removed || s.pod.DeletionTimestamp != nil || s.pod.Status.Reason != ""
	if last := status.LastTerminationState.Terminated; last != nil {
		t.end(ctx, last.ContainerID, last, true)
	}
	switch now := status.State; {
	case now.Terminated != nil:
		t.end(ctx, now.Terminated.ContainerID, now.Terminated, false)
	case now.Running != nil && !s.removed && status.ContainerID != t.id:
		t.begin(ctx, status.ContainerID)
	}
	if s.removed && t.id != "" && !t.over {
		t.end(ctx, t.id, nil, false)
	}
	why := waitingIn(s.pod, status)
	if s.removed {
		why = "it was removed"
	}
	t.waits(why)
	if err := cannotRun(t.Worker.Name, s.pod, status); err != nil && !s.removed && t.Stopping().Err() == nil {
		t.stuck(ctx, err)
	}
}

// begin follows the log of a container that runs.
func (t *tending) begin(ctx context.Context, id string) {
	if t.id != "" && !t.over {
		t.end(ctx, t.id, nil, false) // its end was not seen
	}
	t.id, t.over = id, false
	t.follow = t.fleet.follow(ctx, t.member, t.reader)
	if t.ended {
		t.ended = false
		t.Again(t.Member)
	}
}

// end reports that a container has ended, once. how is nil if that is not known. before says that another one runs already.
func (t *tending) end(ctx context.Context, id string, how *corev1.ContainerStateTerminated, before bool) {
	switch {
	case id == "" || id == t.id && t.over:
		return
	case id != t.id && before && t.id != "":
		return // of long ago
	case id != t.id:
		t.id = id // it was never seen running
	}
	t.over, t.ended = true, true
	t.drain(ctx, t.member, t.reader, t.follow, before)
	t.follow = nil
	exit, away := exitOf(t.member, how), t.IsAway()
	t.died(t.member, exit)
	if how != nil && !away && !t.going && !t.left && !t.Restart.Wants(exit) {
		t.left = true
		t.leave(ctx, t.member, exit)
	}
}

// exitOf reads how a container ended.
func exitOf(m *member, how *corev1.ContainerStateTerminated) launcher.Exit {
	if how == nil {
		exit := m.Ended(-1)
		exit.Signal = "its pod was removed or its node was lost"
		return exit
	}
	exit := m.Ended(int(how.ExitCode))
	if how.Reason == "OOMKilled" {
		exit.Signal = "killed: it needed more memory than it may have"
	}
	return exit
}

// statusIn is the status of the worker's container; the zero value while there is none.
func statusIn(p *corev1.Pod) corev1.ContainerStatus {
	for _, s := range p.Status.ContainerStatuses {
		if s.Name == container {
			return s
		}
	}
	return corev1.ContainerStatus{}
}

// waitingIn is why a pod does not run, in the cluster's words; empty if it does.
func waitingIn(p *corev1.Pod, status corev1.ContainerStatus) string {
	if w := status.State.Waiting; w != nil {
		return reason(w.Reason, w.Message)
	}
	if status.State.Running != nil {
		return ""
	}
	for _, c := range p.Status.Conditions {
		if c.Type == corev1.PodScheduled && c.Status == corev1.ConditionFalse {
			return "no node takes it: " + c.Message
		}
	}
	if p.Status.Reason != "" {
		return reason(p.Status.Reason, p.Status.Message)
	}
	return ""
}

func reason(why, message string) string {
	if message == "" {
		return why
	}
	return fmt.Sprintf("%s (%s)", why, message)
}

// cannotRun is what no waiting helps against.
func cannotRun(worker string, p *corev1.Pod, status corev1.ContainerStatus) *PodError {
	w := status.State.Waiting
	if w == nil {
		return nil
	}
	e := &PodError{Worker: worker, Pod: p.Name, Reason: w.Reason, Message: w.Message}
	image := ""
	if len(p.Spec.Containers) > 0 {
		image = p.Spec.Containers[0].Image
	}
	switch w.Reason {
	case "ImagePullBackOff":
		e.Advice = "its node cannot fetch the image " + image + ": check that the node reaches the registry of images.registry and may read there"
	case "ErrImageNeverPull":
		e.Advice = "its node does not have the image " + image + ": write the images with `chimera manifests --images FOLDER` and load them into every node, or " +
			"set images.registry"
	case "InvalidImageName", "ImageInspectError":
		e.Advice = "check images.registry"
	case "CreateContainerConfigError", "CreateContainerError", "RunContainerError":
		e.Advice = "`kubectl describe pod " + p.Name + "` says more"
	default:
		return nil
	}
	return e
}
