package config_test

import (
	"strings"
	"testing"
	"time"

	"github.com/gochimera/chimera/config"
	"github.com/gochimera/chimera/distribute/parameterserver"
	"github.com/gochimera/chimera/learner"
	"github.com/gochimera/chimera/registry"
)

// gradients is a catalogue with one learner that has a gradient.
func gradients() *registry.Registry {
	r := &registry.Registry{}
	type params struct {
		Loss string `json:"loss" default:"a" doc:"any"`
	}
	registry.RegisterIn(r, "line", registry.Entry[params, learner.Differentiable]{
		Task: learner.Regression, Summary: "A toy.", New: func(params, learner.Env) (learner.Differentiable, error) { return nil, nil },
	})
	registry.RegisterIn(r, "curve", registry.Entry[params, learner.Differentiable]{
		Task: learner.Regression, Summary: "A toy.", New: func(params, learner.Env) (learner.Differentiable, error) { return nil, nil },
	})
	return r
}

const server = "project: p\nmaster: parameter-server\nlearner: line\n"

func TestParameterServer(t *testing.T) {
	c := parse(t, server+`
workers: [{name: a, faults: {delay: 300ms, corrupt: sign}}, {name: b}]
parameter_server: {mode: minibatch, optimiser: adam, learning_rate: cosine, eta0: 0.5, penalty: elasticnet, max_iter: 7, quorum: 1, wire: float32}
`, config.Options{Catalogue: gradients()})
	s := *config.SettingsOf[parameterserver.Settings](c)
	if s.Mode != parameterserver.MinibatchMode || s.BatchSize != 32 || s.Optimiser != "adam" || s.Beta2 != 0.999 || s.Eta0 != 0.5 || s.L1Ratio != 0.15 ||
		s.MaxIter != 7 || s.Quorum != 1 || s.Wire != "float32" || !s.Standardize || s.WarmStart {
		t.Errorf("%+v", s)
	}
	if f := c.Workers[0].Faults; f.Delay != config.Duration(300*time.Millisecond) || f.DelayRate != 1 ||
		f.JSON() != `{"delay":0.3,"delay_rate":1,"drop":0,"corrupt":"sign","corrupt_rate":1,"die_at":0}` {
		t.Errorf("%+v: %s", f, f.JSON())
	}
	if c.Workers[1].Faults.JSON() != "" {
		t.Error("a worker without faults has some")
	}
	plain := parse(t, server+"workers: [{name: a}, {name: b}]", config.Options{Catalogue: gradients()})
	if plain.WorkerHash(0) == c.WorkerHash(0) || plain.WorkerHash(1) != c.WorkerHash(1) {
		t.Error("faults change the hash of their worker, and of no other")
	}
}

