//go:build linux

package realcluster_test

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"testing"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/gochimera/chimera/api"
	"github.com/gochimera/chimera/client"
	"github.com/gochimera/chimera/launcher/kubernetes/realcluster"
)

// Masters of each kind, with workers in pods on two nodes, compute the same to the bit as with workers in this process. A pod that somebody deletes comes back
// with the model, the next start serves the stored model, and nothing is left. The master has no other rights than those that it needs, and the namespace
// admits only pods of the restricted standard.
func TestMasters(t *testing.T) {
	c := realcluster.Get(t)
	registry := c.Registry(t)
	for _, k := range []kind{bagging, server, pipeline} {
		t.Run(k.name, func(t *testing.T) {
			p := newProject(t, c, k, map[string]string{"images.registry": registry + "/me"})
			want := p.inprocess(t)
			p.run(t, p.settings, func(ctx context.Context, master *client.Client) error {
				got, err := fitted(ctx, master)
				if err != nil {
					return err
				}
				if !slices.Equal(got, want) {
					t.Errorf("in pods the model predicts %v, in this process %v", got, want)
				}
				if err := p.onBothNodes(t); err != nil {
					return err
				}
				return p.podComesBack(ctx, t, master, want)
			})
			p.empty(t)
			for _, worker := range k.workers {
				if text := read(t, filepath.Join(p.dir, "chimera_logs", worker+".log")); text == "" {
					t.Errorf("nothing is kept of what %s has logged", worker)
				}
			}
			p.run(t, p.settings, func(ctx context.Context, master *client.Client) error { return serves(ctx, master, k, want) })
			p.empty(t)
		})
	}
}

// onBothNodes wants chimera ps to list all workers, on both nodes.
func (p *project) onBothNodes(t *testing.T) error {
	t.Helper()
	list, err := p.running(t)
	if err != nil {
		return err
	}
	nodes := map[string]bool{}
	for _, r := range list {
		nodes[r.Node] = true
		if r.State != string(corev1.PodRunning) {
			t.Errorf("%+v", r)
		}
	}
	if len(list) != len(p.workers) || len(nodes) != 2 {
		t.Errorf("%d pods on %d nodes: %+v", len(list), len(nodes), list)
	}
	return nil
}

// podComesBack deletes the pod of the first worker, and waits until another one has the model.
func (p *project) podComesBack(ctx context.Context, t *testing.T, master *client.Client, want []float64) error {
	t.Helper()
	pods, name := p.cluster.Client(t).CoreV1().Pods(p.namespace), p.name+"-"+p.workers[0]+"-0"
	before, err := pods.Get(ctx, name, metav1.GetOptions{})
	if err != nil {
		return err
	}
	if err := pods.Delete(ctx, name, metav1.DeleteOptions{}); err != nil {
		return err
	}
	err = eventually(ctx, func(ctx context.Context) error {
		now, err := pods.Get(ctx, name, metav1.GetOptions{})
		if err == nil && (now.UID == before.UID || now.Status.Phase != corev1.PodRunning) {
			err = fmt.Errorf("pod %s is %s, %s", now.UID, now.Status.Phase, now.Status.Message)
		}
		return err
	})
	if err != nil {
		return err
	}
	return serves(ctx, master, p.kind, want)
}

// serves waits until all workers have the model, and wants it to predict the same as ever.
func serves(ctx context.Context, master *client.Client, k kind, want []float64) error {
	return eventually(ctx, func(ctx context.Context) error {
		status, err := master.Status(ctx)
		if err != nil {
			return err
		}
		for _, w := range status.Workers {
			if w.State != api.MemberUp || w.FitID != status.FitID {
				return fmt.Errorf("worker %s is %s with fit %q of %q: %s", w.Worker, w.State, w.FitID, status.FitID, w.Reason)
			}
		}
		answer, err := predict(ctx, master)
		if err != nil {
			return err
		}
		if len(answer.Failures) > 0 || !slices.Equal(answer.Y.Values, want) {
			return fmt.Errorf("the %s master predicts %v with %v, without %v, want %v", k.name, answer.Y.Values, answer.Workers, answer.Failures, want)
		}
		return nil
	})
}

// A master that calls workers by their names in the cluster, as one in a pod does, computes the same.
func TestNames(t *testing.T) {
	c := realcluster.Get(t)
	p := newProject(t, c, bagging, map[string]string{"images.registry": c.Registry(t) + "/me", "kubernetes.reach": "names"})
	want := p.inprocess(t)
	p.run(t, p.settings, func(ctx context.Context, master *client.Client) error {
		if got, err := fitted(ctx, master); err != nil || !slices.Equal(got, want) {
			return errors.Join(err, fmt.Errorf("the model predicts %v, want %v", got, want))
		}
		return p.podComesBack(ctx, t, master, want)
	})
	p.empty(t)
}
