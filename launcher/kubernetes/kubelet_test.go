//go:build unix

package kubernetes

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"net/http/httptest"
	"os/exec"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-containerregistry/pkg/registry"
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/watch"
	"k8s.io/client-go/kubernetes/fake"
	clienttesting "k8s.io/client-go/testing"
)

// node is a cluster without a kernel: client-go's fake API server, and beside it what the controller of StatefulSets and a kubelet do with
// what is written there. The kubelet fetches images from a real registry, unpacks them and runs what is in them as processes of this
// machine, with the environment and the files that the pod says.
type node struct {
	*testing.T
	api      *fake.Clientset
	registry string // host:port of a registry
	dir      string

	lost    atomic.Bool // it does not end pods: it does not hear that it is to
	mu      sync.Mutex
	pods    map[string]*running // by name
	created int
	watches []*beginning                            // of pods
	refuse  func(action clienttesting.Action) error // what the server refuses; may be nil
	spoil   func(*corev1.Pod) bool                  // whether the kubelet leaves a pod alone, after f has written why into it; may be nil
	wg      sync.WaitGroup
}

// running is a pod on the node.
type running struct {
	pod     *corev1.Pod
	dir     string // its image's files
	port    int
	removed chan struct{} // closed when it is to end
	hurry   chan struct{} // closed when it is to end at once
	once    sync.Once
	rush    sync.Once

	mu      sync.Mutex
	logs    []*logbook // of its containers, the last one the newest
	waiting bool       // that one has ended, and the next is yet to begin
	process *exec.Cmd
}

// logbook is what a container has written, each line after its time.
type logbook struct {
	mu      sync.Mutex
	text    bytes.Buffer
	started bool // the line that is being written has its time
	ended   chan struct{}
}

func (l *logbook) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for line := range bytes.Lines(p) {
		if !l.started {
			l.text.WriteString(time.Now().Format(time.RFC3339Nano) + " ")
		}
		l.text.Write(line)
		l.started = !bytes.HasSuffix(line, []byte{'\n'})
	}
	return len(p), nil
}

func newNode(t *testing.T) *node {
	t.Helper()
	server := httptest.NewServer(registry.New(registry.Logger(quiet())))
	t.Cleanup(server.Close)
	n := &node{T: t, api: fake.NewClientset(), registry: server.Listener.Addr().String(), dir: t.TempDir(), pods: map[string]*running{}}
	n.api.PrependReactor("create", "statefulsets", n.statefulSetMade)
	n.api.PrependReactor("patch", "statefulsets", n.statefulSetScaled)
	n.api.PrependReactor("update", "statefulsets", n.statefulSetScaled)
	n.api.PrependReactor("delete", "statefulsets", n.statefulSetRemoved)
	n.api.PrependReactor("delete", "pods", n.podRemoved)
	n.api.PrependWatchReactor("pods", n.watchPods)
	// Reactors are called before the tracker, which is what keeps objects; the last one first.
	n.api.PrependReactor("*", "*", func(action clienttesting.Action) (bool, runtime.Object, error) {
		if n.refuse != nil {
			if err := n.refuse(action); err != nil {
				return true, nil, err
			}
		}
		return false, nil, nil
	})
	t.Cleanup(func() {
		n.mu.Lock()
		all := slices.Collect(maps.Values(n.pods))
		n.mu.Unlock()
		for _, r := range all {
			r.once.Do(func() { close(r.removed) })
			r.rush.Do(func() { close(r.hurry) })
		}
		n.wg.Wait()
	})
	return n
}

var (
	podResource = schema.GroupVersionResource{Version: "v1", Resource: "pods"}
	setResource = schema.GroupVersionResource{Group: "apps", Version: "v1", Resource: "statefulsets"}
)

