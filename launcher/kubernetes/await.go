package kubernetes

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/fields"

	"github.com/gochimera/chimera/launcher"
)

// lookForReasons is how often it is asked why there is no pod yet.
const lookForReasons = time.Second

// reach opens connections to a worker's pod from outside of the cluster.
func (l *launch) reach(w launcher.Worker) func(context.Context) (io.ReadWriteCloser, error) {
	return func(ctx context.Context) (io.ReadWriteCloser, error) {
		return l.connect(ctx, pod(l.Project, w.Name), l.Network.Port)
	}
}

// await returns when the worker in the pod is ready.
func (f *fleet) await(ctx context.Context, m *member) error {
	if err := f.awaitPod(ctx, m); err != nil {
		return err
	}
	err := f.Await(ctx, m.Member, m.Log.LastWords)
	var late *launcher.NotReadyError
	if why := m.whyWaiting(); errors.As(err, &late) && why != "" {
		late.URL, late.Last = "", fmt.Errorf("its pod %s waits: %s", pod(f.Project, m.Worker.Name), why)
	}
	return err
}

// awaitPod waits until the cluster has made the pod, and asks meanwhile why it does not.
func (l *launch) awaitPod(ctx context.Context, m *member) error {
	patience, cancel := context.WithTimeout(ctx, l.ReadyTimeout)
	defer cancel()
	look := time.NewTicker(lookForReasons)
	defer look.Stop()
	seen, reason := m.seen(), errors.New("the cluster made no pod for it; does its controller manager run?")
	for {
		select {
		case <-seen:
			return nil
		case <-patience.Done():
			if ctx.Err() != nil {
				return ctx.Err()
			}
			return &launcher.NotReadyError{Worker: m.Worker.Name, Port: m.Worker.Port, After: l.ReadyTimeout, Last: reason}
		case <-look.C:
			if why := l.whyNoPod(patience, m.Worker); why != "" {
				reason = errors.New(why)
			}
		}
	}
}

// whyNoPod is what the cluster says of a StatefulSet whose pod it cannot make, such as that a quota is exhausted; empty if it says nothing,
// or if this program may not read that.
func (l *launch) whyNoPod(ctx context.Context, w launcher.Worker) string {
	list, err := l.api.CoreV1().Events(l.namespace).List(ctx, metav1.ListOptions{FieldSelector: fields.Set{
		"involvedObject.kind": "StatefulSet", "involvedObject.name": statefulSet(l.Project, w.Name), "reason": "FailedCreate",
	}.String()})
	if err != nil {
		return ""
	}
	why := ""
	for _, e := range list.Items {
		if e.InvolvedObject.Name == statefulSet(l.Project, w.Name) && e.Reason == "FailedCreate" && !e.LastTimestamp.Time.Before(l.began.Truncate(time.Second)) {
			why = e.Message
		}
	}
	return why
}
