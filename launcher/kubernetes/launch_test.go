//go:build unix

package kubernetes

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	clienttesting "k8s.io/client-go/testing"

	"github.com/gochimera/chimera/config"
	"github.com/gochimera/chimera/launcher"
)

// plan has the named fake workers of the launcher's test project.
func plan(names ...string) launcher.Plan {
	p := launcher.Plan{Project: "iris", Dir: filepath.Join("..", "testdata", "project"), Version: "test", ReadyTimeout: time.Minute}
	for _, name := range names {
		p.Workers = append(p.Workers, launcher.Worker{
			Name: name, Main: "chimera_workers/" + name, Data: "chimera_train_data/" + name, Hash: "abc", Env: []string{"FAKE_HASH=abc"},
		})
	}
	return p
}

// launcher is one whose cluster is the node.
func (n *node) launcher(change func(*settings)) *Launcher {
	n.Helper()
	l, err := New(nil)
	if err != nil {
		n.Fatal(err)
	}
	l.settings.registry = n.registry + "/test"
	if change != nil {
		change(&l.settings)
	}
	l.open = func(context.Context, settings) (*cluster, error) { return n.cluster("ml"), nil }
	return l
}

// fails launches what must not work, and wants nothing to be left of it.
func (n *node) fails(l *Launcher, p launcher.Plan) error {
	n.Helper()
	before := n.objects()
	fleet, err := l.Launch(n.Context(), p)
	if err == nil {
		_ = fleet.Stop(context.Background())
		n.Fatal("the launch succeeded")
	}
	if d := cmp.Diff(before, n.objects()); d != "" {
		n.Errorf("after %v, left behind (+):\n%s", err, d)
	}
	return err
}

func contains(t *testing.T, err error, parts ...string) {
	t.Helper()
	for _, part := range parts {
		if !strings.Contains(err.Error(), part) {
			t.Errorf("error %q does not say %q", err, part)
		}
	}
}

// Everything of a project has its label, and an owner.
func TestObjectsOfALaunch(t *testing.T) {
	n := newNode(t)
	p := plan("tree1", "tree2")
	fleet, err := n.launcher(nil).Launch(t.Context(), p)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = fleet.Stop(context.Background()) }()
	want := []string{
		"ConfigMap/iris", "Pod/iris-tree1-0", "Pod/iris-tree2-0", "Service/iris", "StatefulSet/iris-tree1", "StatefulSet/iris-tree2",
	}
	if d := cmp.Diff(want, n.objects()); d != "" {
		t.Error(d)
	}
	sets, err := n.api.AppsV1().StatefulSets("ml").List(t.Context(), having(LabelProject, "iris"))
	if err != nil || len(sets.Items) != 2 {
		t.Fatalf("%d StatefulSets, %v", len(sets.Items), err)
	}
	for _, s := range sets.Items {
		if o := s.OwnerReferences; len(o) != 1 || o[0].Kind != "ConfigMap" || o[0].Name != "iris" {
			t.Errorf("%s belongs to %v", s.Name, o)
		}
	}
	for _, e := range fleet.Endpoints() {
		if !strings.HasPrefix(e.URL, "http://127.0.0.1:") || e.Peer != "http://iris-"+e.Name+"-0.iris.ml.svc:80" {
			t.Errorf("endpoint %+v", e)
		}
	}
	if again := n.fails(n.launcher(nil), p); !errors.As(again, new(*TakenError)) {
		t.Errorf("a second launch: %v", again)
	} else {
		contains(t, again, "namespace ml", "project iris", "chimera down")
	}
	if err := fleet.Stop(t.Context()); err != nil {
		t.Error(err)
	}
	if left := n.objects(); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
}

// A pod that is removed is made again by the cluster, and reached where it was.
func TestPodIsReplaced(t *testing.T) {
	n := newNode(t)
	p := plan("tree1")
	again := make(chan launcher.Event, 1)
	p.Observe = func(e launcher.Event) {
		if e.Kind == launcher.Again {
			again <- e
		}
	}
	fleet, err := n.launcher(nil).Launch(t.Context(), p)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = fleet.Stop(context.Background()) }()
	before := fleet.Endpoints()[0]
	if err := n.api.CoreV1().Pods("ml").Delete(t.Context(), "iris-tree1-0", metav1.DeleteOptions{}); err != nil {
		t.Fatal(err)
	}
	if e := <-fleet.Exits(); e.Worker != "tree1" {
		t.Errorf("exit %+v", e)
	}
	<-again
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute) // reached only if it is never ready
	defer cancel()
	if err := launcher.AwaitReady(ctx, p.Workers[0], before.URL, func(launcher.Event) {}); err != nil {
		t.Error(err)
	}
}