// watchPods begins with the pods that there are. A real server begins where the caller's list ended; the fake one knows no versions of its
// objects, and what comes between a list and a watch would be missed.
func (n *node) watchPods(action clienttesting.Action) (bool, watch.Interface, error) {
	namespace := action.GetNamespace()
	changes, err := n.api.Tracker().Watch(podResource, namespace)
	if err != nil {
		return true, nil, err
	}
	list, err := n.api.Tracker().List(podResource, corev1.SchemeGroupVersion.WithKind("Pod"), namespace)
	if err != nil {
		return true, nil, err
	}
	w := &beginning{Interface: changes, all: make(chan watch.Event), stopped: make(chan struct{})}
	n.mu.Lock()
	n.watches = append(n.watches, w)
	n.mu.Unlock()
	n.wg.Go(func() {
		defer close(w.all)
		for _, p := range list.(*corev1.PodList).Items {
			w.send(watch.Event{Type: watch.Modified, Object: &p})
		}
		for e := range changes.ResultChan() {
			w.send(e)
		}
	})
	return true, w, nil
}

// beginning is a watch that has had a beginning.
type beginning struct {
	watch.Interface
	all     chan watch.Event
	stopped chan struct{}
	once    sync.Once
}

func (b *beginning) send(e watch.Event) {
	select {
	case b.all <- e:
	case <-b.stopped:
	}
}

// endWatches ends those that there are, as a server does from time to time.
func (n *node) endWatches() {
	n.mu.Lock()
	defer n.mu.Unlock()
	for _, w := range n.watches {
		w.Stop()
	}
	n.watches = nil
}

func (b *beginning) ResultChan() <-chan watch.Event { return b.all }

func (b *beginning) Stop() {
	b.once.Do(func() { close(b.stopped) })
	b.Interface.Stop()
}

func (n *node) statefulSetMade(action clienttesting.Action) (bool, runtime.Object, error) {
	set := action.(clienttesting.CreateAction).GetObject().(*appsv1.StatefulSet).DeepCopy()
	if err := n.api.Tracker().Create(setResource, set, set.Namespace); err != nil {
		return true, nil, err
	}
	if *set.Spec.Replicas > 0 {
		n.start(set)
	}
	return true, set, nil
}

// statefulSetScaled takes a change of the replicas.
func (n *node) statefulSetScaled(action clienttesting.Action) (bool, runtime.Object, error) {
	handled, object, err := clienttesting.ObjectReaction(n.api.Tracker())(action)
	if err != nil {
		return handled, object, err
	}
	set := object.(*appsv1.StatefulSet)
	if *set.Spec.Replicas == 0 {
		n.end(set.Name+"-0", false)
	} else {
		n.start(set)
	}
	return true, object, nil
}

func (n *node) statefulSetRemoved(action clienttesting.Action) (bool, runtime.Object, error) {
	name := action.(clienttesting.DeleteAction).GetName() + "-0"
	if n.lost.Load() {
		return false, nil, n.mark(action.GetNamespace(), name)
	}
	n.end(name, false)
	return false, nil, nil // the tracker removes it
}

// podRemoved has the kubelet end a pod, and its set make it again if that is still there.
func (n *node) podRemoved(action clienttesting.Action) (bool, runtime.Object, error) {
	d := action.(clienttesting.DeleteActionImpl)
	if grace := d.DeleteOptions.GracePeriodSeconds; n.lost.Load() && (grace == nil || *grace > 0) {
		return true, nil, n.mark(d.Namespace, d.Name)
	}
	if !n.end(d.Name, d.DeleteOptions.GracePeriodSeconds != nil) {
		return true, nil, apierrors.NewNotFound(podResource.GroupResource(), d.Name)
	}
	return true, nil, nil
}

// mark notes that a pod is to go, at once, which its kubelet does not hear.
func (n *node) mark(namespace, name string) error {
	object, err := n.api.Tracker().Get(podResource, namespace, name)
	if err != nil {
		return err
	}
	p := object.(*corev1.Pod).DeepCopy()
	now, never := metav1.Now(), int64(0)
	p.DeletionTimestamp, p.DeletionGracePeriodSeconds = &now, &never
	return n.api.Tracker().Update(podResource, p, namespace)
}

