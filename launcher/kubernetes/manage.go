package kubernetes

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/types"

	"github.com/gochimera/chimera/launcher"
	"github.com/gochimera/chimera/launcher/internal/probe"
)

// removal is one kind of object of a project.
type removal struct {
	kind   string
	list   func(context.Context, metav1.ListOptions) (runtime.Object, error)
	remove func(context.Context, string, metav1.DeleteOptions) error
}

// client is what all clients of one kind of object have.
type client[L runtime.Object] interface {
	List(ctx context.Context, o metav1.ListOptions) (L, error)
	Delete(ctx context.Context, name string, o metav1.DeleteOptions) error
}

func removalOf[L runtime.Object](kind string, of client[L]) removal {
	return removal{kind, func(ctx context.Context, o metav1.ListOptions) (runtime.Object, error) { return of.List(ctx, o) }, of.Delete}
}

// removals are the kinds, in the order in which they are removed: what makes pods before the pods.
func (c *cluster) removals() []removal {
	core, apps := c.api.CoreV1(), c.api.AppsV1()
	return []removal{
		removalOf("StatefulSet", apps.StatefulSets(c.namespace)), removalOf("Pod", core.Pods(c.namespace)), removalOf("Secret", core.Secrets(c.namespace)),
		removalOf("Service", core.Services(c.namespace)), removalOf("ConfigMap", core.ConfigMaps(c.namespace)),
	}
}

// names are those of the objects of a list.
func names(list runtime.Object) (all []string, err error) {
	objects, err := meta.ExtractList(list)
	if err != nil {
		return nil, err
	}
	for _, o := range objects {
		is, err := meta.Accessor(o)
		if err != nil {
			return nil, err
		}
		all = append(all, is.GetName())
	}
	return all, nil
}

// Down implements [launcher.Remover]. It returns when the pods have gone.
func (k *Launcher) Down(ctx context.Context, project string) ([]launcher.Thing, error) {
	c, err := k.open(ctx, k.settings)
	if err != nil {
		return nil, err
	}
	defer c.Close()
	var removed []launcher.Thing
	var errs []error
	background := metav1.DeletePropagationBackground
	for _, r := range c.removals() {
		list, err := r.list(ctx, having(LabelProject, project))
		var there []string
		if err == nil {
			there, err = names(list)
		}
		if err != nil {
			err = c.explain(err)
			if apierrors.ReasonForError(err) == "" {
				return removed, err // it is no answer of the server: there will be none to the other questions either
			}
			errs = append(errs, fmt.Errorf("looking for each %s of the project: %w", r.kind, err))
			continue
		}
		for _, name := range there {
			err := r.remove(ctx, name, metav1.DeleteOptions{PropagationPolicy: &background})
			switch {
			case err == nil:
				removed = append(removed, launcher.Thing{Kind: r.kind, Name: name})
			case !apierrors.IsNotFound(err):
				errs = append(errs, fmt.Errorf("%s %s: %w", r.kind, name, c.explain(err)))
			}
		}
	}
	switch {
	case len(errs) == 0:
		errs = append(errs, c.awaitNoPods(ctx, project))
	case !k.settings.Apply && slices.ContainsFunc(errs, apierrors.IsForbidden):
		errs = append(errs, errors.New("kubernetes.apply is false: whoever applied the objects removes them, as by `kubectl delete -f`; the master's role does not "+
			"permit that"))
	}
	return removed, errors.Join(errs...)
}

// awaitNoPods waits until a project's pods have ended, at most for as long as a cluster may take.
func (c *cluster) awaitNoPods(ctx context.Context, project string) error {
	ctx, cancel := context.WithTimeout(ctx, 2*removeTime)
	defer cancel()
	since := map[types.UID]time.Time{} // it is known of each pod that it is about to go
	for {
		list, err := c.api.CoreV1().Pods(c.namespace).List(ctx, having(LabelProject, project))
		if err != nil {
			return c.explain(err)
		}
		if len(list.Items) == 0 {
			return nil
		}
		for i := range list.Items {
			p := &list.Items[i]
			if p.DeletionTimestamp == nil {
				continue
			}
			if since[p.UID].IsZero() {
				since[p.UID] = time.Now()
			}
			if time.Since(since[p.UID]) > graceOf(p)+forgetAfter { // its node is lost
				if err := c.forget(ctx, p); err != nil {
					return err
				}
			}
		}
		if err := probe.Sleep(ctx, rewatchPause/5); err != nil {
			return fmt.Errorf("pod %s does not end; `kubectl delete pod --force %s` forgets it: %w", list.Items[0].Name, list.Items[0].Name, err)
		}
	}
}

// Running implements [launcher.Lister].
func (k *Launcher) Running(ctx context.Context, project string) ([]launcher.Running, error) {
	c, err := k.open(ctx, k.settings)
	if err != nil {
		return nil, err
	}
	defer c.Close()
	list, err := c.api.CoreV1().Pods(c.namespace).List(ctx, having(LabelProject, project))
	if err != nil {
		return nil, c.explain(err)
	}
	running := make([]launcher.Running, 0, len(list.Items))
	for i := range list.Items {
		p := &list.Items[i]
		status := statusIn(p)
		r := launcher.Running{
			Worker: p.Labels[LabelWorker], Name: p.Name, State: string(p.Status.Phase), Node: p.Spec.NodeName, Address: p.Status.PodIP,
			Status: cmp.Or(waitingIn(p, status), string(p.Status.Phase)),
		}
		if p.DeletionTimestamp != nil {
			r.Status = "ending"
		}
		if status.State.Running != nil && !status.Ready {
			r.Status = "not ready"
		}
		if status.RestartCount > 0 {
			r.Status += fmt.Sprintf(", started again %d times", status.RestartCount)
		}
		if len(p.Spec.Containers) > 0 {
			r.Image = p.Spec.Containers[0].Image
		}
		running = append(running, r)
	}
	slices.SortFunc(running, func(a, b launcher.Running) int { return cmp.Compare(a.Worker, b.Worker) })
	return running, nil
}

var (
	_ launcher.Remover = (*Launcher)(nil)
	_ launcher.Lister  = (*Launcher)(nil)
)
