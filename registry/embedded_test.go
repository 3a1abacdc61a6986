package registry_test

import (
	"strings"
	"testing"

	"github.com/gochimera/chimera/learner"
	"github.com/gochimera/chimera/registry"
)

// Shared are parameters that several learners have.
type Shared struct {
	Alpha float64 `json:"alpha" default:"0.5" validate:"gte=0" doc:"Strength."`
}

type sharing struct {
	Shared
	Depth int `json:"max_depth" default:"3" validate:"gte=0" doc:"Levels."`
}

// TestEmbeddedParameters: the fields of an embedded struct are parameters like
// any other.
func TestEmbeddedParameters(t *testing.T) {
	r := &registry.Registry{}
	var got sharing
	registry.RegisterIn(r, "sharing", registry.Entry[sharing, *plain]{
		Task: learner.Regression, Summary: "A test.",
		New: func(p sharing, _ learner.Env) (*plain, error) { got = p; return &plain{}, nil },
	})
	for _, tc := range []struct {
		name, given string
		want        sharing
	}{
		{"defaults", ``, sharing{Shared{0.5}, 3}},
		{"given", `{"alpha": 2, "max_depth": 7}`, sharing{Shared{2}, 7}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			if _, err := r.New("sharing", []byte(tc.given), learner.Env{}); err != nil {
				t.Fatal(err)
			}
			if got != tc.want {
				t.Errorf("made with %+v, want %+v", got, tc.want)
			}
		})
	}
	t.Run("refused", func(t *testing.T) {
		_, err := r.New("sharing", []byte(`{"alpha": -1}`), learner.Env{})
		if err == nil || !strings.Contains(err.Error(), "alpha: want >= 0") {
			t.Errorf("error %v, want one that names alpha", err)
		}
	})
	t.Run("listed", func(t *testing.T) {
		info, err := r.Lookup("sharing")
		if err != nil {
			t.Fatal(err)
		}
		if len(info.Params) != 2 || info.Params[0].Name != "alpha" || info.Params[1].Name != "max_depth" {
			t.Errorf("listed as %+v", info.Params)
		}
	})
	t.Run("twice", func(t *testing.T) {
		defer func() {
			if recover() == nil {
				t.Error("a name that is there twice: no panic")
			}
		}()
		type twice struct {
			Shared
			Again float64 `json:"alpha" doc:"Strength."`
		}
		registry.RegisterIn(r, "twice", registry.Entry[twice, *plain]{
			Task: learner.Regression, Summary: "A test.",
			New: func(twice, learner.Env) (*plain, error) { return &plain{}, nil },
		})
	})
}
