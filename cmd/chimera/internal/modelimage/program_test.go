package modelimage

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/gochimera/chimera/models"
)

// The program links what the model needs, and nothing else.
func TestProgramText(t *testing.T) {
	p, err := programOf(&models.Manifest{Kind: "aggregation", Workers: []models.Worker{
		{Name: "a", Learner: "tree-classifier"}, {Name: "b", Learner: "knn-classifier"}, {Name: "c", Learner: "tree-classifier"},
	}}, []string{"example.com/me/own"})
	if err != nil {
		t.Fatal(err)
	}
	want := `// Command serve serves the model in /model.chimera.
package main

import (
	"github.com/gochimera/chimera/distribute/aggregation/master"
	"github.com/gochimera/chimera/masters/cluster"
	"github.com/gochimera/chimera/serving"

	_ "github.com/gochimera/chimera/distribute/aggregation/worker" // its workers
	_ "github.com/gochimera/chimera/learner/knn"                   // knn-classifier
	_ "github.com/gochimera/chimera/learner/tree"                  // tree-classifier
)

func main() {
	serving.Main("/model.chimera", func() cluster.Master { return master.New() })
}
`
	if d := cmp.Diff(want, string(p.text)); d != "" || p.cgo || p.own {
		t.Errorf("cgo %t, own %t\n%s", p.cgo, p.own, d)
	}
}

func TestProgramOfOwnLearners(t *testing.T) {
	first := models.Worker{Name: "a", Learner: "sgd-regressor", Params: json.RawMessage(`{"loss":"own-loss"}`)}
	m := &models.Manifest{Kind: "parameter-server", Workers: []models.Worker{first}}
	var missing *MissingLearnerError
	if _, err := programOf(m, nil); !errors.As(err, &missing) || missing.Param != "loss" || missing.Worker != "a" {
		t.Errorf("a loss that nobody has: %v", err)
	}
	m.Workers = append(m.Workers, models.Worker{Name: "b", Learner: "nearest-centroid"})
	p, err := programOf(m, []string{"example.com/me/own"})
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{`_ "example.com/me/own" `, `registry/allrules"`, `learner/sgd"`, `distribute/parameterserver/worker"`} {
		if !strings.Contains(string(p.text), want) || !p.own {
			t.Errorf("own %t, and no %s in\n%s", p.own, want, p.text)
		}
	}
	m.Workers = m.Workers[1:]
	if _, err := programOf(m, nil); !errors.As(err, &missing) || missing.Learner != "nearest-centroid" {
		t.Errorf("a learner that nobody has: %v", err)
	}
	m.Kind, m.Workers = "voting", nil
	var kind *UnknownKindError
	if _, err := programOf(m, nil); !errors.As(err, &kind) || kind.Kind != "voting" {
		t.Errorf("a kind that nobody has: %v", err)
	}
}

func TestProgramWithCgo(t *testing.T) {
	p, err := programOf(&models.Manifest{Kind: "aggregation", Workers: []models.Worker{{Name: "a", Learner: "golearn-knn-classifier"}}}, nil)
	if err != nil || !p.cgo {
		t.Errorf("cgo %t, %v", p.cgo, err)
	}
}

func TestPlatforms(t *testing.T) {
	for _, s := range Platforms() {
		if p, err := ParsePlatform(s); err != nil || p.String() != s {
			t.Errorf("%s is %s, %v", s, p, err)
		}
	}
	for _, s := range []string{"", "linux", "linux/386", "windows/amd64", "linux/arm64/v8"} {
		if p, err := ParsePlatform(s); err == nil {
			t.Errorf("%q is %s", s, p)
		}
	}
}