// end tells the kubelet that a pod is to go; false if there is none.
func (n *node) end(name string, now bool) bool {
	n.mu.Lock()
	r := n.pods[name]
	n.mu.Unlock()
	if r == nil {
		return false
	}
	r.once.Do(func() { close(r.removed) })
	if now {
		r.rush.Do(func() { close(r.hurry) })
	}
	return true
}

// start makes the pod of a set, as its controller does, and hands it to the kubelet.
func (n *node) start(set *appsv1.StatefulSet) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.created++
	p := &corev1.Pod{ObjectMeta: metav1.ObjectMeta{
		Name: set.Name + "-0", Namespace: set.Namespace, Labels: set.Spec.Template.Labels, UID: types.UID(fmt.Sprintf("pod-%d", n.created)),
	}, Spec: set.Spec.Template.Spec}
	p.Status.Phase = corev1.PodPending
	r := &running{pod: p, removed: make(chan struct{}), hurry: make(chan struct{})}
	n.pods[p.Name] = r
	if err := n.api.Tracker().Create(podResource, p.DeepCopy(), p.Namespace); err != nil {
		n.Errorf("making pod %s: %v", p.Name, err)
		return
	}
	n.wg.Go(func() { n.run(set, r) })
}

// update writes a pod's status.
func (n *node) update(r *running) {
	if err := n.api.Tracker().Update(podResource, r.pod.DeepCopy(), r.pod.Namespace); err != nil && !apierrors.IsNotFound(err) {
		n.Errorf("the status of pod %s: %v", r.pod.Name, err)
	}
}

// run is a pod's whole life on the node.
func (n *node) run(set *appsv1.StatefulSet, r *running) {
	defer n.gone(set, r)
	if n.spoil != nil && n.spoil(r.pod) {
		n.update(r)
		<-r.removed
		return
	}
	status := corev1.ContainerStatus{Name: container}
	if err := n.unpack(r); err != nil {
		status.State.Waiting = &corev1.ContainerStateWaiting{Reason: "ImagePullBackOff", Message: err.Error()}
		r.pod.Status.ContainerStatuses = []corev1.ContainerStatus{status}
		n.update(r)
		<-r.removed
		return
	}
	for restart := 0; ; restart++ {
		how := n.runContainer(r, &status, restart)
		select {
		case <-r.removed:
			now := metav1.Now()
			r.pod.DeletionTimestamp, status.State = &now, corev1.ContainerState{Terminated: how}
			r.pod.Status.ContainerStatuses = []corev1.ContainerStatus{status}
			n.update(r)
			return
		default:
		}
		status.State = corev1.ContainerState{Waiting: &corev1.ContainerStateWaiting{Reason: "CrashLoopBackOff"}}
		status.LastTerminationState = corev1.ContainerState{Terminated: how}
		status.RestartCount++
		r.pod.Status.ContainerStatuses = []corev1.ContainerStatus{status}
		r.mu.Lock()
		r.waiting = true
		r.mu.Unlock()
		n.update(r)
		backOff := time.NewTimer(10 * time.Millisecond << min(restart, 10)) // as a kubelet does, faster
		select {
		case <-r.removed:
			backOff.Stop()
			return
		case <-backOff.C:
		}
	}
}

// gone removes the pod, and makes another if its set wants one.
func (n *node) gone(set *appsv1.StatefulSet, r *running) {
	n.mu.Lock()
	delete(n.pods, r.pod.Name)
	n.mu.Unlock()
	if err := n.api.Tracker().Delete(podResource, r.pod.Namespace, r.pod.Name); err != nil {
		n.Errorf("removing pod %s: %v", r.pod.Name, err)
	}
	now, err := n.api.Tracker().Get(setResource, set.Namespace, set.Name)
	if err == nil && *now.(*appsv1.StatefulSet).Spec.Replicas > 0 {
		n.start(now.(*appsv1.StatefulSet))
	}
}

// cluster is the node as the launcher sees it.
func (n *node) cluster(namespace string) *cluster {
	return &cluster{api: n.api, namespace: namespace, server: "https://test.example.org", connect: n.connect, logs: n.logs}
}

