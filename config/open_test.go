package config_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/gochimera/chimera/config"
	"github.com/gochimera/chimera/learner"
	"github.com/gochimera/chimera/registry"
)

type openParams struct {
	Loss  string  `json:"loss" default:"squared" doc:"a name"`
	Alpha float64 `json:"alpha" default:"0" validate:"gte=0" doc:"strength"`
}

func (openParams) ParamOptions(param string) []string {
	if param == "loss" {
		return []string{"squared", "absolute"}
	}
	return nil
}

// A name that the catalogue does not know may be registered by a package of the
// project's: only a catalogue that has those too can refuse it. Everything else
// is refused as ever.
func TestNamesOfOwnPackages(t *testing.T) {
	known := &registry.Registry{}
	registry.RegisterIn(known, "line", registry.Entry[openParams, estimator]{
		Task: learner.Regression, Summary: "A line.",
		New: func(openParams, learner.Env) (estimator, error) { return estimator{}, nil },
	})
	for _, tc := range []struct {
		name, packages, params string
		want                   string // of Load; "" if it accepts
		complete               string // of CheckWorker, after that
	}{
		{"known", "[./own]", "{loss: absolute}", "", ""},
		{"unknown, without packages", "[]", "{loss: own}", "want one of squared, absolute, got own", ""},
		{"unknown, with packages", "[./own]", "{loss: own}", "", "want one of squared, absolute, got own"},
		{"not a name", "[./own]", "{loss: 3}", "want a string, got 3", ""},
		{"another parameter", "[./own]", "{loss: own, alpha: -1}", "alpha: want >= 0, got -1", ""},
	} {
		t.Run(tc.name, func(t *testing.T) {
			dir := t.TempDir()
			write := func(name, text string) {
				path := filepath.Join(dir, name)
				if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o755), os.WriteFile(path, []byte(text), 0o600)); err != nil {
					t.Fatal(err)
				}
			}
			write("go.mod", "module example.com/me\n")
			write("own/own.go", "package own\n")
			write("chimera.yaml", "packages: "+tc.packages+"\nlearner: line\nparams: "+tc.params+"\nworkers: [{name: a}]\n")
			cfg, err := config.Load(config.Options{Dir: dir, Catalogue: known})
			if tc.want != "" {
				if err == nil || !strings.Contains(err.Error(), tc.want) {
					t.Fatalf("%v, want an error that contains %q", err, tc.want)
				}
				if strings.Contains(err.Error(), "got own") != (tc.packages == "[]") {
					t.Errorf("%v", err)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if unchecked := cfg.Workers[0].Unchecked(); unchecked != (tc.complete != "") {
				t.Errorf("unchecked: %t", unchecked)
			}
			err = cfg.CheckWorker(0, known)
			if tc.complete == "" && err != nil || tc.complete != "" && (err == nil || !strings.Contains(err.Error(), tc.complete)) {
				t.Errorf("a catalogue with all packages: %v, want %q", err, tc.complete)
			}
		})
	}
}