// The cluster is told to forget a pod whose node is lost, so that it makes another, and so it is at the end.
func TestNodeIsLost(t *testing.T) {
	n := newNode(t)
	n.lost.Store(true)
	l := n.launcher(nil)
	l.forgetAfter = 0
	forgotten := make(chan metav1.DeleteOptions, 10)
	n.api.PrependReactor("delete", "pods", func(a clienttesting.Action) (bool, runtimeObject, error) {
		if d := a.(clienttesting.DeleteActionImpl); d.DeleteOptions.Preconditions != nil {
			forgotten <- d.DeleteOptions
		}
		return false, nil, nil
	})
	p := plan("tree1")
	again := make(chan launcher.Event, 1)
	p.Observe = func(e launcher.Event) {
		if e.Kind == launcher.Again {
			again <- e
		}
	}
	fleet, err := l.Launch(t.Context(), p)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = fleet.Stop(context.Background()) }()
	first, err := n.api.CoreV1().Pods("ml").Get(t.Context(), "iris-tree1-0", metav1.GetOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if err := n.api.CoreV1().Pods("ml").Delete(t.Context(), first.Name, metav1.DeleteOptions{}); err != nil { // as the cluster does some time after it was lost
		t.Fatal(err)
	}
	<-fleet.Exits()
	<-again
	if o := <-forgotten; *o.GracePeriodSeconds != 0 || *o.Preconditions.UID != first.UID {
		t.Errorf("removed by %+v, want at once, and only the pod %s", o, first.UID)
	}
	if err := fleet.Stop(t.Context()); err == nil {
		t.Error("the end does not say that a pod was not ended")
	} else {
		contains(t, err, "worker tree1", "its node may be lost")
	}
	if left := n.objects(); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
}

// denied is what an API server answers.
func denied(resource, words string) error {
	return apierrors.NewForbidden(schema.GroupResource{Resource: resource}, "iris", errors.New(words))
}

func TestRefusals(t *testing.T) {
	for _, c := range []struct {
		name, verb, resource string
		err                  error
		says                 []string
	}{
		{"no permission to look", "get", "configmaps", denied("configmaps", `User "me" cannot get resource`), []string{"does not permit", `User "me"`, "--rbac"}},
		{"no permission to make", "create", "statefulsets", denied("statefulsets.apps", `User "me" cannot create`), []string{"does not permit", "--rbac"}},
		{"a quota", "create", "statefulsets", denied("statefulsets.apps", "exceeded quota: small, requested: count/statefulsets.apps=1"),
			[]string{"no room left", "namespace ml", "count/statefulsets.apps=1"}},
		{"no namespace", "create", "configmaps", apierrors.NewNotFound(schema.GroupResource{Resource: "namespaces"}, "ml"),
			[]string{"has no namespace ml", "kubectl create namespace ml"}},
		{"nobody that is known", "get", "configmaps", apierrors.NewUnauthorized("Unauthorized"), []string{"does not know who asks", "kubernetes.context"}},
		{"a namespace that goes", "create", "configmaps", denied("configmaps", "unable to create new content in namespace ml because it is being terminated"),
			[]string{"is removing namespace ml"}},
		{"a webhook", "create", "services", apierrors.NewInternalError(errors.New("failed calling webhook")), []string{"refused", "failed calling webhook"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			n := newNode(t)
			n.refuse = func(a clienttesting.Action) error {
				if a.GetVerb() == c.verb && a.GetResource().Resource == c.resource {
					return c.err
				}
				return nil
			}
			contains(t, n.fails(n.launcher(nil), plan("tree1")), append(c.says, "https://test.example.org")...)
		})
	}
}

