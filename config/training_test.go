package config_test

import (
	"strings"
	"testing"

	"github.com/gochimera/chimera/config"
	"github.com/gochimera/chimera/distribute"
	"github.com/gochimera/chimera/distribute/parameterserver"
	"github.com/gochimera/chimera/internal/catalogue"
	"github.com/gochimera/chimera/registry"
)

// What the section of a parameter server leaves open, the learner's written parameters say; what is not
// written has the section's defaults.
func TestTrainingFollowsTheLearner(t *testing.T) {
	const head = "master: parameter-server\nworkers: 2\nlearner: "
	for _, tt := range []struct {
		name, yaml, note string
		want             func(*parameterserver.Settings)
	}{
		{"nothing written", "sgd-classifier", "", func(*parameterserver.Settings) {}},
		{"of the model", "mlp-classifier\nparams: {hidden_layer_sizes: [3]}", "", func(*parameterserver.Settings) {}},
		{"settings", "sgd-classifier\nparams: {alpha: 0.5, eta0: 2, max_iter: 7}", "", func(s *parameterserver.Settings) {
			s.Alpha, s.Eta0, s.MaxIter, s.Followed.Epochs = 0.5, 2, 7, true
		}},
		{"of one worker, as of all", "sgd-classifier\nparams: {alpha: 0.5}\n", "", func(s *parameterserver.Settings) { s.Alpha = 0.5 }},
		{"an objective", "ridge\nparams: {alpha: 1000}", "", func(s *parameterserver.Settings) { s.Followed.Objective = true }},
		{"what is done anyway", "sgd-classifier\nparams: {shuffle: true, class_weight: none}", "", func(*parameterserver.Settings) {}},
		{"the section is stronger", "sgd-classifier\nparams: {alpha: 0.5}\nparameter_server: {alpha: 0.1}",
			"chimera.yaml:4:10: params.alpha has no effect: parameter_server.alpha is given, and is stronger", func(s *parameterserver.Settings) { s.Alpha = 0.1 }},
		{"by its old name too", "mlp-classifier\nparams: {learning_rate_init: 0.5}\nparameter_server: {eta0: 0.3}",
			"params.learning_rate_init has no effect", func(s *parameterserver.Settings) { s.Eta0 = 0.3 }},
		{"one setting of a penalty, of all", "ridge\nparams: {alpha: 1000}\nparameter_server: {penalty: l1}",
			"params.alpha has no effect: parameter_server.penalty is given", func(s *parameterserver.Settings) { s.Penalty = "l1" }},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c := parse(t, head+tt.yaml, config.Options{Catalogue: catalogue.Shipped()})
			want := *config.SettingsOf[parameterserver.Settings](parse(t, head+"ridge", config.Options{Catalogue: catalogue.Shipped()}))
			tt.want(&want)
			if got := *config.SettingsOf[parameterserver.Settings](c); got != want {
				t.Errorf("%+v\nwant %+v", got, want)
			}
			if notes := strings.Join(c.Notes, "\n"); !strings.Contains(notes, tt.note) || tt.note == "" && notes != "" {
				t.Errorf("notes: %s", notes)
			}
		})
	}
}

func TestTrainingThatCannotBeFollowed(t *testing.T) {
	const head = "master: parameter-server\nworkers: 2\nlearner: "
	for _, tt := range []struct{ yaml, want string }{
		{"mlp-classifier\nparams: {solver: adamw}",
			`4:18: params.solver: for a parameter server, want one of sgd, momentum, nesterov, adagrad, adam, got "adamw"; leave it out`},
		{"sgd-regressor\nparams: {learning_rate: adaptive}",
			`params.learning_rate: for a parameter server, want one of constant, invscaling, optimal, step, cosine, got "adaptive"`},
		{"sgd-classifier\nparams: {shuffle: false}", "params.shuffle: a parameter server can only do true, got false; leave it out"},
		{"logistic-regression\nparams: {class_weight: balanced}", `params.class_weight: a parameter server can only do "none", got "balanced"`},
		{"logistic-regression\nparams: {max_iter: 500}", "params.max_iter: it steers the learner's own algorithm, and a parameter server has another"},
		{"lasso\nparams: {tol: 0.1}", "params.tol: it steers the learner's own algorithm"},
		{"sgd-classifier\nparams: {batch_size: 8}", "params.batch_size: with mode full each step is on all rows"},
		{"mlp-classifier\nparams: {solver: adam}\nparameter_server: {mode: local}", "params.solver: with mode local the workers step, with sgd"},
		{"ridge\nparams: {alpha: 2}\nparameter_server: {mode: local}", "params.alpha: with mode local the workers step by themselves"},
	} {
		_, err := config.Parse("chimera.yaml", []byte(head+tt.yaml), config.Options{Catalogue: catalogue.Shipped()})
		if err == nil || !strings.Contains(err.Error(), tt.want) || strings.Count(err.Error(), "\n") > 0 {
			t.Errorf("%s:\n%v\nwant %s", tt.yaml, err, tt.want)
		}
	}
}

// Every parameter of a shipped learner with a gradient is of the model, or says what it is elsewhere.
func TestEveryTrainingParameterSaysWhatItIs(t *testing.T) {
	ofTheModel := map[string]bool{
		"fit_intercept": true, "loss": true, "epsilon": true, "delta": true, "hidden_layer_sizes": true, "activation": true, "init": true,
		"dropout": true, "layer_norm": true, "precision": true,
	}
	kind, ok := distribute.Lookup(parameterserver.Name)
	if !ok {
		t.Fatal("there is no parameter server")
	}
	checked := 0
	for _, info := range catalogue.Shipped().List() {
		if _, lacks := kind.Lacks(info); lacks {
			continue
		}
		checked++
		for _, p := range info.Params {
			if p.Training == "" && !ofTheModel[p.Name] {
				t.Errorf("%s: %s is silently ignored by a parameter server: it needs a training tag", info.Name, p.Name)
			}
			switch name, _, _ := strings.Cut(p.Training, " "); name {
			case "", registry.TrainingObjective, registry.TrainingDefault, registry.TrainingOwn:
			default:
				settings := config.Paths()
				if !settings["parameter_server."+name] {
					t.Errorf("%s: %s: a parameter server has no setting %s", info.Name, p.Name, name)
				}
			}
		}
	}
	if checked < 8 {
		t.Errorf("%d learners have a gradient", checked)
	}
}
