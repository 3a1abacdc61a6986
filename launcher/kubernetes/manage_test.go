//go:build unix

package kubernetes

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-containerregistry/pkg/v1/tarball"
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	clienttesting "k8s.io/client-go/testing"
	"sigs.k8s.io/yaml"

	"github.com/gochimera/chimera/config"
	"github.com/gochimera/chimera/launcher"
)

var update = flag.Bool("update", false, "write the files that outputs are compared with")

// What a killed master has left is listed and removed, and nothing else.
func TestDown(t *testing.T) {
	n := newNode(t)
	l := n.launcher(nil)
	p := plan("tree1", "tree2")
	fleet, err := l.Launch(t.Context(), p)
	if err != nil {
		t.Fatal(err)
	}
	other := &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Name: "other", Namespace: "ml", Labels: map[string]string{LabelProject: "wine"}}}
	if err := n.api.Tracker().Add(other); err != nil {
		t.Fatal(err)
	}
	running, err := l.Running(t.Context(), "iris")
	if err != nil || len(running) != 2 {
		t.Fatalf("%+v, %v", running, err)
	}
	if r := running[1]; r.Worker != "tree2" || r.Name != "iris-tree2-0" || r.State != "Running" || !strings.Contains(r.Image, "/iris-tree2:") {
		t.Errorf("running %+v", r)
	}
	removed, err := l.Down(t.Context(), "iris")
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, r := range removed {
		got = append(got, r.Kind+"/"+r.Name)
	}
	want := []string{"StatefulSet/iris-tree1", "StatefulSet/iris-tree2", "Service/iris", "ConfigMap/iris"}
	rest := got[:0]
	for _, g := range got { // pods may have gone with what made them
		if !strings.HasPrefix(g, "Pod/") {
			rest = append(rest, g)
		}
	}
	if d := cmp.Diff(want, rest); d != "" {
		t.Error(d)
	}
	if d := cmp.Diff([]string{"ConfigMap/other"}, n.objects()); d != "" {
		t.Errorf("left (-want +got):\n%s", d)
	}
	if err := fleet.Stop(t.Context()); err != nil { // there is nothing to stop any more
		t.Error(err)
	}
	if again, err := l.Down(t.Context(), "iris"); err != nil || len(again) > 0 {
		t.Errorf("again: %v, %v", again, err)
	}
	n.refuse = func(a clienttesting.Action) error {
		if a.GetVerb() == "list" {
			return denied(a.GetResource().Resource, `User "me" cannot list`)
		}
		return nil
	}
	_, err = l.Down(t.Context(), "iris")
	contains(t, err, "does not permit", `User "me" cannot list`)
	if strings.Contains(err.Error(), "kubernetes.apply") {
		t.Errorf("objects that the master has made are said to be another's: %v", err)
	}
	_, err = n.launcher(func(s *settings) { s.Apply = false }).Down(t.Context(), "iris")
	contains(t, err, "kubernetes.apply is false", "whoever applied the objects removes them", "kubectl delete -f")
}

// normal replaces what differs between builds.
var normal = regexp.MustCompile(`(/iris-tree1|chimera/iris-tree1):[0-9a-f]{12}`)