// What a pod waits for is a sentence, at once where waiting does not help.
func TestPodsThatCannotRun(t *testing.T) {
	waiting := func(why, message string) func(*corev1.Pod) bool {
		return func(p *corev1.Pod) bool {
			p.Status.ContainerStatuses = []corev1.ContainerStatus{{Name: container, State: corev1.ContainerState{
				Waiting: &corev1.ContainerStateWaiting{Reason: why, Message: message},
			}}}
			return true
		}
	}
	for _, c := range []struct {
		name  string
		spoil func(*corev1.Pod) bool
		says  []string
	}{
		{"no image", waiting("ImagePullBackOff", "no such host"), []string{"worker tree1", "iris-tree1-0", "ImagePullBackOff", "no such host", "images.registry"}},
		{"not loaded", waiting("ErrImageNeverPull", ""), []string{"worker tree1", "does not have the image", "chimera manifests --images"}},
		{"no start", waiting("CreateContainerError", "boom"), []string{"worker tree1", "CreateContainerError", "boom", "kubectl describe pod iris-tree1-0"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			n := newNode(t)
			n.spoil = c.spoil
			err := n.fails(n.launcher(nil), plan("tree1"))
			contains(t, err, c.says...)
			if !errors.As(err, new(*PodError)) {
				t.Errorf("error %T, want a *PodError", err)
			}
		})
	}
	t.Run("no node", func(t *testing.T) {
		n := newNode(t)
		n.spoil = func(p *corev1.Pod) bool {
			p.Status.Conditions = []corev1.PodCondition{{
				Type: corev1.PodScheduled, Status: corev1.ConditionFalse, Reason: "Unschedulable", Message: "0/2 nodes are available: 2 Insufficient memory.",
			}}
			return true
		}
		p := plan("tree1")
		p.ReadyTimeout = 200 * time.Millisecond
		contains(t, n.fails(n.launcher(nil), p), "worker tree1", "no node takes it", "2 Insufficient memory")
	})
}

// Where the cluster makes no pod at all, it says why in an event.
func TestNoPod(t *testing.T) {
	n := newNode(t)
	n.api.PrependReactor("create", "statefulsets", func(a clienttesting.Action) (bool, runtimeObject, error) {
		set := a.(clienttesting.CreateAction).GetObject()
		event := &corev1.Event{
			ObjectMeta: metav1.ObjectMeta{Name: "e", Namespace: "ml"}, InvolvedObject: corev1.ObjectReference{Kind: "StatefulSet", Name: "iris-tree1"},
			Reason: "FailedCreate", Message: `pods "iris-tree1-0" is forbidden: exceeded quota: small`, LastTimestamp: metav1.Now(),
		}
		return true, set, errors.Join(n.api.Tracker().Add(event), n.api.Tracker().Create(setResource, set, "ml"))
	})
	p := plan("tree1")
	p.ReadyTimeout = 2500 * time.Millisecond // longer than it takes to ask
	contains(t, n.fails(n.launcher(nil), p), "worker tree1", "exceeded quota: small")
}

// A registry that refuses is named, with what to do.
func TestRegistryRefuses(t *testing.T) {
	n := newNode(t)
	for status, says := range map[int]string{http.StatusUnauthorized: "docker login", http.StatusInternalServerError: "check images.registry"} {
		server := refusing(t, status)
		err := n.fails(n.launcher(func(s *settings) { s.registry = server + "/me" }), plan("tree1"))
		contains(t, err, "worker tree1", server, says)
	}
}

// apply makes what somebody applies who has `chimera manifests` write it.
func (n *node) apply(p launcher.Plan) {
	n.Helper()
	l := n.launcher(nil)
	made, err := l.project(p)
	if err != nil {
		n.Fatal(err)
	}
	made.home = "ml"
	executables, err := launcher.BuildFor(n.Context(), made.Plan, made.settings.target.OS, made.settings.target.Arch)
	if err != nil {
		n.Fatal(err)
	}
	image, err := made.newImage(made.Workers[0], executables[0])
	if err != nil {
		n.Fatal(err)
	}
	if err := made.push(n.Context(), made.Workers[0], image); err != nil {
		n.Fatal(err)
	}
	for _, o := range []runtimeObject{made.owner(), made.service(nil), made.workload(made.Workers[0], image.Reference(), 0, nil)} {
		if err := n.api.Tracker().Add(o); err != nil {
			n.Fatal(err)
		}
	}
}

