package kubernetes

import (
	"context"
	"errors"
	"fmt"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/gochimera/chimera/launcher"
	"github.com/gochimera/chimera/launcher/internal/parallel"
)

// removeTime bounds the clean-up once the callers' contexts have ended, and what a cluster may take longer than the grace.
const removeTime = 30 * time.Second

// unscaled is a worker's StatefulSet, which somebody has applied and no master uses.
func (l *launch) unscaled(ctx context.Context, w launcher.Worker) (*appsv1.StatefulSet, error) {
	name := statefulSet(l.Project, w.Name)
	has, err := l.api.AppsV1().StatefulSets(l.namespace).Get(ctx, name, metav1.GetOptions{})
	switch {
	case apierrors.IsNotFound(err):
		return nil, &ClusterError{l.server, "has no StatefulSet " + name + " in namespace " + l.namespace, "apply what `chimera manifests` writes", err}
	case err != nil:
		return nil, l.explain(err)
	case has.Spec.Replicas == nil || *has.Spec.Replicas != 0:
		return nil, &TakenError{Kind: "StatefulSet", Name: l.Project, Namespace: l.namespace, Ours: true}
	}
	return has, nil
}

// scaleUp has the cluster make the pod of a StatefulSet that somebody has applied. Of two masters that try, one fails.
func (l *launch) scaleUp(ctx context.Context, w launcher.Worker) error {
	has, err := l.unscaled(ctx, w)
	if err != nil {
		return err
	}
	one := int32(1)
	has.Spec.Replicas = &one
	_, err = l.api.AppsV1().StatefulSets(l.namespace).Update(ctx, has, metav1.UpdateOptions{})
	if apierrors.IsConflict(err) {
		return &TakenError{Kind: "StatefulSet", Name: l.Project, Namespace: l.namespace, Ours: true}
	}
	return l.explain(err)
}

// scaleDown takes the replica of a worker's StatefulSet away.
func (l *launch) scaleDown(ctx context.Context, w launcher.Worker) error {
	return l.explain(ignoreGone(l.patchReplicas(ctx, w, 0)))
}

// scale gives a worker's StatefulSet so many replicas.
func (l *launch) scale(ctx context.Context, w launcher.Worker, replicas int) error {
	return l.explain(l.patchReplicas(ctx, w, replicas))
}

func (l *launch) patchReplicas(ctx context.Context, w launcher.Worker, replicas int) error {
	_, err := l.api.AppsV1().StatefulSets(l.namespace).Patch(ctx, statefulSet(l.Project, w.Name), types.MergePatchType,
		fmt.Appendf(nil, `{"spec":{"replicas":%d}}`, replicas), metav1.PatchOptions{})
	return err
}

// halt ends and removes all that the launch made.
func (f *fleet) halt(force context.Context) error {
	if f.owner == nil {
		f.unwatch()
		f.watching.Wait()
		err := f.CloseLogs()
		f.Close()
		return err
	}
	ctx, cancel := context.WithTimeout(context.Background(), f.StopGrace+removeTime)
	defer cancel()
	errs := []error{f.endPods(ctx, force)}
	f.unwatch()
	f.watching.Wait()
	for _, m := range f.members {
		if m.killed {
			errs = append(errs, m.Killed())
		}
		if m.abandoned {
			errs = append(errs, fmt.Errorf("the pod of worker %s was not ended in time, and the cluster was told to forget it: its node may be lost, and the worker "+
				"run on there", m.Worker.Name))
		}
		if err := m.tunnel.close(); err != nil {
			errs = append(errs, err)
		}
	}
	ctx, cancel = context.WithTimeout(context.Background(), removeTime)
	defer cancel()
	if err := f.removeRest(ctx); err != nil {
		errs = append(errs, fmt.Errorf("removing what project %s has in namespace %s: %w; `chimera down` tries again", f.Project, f.namespace, f.explain(err)))
	}
	errs = append(errs, f.CloseLogs())
	f.Close()
	return errors.Join(errs...)
}