func (n *node) connect(ctx context.Context, pod string, _ int) (io.ReadWriteCloser, error) {
	n.mu.Lock()
	r := n.pods[pod]
	n.mu.Unlock()
	if r == nil {
		return nil, errors.New("no such pod")
	}
	r.mu.Lock()
	port, process := r.port, r.process
	r.mu.Unlock()
	if process == nil {
		return nil, errors.New("it does not run")
	}
	return new(net.Dialer).DialContext(ctx, "tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(port)))
}

// logs is what GET …/log answers: what was written so far, and with follow what comes until the container ends.
func (n *node) logs(ctx context.Context, pod string, o *corev1.PodLogOptions) (io.ReadCloser, error) {
	n.mu.Lock()
	r := n.pods[pod]
	n.mu.Unlock()
	if r == nil {
		return nil, apierrors.NewNotFound(podResource.GroupResource(), pod)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	i := len(r.logs) - 1
	if o.Previous && !r.waiting { // as of a kubelet: the one that has ended last
		i--
	}
	if i < 0 {
		return nil, apierrors.NewBadRequest("container not found")
	}
	log := r.logs[i]
	out, in := io.Pipe()
	n.wg.Go(func() {
		tick := time.NewTicker(time.Millisecond)
		defer tick.Stop()
		sent := 0
		for {
			over := !o.Follow
			select {
			case <-log.ended:
				over = true
			default:
			}
			log.mu.Lock()
			text := bytes.Clone(log.text.Bytes()[sent:])
			log.mu.Unlock()
			sent += len(text)
			if _, err := in.Write(text); err != nil || over {
				_ = in.Close() // it never fails
				return
			}
			select {
			case <-ctx.Done():
				_ = in.CloseWithError(ctx.Err()) // it never fails
				return
			case <-tick.C:
			}
		}
	})
	return out, nil
}

func freePort(t *testing.T) int {
	t.Helper()
	l, err := new(net.ListenConfig).Listen(context.Background(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Error(err)
		return 0
	}
	defer func() { _ = l.Close() }() // the port is free then
	return l.Addr().(*net.TCPAddr).Port
}

// objects are those that the node keeps, as kind/name.
func (n *node) objects() []string {
	n.Helper()
	const namespace = "ml"
	var all []string
	ctx, o := context.Background(), metav1.ListOptions{}
	if list, err := n.api.CoreV1().ConfigMaps(namespace).List(ctx, o); err == nil {
		for _, i := range list.Items {
			all = append(all, "ConfigMap/"+i.Name)
		}
	}
	if list, err := n.api.CoreV1().Services(namespace).List(ctx, o); err == nil {
		for _, i := range list.Items {
			all = append(all, "Service/"+i.Name)
		}
	}
	if list, err := n.api.CoreV1().Secrets(namespace).List(ctx, o); err == nil {
		for _, i := range list.Items {
			all = append(all, "Secret/"+i.Name)
		}
	}
	if list, err := n.api.AppsV1().StatefulSets(namespace).List(ctx, o); err == nil {
		for _, i := range list.Items {
			all = append(all, "StatefulSet/"+i.Name)
		}
	}
	if list, err := n.api.CoreV1().Pods(namespace).List(ctx, o); err == nil {
		for _, i := range list.Items {
			all = append(all, "Pod/"+i.Name)
		}
	}
	slices.Sort(all)
	return all
}

// runtimeObject is what reactors answer with.
type runtimeObject = runtime.Object

// refusing is the address of a registry that answers everything with a status.
func refusing(t *testing.T, status int) string {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(status) }))
	t.Cleanup(server.Close)
	return server.Listener.Addr().String()
}

// fetch calls a worker, on a connection of its own.
func fetch(url string) (string, error) {
	req, err := http.NewRequestWithContext(context.Background(), http.MethodGet, url, nil)
	if err != nil {
		return "", err
	}
	resp, err := (&http.Client{Transport: &http.Transport{DisableKeepAlives: true}}).Do(req)
	if err != nil {
		return "", err
	}
	body, err := io.ReadAll(resp.Body)
	return string(body), errors.Join(err, resp.Body.Close())
}