func TestParameterServerRefuses(t *testing.T) {
	for _, tt := range []struct{ name, yaml, want string }{
		{"an unknown mode", "workers: 2\nparameter_server: {mode: async}", "5:26: parameter_server.mode: want one of full, minibatch, local"},
		{"momentum 1", "workers: 2\nparameter_server: {momentum: 1}", "parameter_server.momentum: want >= 0 and < 1, got 1"},
		{"an optimiser in local mode", "workers: 2\nparameter_server: {mode: local, optimiser: adam}", "parameter_server.solver: with mode local the workers step"},
		{"optimal without alpha", "workers: 2\nparameter_server: {learning_rate: optimal, alpha: 0}", "parameter_server.alpha"},
		{"a quorum of more than there are", "workers: 2\nparameter_server: {quorum: 3}", "want at most the number of workers, which is 2, got 3"},
		{"a trim that leaves nothing", "workers: 2\nparameter_server: {aggregation: trimmed_mean}", "leaving out 1 answers at each end leaves none of 2 workers"},
		{"krum with too few", "workers: 4\nparameter_server: {aggregation: krum}",
			"parameter_server.aggregation: krum with faulty: 1 needs 2*faulty + 3 = 5 workers, because fewer honest ones can be outvoted; there are 4"},
		{"multi_krum with too few", "workers: 6\nparameter_server: {aggregation: multi_krum, faulty: 2}", "needs 2*faulty + 3 = 7 workers"},
		{"bulyan with too few", "workers: 6\nparameter_server: {aggregation: bulyan}", "bulyan with faulty: 1 needs 4*faulty + 3 = 7 workers"},
		{"a geometric median with too few", "workers: 2\nparameter_server: {aggregation: geometric_median}", "needs 2*faulty + 1 = 3 workers"},
		{"krum with too small a quorum", "workers: 5\nparameter_server: {aggregation: krum, quorum: 4}",
			"parameter_server.quorum: krum with faulty: 1 needs the answers of 2*faulty + 3 = 5 workers at every step, got 4"},
		{"an unknown attack", "workers: [{name: a, faults: {attack: evil}}]", "workers[0].faults.attack: want one of none, sign_flip, scaled, gaussian, label_flip"},
		{"a negative strength", "workers: [{name: a, faults: {attack: scaled, attack_strength: -1}}]", "workers[0].faults.attack_strength: want >= 0"},
		{"a bootstrap", "workers: 2\nbootstrap: true", "bootstrap: the workers of a parameter server train one model"},
		{"two learners", "workers: [{name: a}, {name: b, learner: curve}]", "workers[1].learner: curve, but worker a has line"},
		{"two sets of parameters", "workers: [{name: a}, {name: b, params: {loss: z}}]", "workers[1].params: other parameters than those of worker a"},
		{"a period in rounds", "workers: 2\nparameter_server: {checkpoint_every: 5 rounds}",
			`5:38: parameter_server.checkpoint_every: want a period such as 30s, 100 steps or 5 epochs, got "5 rounds"`},
		{"a negative period", "workers: 2\nparameter_server: {checkpoint_every: -1}", "parameter_server.checkpoint_every: want a period of 0 or more, got \"-1\""},
		{"a list of periods", "workers: 2\nparameter_server: {checkpoint_every: [1]}", "parameter_server.checkpoint_every: want a period, got a list"},
		{"an unknown fault", "workers: [{name: a, faults: {explode: 1}}]", "workers[0].faults.explode: unknown setting"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, err := config.Parse("chimera.yaml", []byte(server+tt.yaml), config.Options{Catalogue: gradients()})
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got %v\nwant %q", err, tt.want)
			}
		})
	}
}

// The robust aggregations are accepted with as many workers as they need.
func TestParameterServerRobust(t *testing.T) {
	for _, yaml := range []string{
		"workers: 5\nparameter_server: {aggregation: krum}", "workers: 3\nparameter_server: {aggregation: krum, faulty: 0}",
		"workers: 7\nparameter_server: {aggregation: multi_krum, faulty: 2}", "workers: 7\nparameter_server: {aggregation: bulyan}",
		"workers: 3\nparameter_server: {aggregation: geometric_median}", "workers: 9\nparameter_server: {aggregation: krum, quorum: 5}",
	} {
		if _, err := config.Parse("chimera.yaml", []byte(server+yaml), config.Options{Catalogue: gradients()}); err != nil {
			t.Errorf("%s: %v", yaml, err)
		}
	}
}

// An attack is written into its worker's main. Those on gradients are refused where workers send none.
func TestAttacks(t *testing.T) {
	c := parse(t, server+"workers: [{name: a, faults: {attack: gaussian, attack_strength: 2.5, corrupt_rate: 0.5}}, {name: b, faults: {attack: label_flip}}]",
		config.Options{Catalogue: gradients()})
	for i, want := range []string{
		`{"delay":0,"delay_rate":1,"drop":0,"corrupt":"none","corrupt_rate":0.5,"die_at":0,"attack":"gaussian","attack_strength":2.5}`,
		`{"delay":0,"delay_rate":1,"drop":0,"corrupt":"none","corrupt_rate":1,"die_at":0,"attack":"label_flip","attack_strength":0}`,
	} {
		if got := c.Workers[i].Faults.JSON(); got != want {
			t.Errorf("%s\nwant %s", got, want)
		}
	}
	const bagging = "project: p\nmaster: aggregation\nlearner: line\n"
	parse(t, bagging+"workers: [{name: a, faults: {attack: label_flip}}]", config.Options{Catalogue: gradients()})
	_, err := config.Parse("chimera.yaml", []byte(bagging+"workers: [{name: a, faults: {attack: sign_flip}}]"), config.Options{Catalogue: gradients()})
	const want = "workers[0].faults.attack: sign_flip changes gradients, and the workers of an aggregation master send none"
	if err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("got %v\nwant %q", err, want)
	}
}
