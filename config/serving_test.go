package config_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/gochimera/chimera/config"
	"github.com/gochimera/chimera/internal/catalogue"
)

// What a program serves a model with says of the fit what the project's chimera.yaml does, and is the same when it is written again.
func TestServingYAML(t *testing.T) {
	projects := map[string]string{
		"everything": everything,
		"short":      "workers: 3\nlearner: tree-classifier\nthreshold: 0.25\naggregation: {combine: vote, quorum: 2}",
		"no prepare": "workers: 1\nlearner: tree-regressor\nprepare: none\nlimits: {max_body: 1MB, write_timeout: 1m30s}",
		"followed":   "master: parameter-server\nworkers: 2\nlearner: sgd-regressor\nparams: {alpha: 0.00000001, max_iter: 7}",
		"stronger":   "master: parameter-server\nworkers: 2\nlearner: sgd-classifier\nparameter_server: {penalty: l1, alpha: 1e-12, mode: minibatch}",
		"watched":    "workers: 2\nlearner: tree-classifier\ntelemetry: {metrics: false, traces: true}",
		"layers": "master: pipeline\nseed: 7\nlearner: mlp-classifier\nparams: {hidden_layer_sizes: [10, 10]}\n" +
			"workers: [{name: a, layers: 2}, {name: b, layers: 1}]\npipeline: {solver: sgd, learning_rate_init: 1e-7}",
	}
	files, err := filepath.Glob("../examples/*/chimera.yaml")
	if err != nil || len(files) == 0 {
		t.Fatalf("%d examples, %v", len(files), err)
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		projects[file] = string(text)
	}
	for name, text := range projects {
		t.Run(name, func(t *testing.T) {
			o := config.Options{Catalogue: catalogue.Shipped()}
			cfg, err := config.Parse("chimera.yaml", []byte(text), o)
			if err != nil {
				t.Skip("of other packages:", err)
			}
			served, err := config.Parse("serving", []byte(cfg.ServingYAML()), o)
			if err != nil {
				t.Fatalf("%v\nof\n%s", err, cfg.ServingYAML())
			}
			if diff := cmp.Diff(cfg.ServingYAML(), served.ServingYAML()); diff != "" {
				t.Error(diff)
			}
			elsewhere := false
			for _, w := range cfg.Workers {
				elsewhere = elsewhere || w.URL != "" || w.Faults.JSON() != ""
			}
			if cfg.FitHash() != served.FitHash() && !elsewhere {
				t.Errorf("another fit, by\n%s", cfg.ServingYAML())
			}
			if cfg.Telemetry != served.Telemetry {
				t.Errorf("telemetry %+v, want %+v", served.Telemetry, cfg.Telemetry)
			}
			if cfg.Limits != served.Limits || cfg.Project != served.Project || cfg.Threshold != served.Threshold {
				t.Errorf("limits %+v, project %s, threshold %v", served.Limits, served.Project, served.Threshold)
			}
		})
	}
}