// endPods asks all workers to end, and returns when their pods have gone. They are killed after the grace, by the cluster, or when force ends.
func (f *fleet) endPods(ctx, force context.Context) error {
	return parallel.Do(ctx, len(f.members), func(ctx context.Context, i int) error {
		m := f.members[i]
		if !m.hasSet {
			return nil
		}
		name := pod(f.Project, m.Worker.Name)
		if err := f.withdraw(ctx, m.Worker); err != nil {
			return fmt.Errorf("ending worker %s: %w", m.Worker.Name, f.explain(err))
		}
		if err := f.removePod(ctx, name, nil); err != nil {
			return fmt.Errorf("ending worker %s: %w", m.Worker.Name, f.explain(err))
		}
		there, err := f.api.CoreV1().Pods(f.namespace).Get(ctx, name, metav1.GetOptions{})
		if err != nil || there == nil || f.foreign(there) {
			// It has gone already. What was seen of it is reported before the watch ends.
			return f.awaitGone(ctx, m)
		}
		select {
		case <-m.removed():
			return nil
		case <-force.Done():
			soon := int64(1)
			if err := f.removePod(ctx, name, &soon); err != nil {
				return fmt.Errorf("killing worker %s: %w", m.Worker.Name, f.explain(err))
			}
		case <-ctx.Done():
		}
		return f.awaitGone(ctx, m)
	})
}

// awaitGone waits until the watch has seen that there is no pod; one on a node that is lost is given up.
func (f *fleet) awaitGone(ctx context.Context, m *member) error {
	select {
	case <-m.removed():
		return nil
	case <-ctx.Done():
	}
	never := int64(0)
	last, cancel := context.WithTimeout(context.Background(), removeTime)
	defer cancel()
	if err := f.removePod(last, pod(f.Project, m.Worker.Name), &never); err != nil {
		return f.explain(err)
	}
	return fmt.Errorf("the cluster did not end the pod of worker %s in time, and was told to forget it: its node may be lost, and the worker run on there",
		m.Worker.Name)
}

// forgetAfter is how much longer than the pod's grace a node may take to end a pod, before the pod is forgotten.
const forgetAfter = 10 * time.Second

// graceOf is how long a pod that is being removed may take to end.
func graceOf(p *corev1.Pod) time.Duration {
	if s := p.DeletionGracePeriodSeconds; s != nil {
		return time.Duration(*s) * time.Second
	}
	return 0
}

// forget removes a pod without its node. If there is another one of that name meanwhile, that stays.
func (c *cluster) forget(ctx context.Context, p *corev1.Pod) error {
	never := int64(0)
	err := c.api.CoreV1().Pods(c.namespace).Delete(ctx, p.Name, metav1.DeleteOptions{
		GracePeriodSeconds: &never, Preconditions: &metav1.Preconditions{UID: &p.UID},
	})
	if apierrors.IsConflict(err) {
		return nil
	}
	return c.explain(ignoreGone(err))
}

// withdraw takes away what makes a worker's pods.
func (f *fleet) withdraw(ctx context.Context, w launcher.Worker) error {
	if !f.settings.Apply {
		return f.scaleDown(ctx, w)
	}
	background := metav1.DeletePropagationBackground
	err := f.api.AppsV1().StatefulSets(f.namespace).Delete(ctx, statefulSet(f.Project, w.Name), metav1.DeleteOptions{PropagationPolicy: &background})
	return ignoreGone(err)
}

func (f *fleet) removePod(ctx context.Context, name string, grace *int64) error {
	return ignoreGone(f.api.CoreV1().Pods(f.namespace).Delete(ctx, name, metav1.DeleteOptions{GracePeriodSeconds: grace}))
}

// removeRest removes what is no pod, the owner last.
func (f *fleet) removeRest(ctx context.Context) error {
	var errs []error
	for _, m := range f.members {
		if m.hasSecret {
			errs = append(errs, ignoreGone(f.api.CoreV1().Secrets(f.namespace).Delete(ctx, statefulSet(f.Project, m.Worker.Name), metav1.DeleteOptions{})))
		}
	}
	if f.hasService {
		errs = append(errs, ignoreGone(f.api.CoreV1().Services(f.namespace).Delete(ctx, f.Project, metav1.DeleteOptions{})))
	}
	if f.settings.Apply {
		background := metav1.DeletePropagationBackground
		errs = append(errs, ignoreGone(f.api.CoreV1().ConfigMaps(f.namespace).Delete(ctx, f.Project, metav1.DeleteOptions{PropagationPolicy: &background})))
	}
	return errors.Join(errs...)
}

// ignoreGone is nil for what was removed already.
func ignoreGone(err error) error {
	if apierrors.IsNotFound(err) {
		return nil
	}
	return err
}

var _ launcher.Fleet = (*fleet)(nil)
