package cloud_test

import (
	"encoding/json"
	"errors"
	"io"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/gochimera/chimera/learner"
	"github.com/gochimera/chimera/models"
)

// A whole store lives in a bucket as in a folder, and another program finds there what one has stored.
func TestAStoreInABucket(t *testing.T) {
	url := s3Store(t)
	s := opened(t, url)
	if err := s.Lock(t.Context()); err != nil {
		t.Fatal(err)
	}
	for i, id := range []string{"a", "b", "c"} {
		d, err := s.Draft(id)
		if err != nil {
			t.Fatal(err)
		}
		part, err := d.Write(t.Context(), "master", func(w io.Writer) error { _, err := io.WriteString(w, id); return err })
		if err != nil {
			t.Fatal(err)
		}
		err = d.Commit(t.Context(), &models.Manifest{
			Created: time.Date(2026, 1, 1+i, 0, 0, 0, 0, time.UTC), Kind: "parameter-server", State: json.RawMessage("{}"), Parts: []models.Part{part},
			Model: models.Model{Task: learner.Regression, Features: []string{"x"}, Baseline: []float64{1}},
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := errors.Join(s.SetServing(t.Context(), "a"), s.Prune(t.Context(), models.Keep{Newest: 1})); err != nil {
		t.Fatal(err)
	}
	other := opened(t, url)
	all, err := other.List(t.Context())
	if err != nil || len(all) != 2 || all[0].ID != "c" || all[1].ID != "a" {
		t.Fatalf("%v, %v", all, err)
	}
	r, err := other.Open(t.Context(), all[0], all[0].Parts[0])
	if err != nil {
		t.Fatal(err)
	}
	text, err := io.ReadAll(r)
	if err := errors.Join(err, r.Close()); string(text) != "c" || err != nil {
		t.Errorf("%q, %v", text, err)
	}
	if at := other.Locate("c"); at != "s3://bucket/some/prefix/c" {
		t.Errorf("it is at %s", at)
	}
}

// URLs that name nothing are refused, and say what to write.
func TestBadURLs(t *testing.T) {
	for url, want := range map[string]string{
		"s3://?region=x": "names no bucket", "mem://x": "want mem://", "file://host/x": "want file:///", "gs://bucket": "there are the schemes file, mem, s3",
		"s3://bucket?regoin=x": "regoin",
	} {
		if _, err := models.Open(t.Context(), url, t.TempDir()); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v, want %s", url, err, want)
		}
	}
	if s := opened(t, "file://"+t.TempDir()); s.Lock(t.Context()) != nil {
		t.Error("a folder by its URL cannot be used")
	}
}

// A bucket that is not there is known when the store is locked.
func TestABucketThatIsNotThere(t *testing.T) {
	s := opened(t, strings.Replace(s3Store(t), "s3://bucket/", "s3://nothing/", 1))
	if err := s.Lock(t.Context()); err == nil || !strings.Contains(err.Error(), "s3://nothing/some/prefix") {
		t.Errorf("got %v", err)
	}
}

// Neither a master nor a worker links what buckets need, unless it is asked to.
func TestBucketsAreLinkedByWhoWantsThem(t *testing.T) {
	t.Parallel()
	const module = "github.com/gochimera/chimera"
	for _, list := range []string{module + " " + module + "/masters", module + "/workers " + module + "/gen"} {
		out, err := exec.CommandContext(t.Context(), "go", append([]string{"list", "-deps"}, strings.Fields(list)...)...).Output()
		if err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(string(out), module+"/config") {
			t.Fatalf("not a list of packages: %s", out)
		}
		for _, heavy := range []string{module + "/models/cloud", "gocloud.dev/", "github.com/aws/"} {
			if strings.Contains("\n"+string(out), "\n"+heavy) {
				t.Errorf("%s need %s", list, heavy)
			}
		}
	}
}
