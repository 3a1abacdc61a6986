package config_test

import (
	"strings"
	"testing"
	"time"

	"github.com/gochimera/chimera/config"
	stages "github.com/gochimera/chimera/distribute/pipeline"
	"github.com/gochimera/chimera/learner"
	"github.com/gochimera/chimera/registry"
)

// network is a learner with layers, as far as a configuration is concerned.
type network interface {
	learner.Layered
	learner.Objective
}

// layers is a catalogue with learners that a pipeline can have, and one that it cannot.
func layers() *registry.Registry {
	r := &registry.Registry{}
	type params struct {
		Units int     `json:"units" default:"3" doc:"any"`
		Alpha float64 `json:"alpha" default:"3" doc:"any"`
	}
	registry.RegisterIn(r, "net", registry.Entry[params, network]{
		Task: learner.Regression, Summary: "A toy.", New: func(params, learner.Env) (network, error) { return nil, nil },
	})
	registry.RegisterIn(r, "web", registry.Entry[params, network]{
		Task: learner.Regression, Summary: "A toy.", New: func(params, learner.Env) (network, error) { return nil, nil },
	})
	registry.RegisterIn(r, "layers-without-loss", registry.Entry[params, learner.Layered]{
		Task: learner.Regression, Summary: "A toy.", New: func(params, learner.Env) (learner.Layered, error) { return nil, nil },
	})
	return r
}

const pipeline = "project: p\nmaster: pipeline\nlearner: net\n"

func TestPipeline(t *testing.T) {
	c := parse(t, pipeline+`
workers: [{name: a, layers: 3}, {name: b, layers: 1}]
pipeline: {schedule: gpipe, micro_batches: 8, solver: momentum, learning_rate_init: 0.5, checkpoint_every: 0, recovery_timeout: 5s}
`, config.Options{Catalogue: layers()})
	s := *config.SettingsOf[stages.Settings](c)
	if s.Schedule != "gpipe" || s.MicroBatches != 8 || s.Solver != "momentum" || s.LearningRateInit != 0.5 || !s.CheckpointEvery.Never() ||
		s.RecoveryTimeout != config.Duration(5*time.Second) || s.BatchSize != 200 || s.Alpha != 0.0001 || !s.Shuffle || !s.Standardize {
		t.Errorf("%+v", s)
	}
	if c.Workers[0].Layers != 3 || c.Workers[1].Layers != 1 {
		t.Errorf("%+v", c.Workers)
	}
	plain := parse(t, pipeline+"workers: [{name: a}, {name: b}]", config.Options{Catalogue: layers()})
	if plain.WorkerHash(0) != c.WorkerHash(0) {
		t.Error("a worker's layers, which it is told at every fit, change what its main is generated from")
	}
}

func TestPipelineRefuses(t *testing.T) {
	for _, tt := range []struct{ name, yaml, want string }{
		{"an unknown schedule", "workers: 2\npipeline: {schedule: zigzag}", "5:22: pipeline.schedule: want one of 1f1b, gpipe"},
		{"no micro-batches", "workers: 2\npipeline: {micro_batches: 0}", "pipeline.micro_batches: want >= 1 and <= 1024, got 0"},
		{"layers of one worker only", "workers: [{name: a, layers: 2}, {name: b}]", "workers[1].layers: missing: other workers say how many layers they have"},
		{"a parameter that the pipeline decides", "params: {units: 2, alpha: 1}\nworkers: 2",
			`4:27: params.alpha: a pipeline trains by its own settings, so this would do nothing; say pipeline: {alpha: ...}`},
		{"a worker's own such parameter", "workers: [{name: a, params: {alpha: 1}}, {name: b, params: {alpha: 1}}]",
			"workers[1].params.alpha: a pipeline trains by its own settings"},
		{"a bootstrap", "workers: 2\nbootstrap: true", "bootstrap: the workers of a pipeline train one model"},
		{"two learners", "workers: [{name: a}, {name: b, learner: web}]", "workers[1].learner: web, but worker a has net"},
		{"a learner without a loss", "workers: [{name: a, learner: layers-without-loss}]",
			"a pipeline master cannot train layers-without-loss: it does not say what loss its last layer's output has"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, err := config.Parse("chimera.yaml", []byte(pipeline+tt.yaml), config.Options{Catalogue: layers()})
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got %v\nwant %q", err, tt.want)
			}
		})
	}
	_, err := config.Parse("chimera.yaml", []byte("project: p\nlearner: net\nworkers: [{name: a, layers: 2}]"), config.Options{Catalogue: layers()})
	if err == nil || !strings.Contains(err.Error(), "workers[0].layers: only a pipeline has layers to share out") {
		t.Errorf("layers under another master: %v", err)
	}
}
