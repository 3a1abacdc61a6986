//go:build linux

package realcluster_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/gochimera/chimera/api"
	"github.com/gochimera/chimera/client"
	"github.com/gochimera/chimera/launcher/kubernetes/realcluster"
)

// lossy is what is lost: the second node, with at least one worker.
const lossy = 1

// heal brings the node back, also if the test has failed.
func heal(t *testing.T, c *realcluster.Cluster) {
	t.Helper()
	t.Cleanup(func() {
		if err := c.Heal(lossy); err != nil {
			t.Error(err)
		}
	})
}

// leavesNode waits until all pods run, none of them on the lost node. Until the cluster has noticed the loss they seem to be as before, and a master that
// predicts by itself answers.
func (p *project) leavesNode(ctx context.Context, t *testing.T) error {
	t.Helper()
	pods := p.cluster.Client(t).CoreV1().Pods(p.namespace)
	return eventually(ctx, func(ctx context.Context) error {
		list, err := pods.List(ctx, metav1.ListOptions{})
		if err != nil {
			return err
		}
		if len(list.Items) != len(p.workers) {
			return fmt.Errorf("there are %d pods, want %d", len(list.Items), len(p.workers))
		}
		for _, pod := range list.Items {
			if pod.Spec.NodeName == p.cluster.NodeName(lossy) || pod.Status.Phase != corev1.PodRunning || pod.DeletionTimestamp != nil {
				return fmt.Errorf("pod %s on %s is %s %s", pod.Name, pod.Spec.NodeName, pod.Status.Phase, pod.Status.Message)
			}
		}
		return nil
	})
}

// The workers of a node whose power fails come back on the other one with the model, while whoever asks gets an answer or is told why there is none.
func TestNodeIsKilled(t *testing.T) {
	c := realcluster.Get(t)
	for _, k := range []kind{bagging, server, pipeline} {
		t.Run(k.name, func(t *testing.T) {
			p := newProject(t, c, k, map[string]string{"images.registry": c.Registry(t) + "/me"})
			heal(t, c)
			want := p.inprocess(t)
			p.run(t, p.settings, func(ctx context.Context, master *client.Client) error {
				if got, err := fitted(ctx, master); err != nil || !slices.Equal(got, want) {
					return errors.Join(err, fmt.Errorf("the model predicts %v, want %v", got, want))
				}
				if err := p.onBothNodes(t); err != nil {
					return err
				}
				began := time.Now()
				if err := c.Kill(lossy); err != nil {
					return err
				}
				answering, cancel := context.WithTimeout(ctx, 2*time.Minute) // reached only by one that hangs
				defer cancel()
				answer, err := predict(answering, master)
				t.Logf("without the node: %d workers, %d failures, %v, after %.1f s", len(answer.Workers), len(answer.Failures), err, time.Since(began).Seconds())
				if answering.Err() != nil {
					t.Errorf("whoever asks without the node waits: %v", err)
				}
				if err := p.leavesNode(ctx, t); err != nil {
					return err
				}
				if err := serves(ctx, master, k, want); err != nil {
					return err
				}
				t.Logf("all workers have the model again after %.1f s", time.Since(began).Seconds())
				return nil
			})
			p.empty(t)
		})
	}
}

// A node whose wire is cut in mid-fit and joined later: the fit ends with the same bits, and its twins of the workers end.
func TestWireIsCut(t *testing.T) {
	c := realcluster.Get(t)
	k := server
	k.yaml = "master: parameter-server\nlearner: sgd-classifier\n" +
		"parameter_server: {max_iter: 200, n_iter_no_change: 0, learning_rate_init: 0.01, recovery_timeout: 5m}\n"
	p := newProject(t, c, k, map[string]string{"images.registry": c.Registry(t) + "/me"})
	heal(t, c)
	want := p.inprocess(t)
	p.run(t, p.settings, func(ctx context.Context, master *client.Client) error {
		var once sync.Once
		var cut error
		_, err := master.FollowFit(ctx, func(e client.Event) {
			if s, ok := e.Event.(api.StepEvent); ok && s.Step >= 20 {
				once.Do(func() { cut = c.Cut(lossy) })
			}
		})
		if err != nil || cut != nil {
			return errors.Join(err, cut)
		}
		if err := p.leavesNode(ctx, t); err != nil {
			return err
		}
		if err := serves(ctx, master, k, want); err != nil {
			return err
		}
		if err := c.Heal(lossy); err != nil {
			return err
		}
		if err := serves(ctx, master, k, want); err != nil {
			return err
		}
		got, err := fitted(ctx, master)
		if !slices.Equal(got, want) {
			t.Errorf("after all the model predicts %v, want %v", got, want)
		}
		return err
	})
	p.empty(t)
}

// The end of a project whose node is lost does not wait for the node.
func TestEndWithoutNode(t *testing.T) {
	c := realcluster.Get(t)
	p := newProject(t, c, bagging, map[string]string{"images.registry": c.Registry(t) + "/me"})
	heal(t, c)
	p.run(t, p.settings, func(ctx context.Context, master *client.Client) error {
		if _, err := master.Fit(ctx); err != nil {
			return err
		}
		return c.Kill(lossy)
	})
	p.empty(t)
}
