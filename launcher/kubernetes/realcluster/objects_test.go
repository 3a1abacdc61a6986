//go:build linux

package realcluster_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/util/yaml"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/restmapper"

	"github.com/gochimera/chimera/client"
	"github.com/gochimera/chimera/launcher"
	"github.com/gochimera/chimera/launcher/kubernetes/realcluster"
)

// apply applies YAML as `kubectl apply --server-side` does: first only as a trial, with which the server checks it, and then really. Fields that the
// server does not know are errors.
func apply(t *testing.T, c *realcluster.Cluster, text []byte) {
	t.Helper()
	config, err := c.Config()
	if err != nil {
		t.Fatal(err)
	}
	config.QPS, config.Burst = 100, 200
	objects, err := dynamic.NewForConfig(config)
	if err != nil {
		t.Fatal(err)
	}
	kinds, err := restmapper.GetAPIGroupResources(c.Client(t).Discovery())
	if err != nil {
		t.Fatal(err)
	}
	mapper := restmapper.NewDiscoveryRESTMapper(kinds)
	for _, trial := range [][]string{{metav1.DryRunAll}, nil} {
		for decoder := yaml.NewYAMLOrJSONDecoder(bytes.NewReader(text), 4096); ; {
			var o unstructured.Unstructured
			if err := decoder.Decode(&o.Object); errors.Is(err, io.EOF) {
				break
			} else if err != nil {
				t.Fatal(err)
			}
			if len(o.Object) == 0 {
				continue
			}
			kind := o.GroupVersionKind()
			mapping, err := mapper.RESTMapping(kind.GroupKind(), kind.Version)
			if err != nil {
				t.Fatal(err)
			}
			json, err := o.MarshalJSON()
			if err != nil {
				t.Fatal(err)
			}
			_, err = objects.Resource(mapping.Resource).Namespace(o.GetNamespace()).Patch(t.Context(), o.GetName(), "application/apply-patch+yaml", json,
				metav1.PatchOptions{DryRun: trial, FieldManager: "the-test", FieldValidation: metav1.FieldValidationStrict})
			if err != nil {
				t.Fatalf("%s %s: %v", kind.Kind, o.GetName(), err)
			}
		}
	}
}

// What `chimera manifests` writes is taken by the API server to the field, and a master that makes nothing itself works with it, twice, with images that were
// loaded into the nodes.
func TestManifests(t *testing.T) {
	c := realcluster.Get(t)
	p := newProject(t, c, bagging, map[string]string{"kubernetes.apply": "false"})
	want := p.inprocess(t)
	images := t.TempDir()
	var text bytes.Buffer
	if err := p.manifester(t).Manifests(t.Context(), p.plan(t), launcher.Manifests{To: &text, Images: images}); err != nil {
		t.Fatal(err)
	}
	apply(t, c, text.Bytes())
	for _, worker := range p.workers {
		c.Load(t, filepath.Join(images, worker+".tar"))
	}
	before := objects(t, c, p.namespace)
	for range 2 {
		p.run(t, p.settings, func(ctx context.Context, master *client.Client) error {
			if got, err := fitted(ctx, master); err != nil || !slices.Equal(got, want) {
				return errors.Join(err, fmt.Errorf("the model predicts %v, want %v", got, want))
			}
			return nil
		})
		if d := cmp.Diff(before, objects(t, c, p.namespace)); d != "" {
			t.Errorf("the objects are others (-before +after):\n%s", d)
		}
	}
}

// What a master that was killed has left is removed by chimera down.
func TestDown(t *testing.T) {
	c := realcluster.Get(t)
	p := newProject(t, c, bagging, map[string]string{"images.registry": c.Registry(t) + "/me"})
	plan := p.plan(t)
	plan.Output = os.Stderr
	fleet, err := p.launcher(t).Launch(t.Context(), plan)
	if err != nil {
		t.Fatal(err)
	}
	removed, err := p.launcher(t).(launcher.Remover).Down(t.Context(), p.name)
	if err != nil {
		t.Error(err)
	}
	t.Log(removed)
	p.empty(t)
	if err := fleet.Stop(context.Background()); err != nil { // there is nothing to stop any more
		t.Error(err)
	}
}