// Objects that somebody else has applied are used, and left as they were.
func TestApplied(t *testing.T) {
	n := newNode(t)
	foreign := func(s *settings) { s.Apply = false }
	p := plan("tree1")
	p.Identity = nil
	contains(t, n.fails(n.launcher(foreign), p), "has nothing of project iris", "chimera manifests", "kubernetes.apply: true")

	n.apply(p)
	before := n.objects()
	for range 2 { // again, too
		fleet, err := n.launcher(foreign).Launch(t.Context(), p)
		if err != nil {
			t.Fatal(err)
		}
		if again := n.fails(n.launcher(foreign), p); !errors.As(again, new(*TakenError)) {
			t.Errorf("a second launch: %v", again)
		}
		if err := fleet.Stop(t.Context()); err != nil {
			t.Error(err)
		}
		if d := cmp.Diff(before, n.objects()); d != "" {
			t.Errorf("the objects are others (-before +after):\n%s", d)
		}
	}
}

// A worker in such objects that does not end is killed when whoever waits has no more patience.
func TestAppliedIsForced(t *testing.T) {
	n := newNode(t)
	p := plan("tree1")
	p.Workers[0].Env = append(p.Workers[0].Env, "FAKE=deaf")
	p.StopGrace = time.Hour
	n.apply(p)
	before := n.objects()
	fleet, err := n.launcher(func(s *settings) { s.Apply = false }).Launch(t.Context(), p)
	if err != nil {
		t.Fatal(err)
	}
	impatient, cancel := context.WithCancel(t.Context())
	cancel()
	if err := fleet.Stop(impatient); err == nil {
		t.Error("the end does not say that a worker was killed")
	}
	if d := cmp.Diff(before, n.objects()); d != "" {
		t.Errorf("the objects are others (-before +after):\n%s", d)
	}
}

func TestClaimsAreNeeded(t *testing.T) {
	n := newNode(t)
	err := n.fails(n.launcher(func(s *settings) { s.Rows = config.RowsClaim }), plan("tree1"))
	contains(t, err, "worker tree1", "PersistentVolumeClaim iris-tree1-rows", "namespace ml", "kubernetes.rows: image")
}

// What workers are known by is in a Secret of each, and nowhere else.
func TestSecrets(t *testing.T) {
	n := newNode(t)
	p := plan("tree1")
	p.ReadyTimeout = 100 * time.Millisecond
	p.Identity = known{} // the fake worker has none, so it is never reached
	seen := atomic.Bool{}
	n.api.PrependReactor("create", "secrets", func(a clienttesting.Action) (bool, runtimeObject, error) {
		s := a.(clienttesting.CreateAction).GetObject().(*corev1.Secret)
		seen.Store(s.Name == "iris-tree1" && string(s.Data["identity"]) == "secret of tree1" && len(s.OwnerReferences) == 1)
		return false, nil, nil
	})
	n.api.PrependReactor("create", "statefulsets", func(a clienttesting.Action) (bool, runtimeObject, error) {
		if text := fmt.Sprintf("%+v", a.(clienttesting.CreateAction).GetObject()); strings.Contains(text, "secret of") {
			t.Error("the StatefulSet has the secret")
		}
		return false, nil, nil
	})
	if err := n.fails(n.launcher(nil), p); strings.Contains(err.Error(), "secret of") {
		t.Errorf("the error tells the secret: %v", err)
	}
	if !seen.Load() {
		t.Error("there was no Secret")
	}
}

// What is there under a name of the project's, and is not the project's, stays.
func TestOthersObjectsStay(t *testing.T) {
	meta := func(name string) metav1.ObjectMeta { return metav1.ObjectMeta{Name: name, Namespace: "ml"} }
	for kind, object := range map[string]runtimeObject{
		"ConfigMap": &corev1.ConfigMap{ObjectMeta: meta("iris")}, "Service": &corev1.Service{ObjectMeta: meta("iris")},
		"Secret": &corev1.Secret{ObjectMeta: meta("iris-tree1")}, "StatefulSet": &appsv1.StatefulSet{ObjectMeta: meta("iris-tree1")},
	} {
		t.Run(kind, func(t *testing.T) {
			n := newNode(t)
			if err := n.api.Tracker().Add(object); err != nil {
				t.Fatal(err)
			}
			p := plan("tree1")
			if kind == "Secret" {
				p.Identity = known{}
			}
			contains(t, n.fails(n.launcher(nil), p), "has a "+kind+" iris", "which is not the project's", "another name")
		})
	}
}