// manifests writes those of a project as a file, and compares it with the one in testdata.
func (n *node) manifests(golden string, l *Launcher, m launcher.Manifests) string {
	n.Helper()
	var out bytes.Buffer
	m.To = &out
	if err := l.Manifests(n.Context(), plan("tree1"), m); err != nil {
		n.Fatal(err)
	}
	text := normal.ReplaceAllString(strings.ReplaceAll(out.String(), n.registry, "registry.example.org"), "$1:0123456789ab")
	file := filepath.Join("testdata", golden)
	if *update {
		if err := errors.Join(os.MkdirAll("testdata", 0o755), os.WriteFile(file, []byte(text), 0o644)); err != nil {
			n.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		n.Fatal(err)
	}
	if d := cmp.Diff(string(want), text); d != "" {
		n.Errorf("%s (-want +got); go test -update writes it:\n%s", file, d)
	}
	return out.String()
}

func TestManifests(t *testing.T) {
	n := newNode(t)
	l := n.launcher(func(s *settings) {
		s.Namespace, s.target.Arch, s.selector["kubernetes.io/arch"] = "ml", "amd64", "amd64"
	})
	l.secured = true
	text := n.manifests("workers.yaml", l, launcher.Manifests{})
	if strings.Contains(text, "kind: Secret") || strings.Contains(text, "creationTimestamp") || strings.Contains(text, "status:") {
		t.Error("the manifests have what they should not")
	}

	// What is written is what is read: strictly, as by an API server.
	found := 0
	for part := range strings.SplitSeq(text, "---\n") {
		if strings.Contains(part, "kind: StatefulSet") {
			var set appsv1.StatefulSet
			if err := yaml.UnmarshalStrict([]byte(part), &set); err != nil {
				t.Error(err)
			}
			if *set.Spec.Replicas != 0 || len(set.OwnerReferences) > 0 {
				t.Errorf("%d replicas, owners %v", *set.Spec.Replicas, set.OwnerReferences)
			}
			found++
		}
	}
	if found != 1 {
		t.Errorf("%d StatefulSets", found)
	}

	dir := filepath.Join(t.TempDir(), "images")
	l.settings.registry = ""
	n.manifests("loaded.yaml", l, launcher.Manifests{Images: dir})
	image, err := tarball.ImageFromPath(filepath.Join(dir, "tree1.tar"), nil)
	if err != nil {
		t.Fatal(err)
	}
	if c, err := image.ConfigFile(); err != nil || c.Architecture != "amd64" || c.Config.Labels[LabelWorker] != "tree1" {
		t.Errorf("the image is %+v, %v", c, err)
	}
	var bad *launcher.PlanError
	if err := l.Manifests(t.Context(), plan("tree1"), launcher.Manifests{To: new(bytes.Buffer)}); !errors.As(err, &bad) {
		t.Errorf("without a registry and a folder: %v", err)
	}
	l.settings.Namespace = ""
	if err := l.Manifests(t.Context(), plan("tree1"), launcher.Manifests{To: new(bytes.Buffer), Images: dir}); !errors.As(err, &bad) {
		t.Errorf("without a namespace: %v", err)
	}
}

func TestPermission(t *testing.T) {
	n := newNode(t)
	n.manifests("rbac.yaml", n.launcher(func(s *settings) { s.Namespace = "ml" }), launcher.Manifests{Permission: true})
	n.manifests("rbac-applied.yaml", n.launcher(func(s *settings) {
		s.Namespace, s.Apply, s.Reach, s.Rows = "ml", false, config.ReachNames, config.RowsClaim
	}), launcher.Manifests{Permission: true})
}

// A launch and its end ask for nothing that the role does not permit.
func TestPermissionIsEnough(t *testing.T) {
	n := newNode(t)
	allowed := map[string]bool{}
	l := n.launcher(nil)
	p, err := l.project(plan("tree1"))
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range p.rules() {
		for _, resource := range r.Resources {
			for _, verb := range r.Verbs {
				allowed[verb+" "+resource] = true
			}
		}
	}
	used := map[string]bool{}
	n.refuse = func(a clienttesting.Action) error {
		n.mu.Lock()
		defer n.mu.Unlock()
		used[a.GetVerb()+" "+a.GetResource().Resource] = true
		if !allowed[a.GetVerb()+" "+a.GetResource().Resource] {
			return denied(a.GetResource().Resource, "the role has not "+a.GetVerb())
		}
		return nil
	}
	secured := plan("tree1")
	secured.Restart = launcher.RestartNever
	fleet, err := l.Launch(t.Context(), secured)
	if err != nil {
		t.Fatal(err)
	}
	_, _ = fetch(fleet.Endpoints()[0].URL + "/die?code=7")
	<-fleet.Exits()
	if err := fleet.Stop(context.Background()); err != nil {
		t.Error(err)
	}
	if _, err := l.Running(t.Context(), "iris"); err != nil {
		t.Error(err)
	}
	if _, err := l.Down(t.Context(), "iris"); err != nil {
		t.Error(err)
	}
	for verb := range allowed {
		switch verb {
		case "create secrets", "delete secrets": // there is no identity here
		case "get pods/log", "get pods/portforward", "create pods/portforward": // not by the fake server
		case "watch pods": // watches have reactors of their own
		case "list events": // if a pod takes long
		default:
			if !used[verb] {
				t.Errorf("the role permits to %s, which nothing needs", verb)
			}
		}
	}
}
