package scaffold_test

import (
	"errors"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/gochimera/chimera/cmd/chimera/internal/scaffold"
	"github.com/gochimera/chimera/config"
	"github.com/gochimera/chimera/internal/catalogue"
	"github.com/gochimera/chimera/internal/dataio"
	"github.com/gochimera/chimera/learner"
)

var update = flag.Bool("update", false, "bring examples/custom-estimator up to date")

// options are those of `chimera init`.
func options(t *testing.T, dir string) scaffold.Options {
	t.Helper()
	source, err := scaffold.Source(t.Context(), ".")
	if err != nil {
		t.Fatal(err)
	}
	return scaffold.Options{Dir: dir, Master: config.AggregationMaster, Workers: 3, Replace: source, Catalogue: catalogue.Shipped()}
}

// examples/custom-estimator is what init makes, but for its README and the
// path to this module. `go test ./cmd/chimera/internal/scaffold -update` brings it up to date.
func TestExample(t *testing.T) {
	made := filepath.Join(t.TempDir(), "custom-estimator")
	o := options(t, made)
	if _, err := scaffold.Init(t.Context(), o); err != nil {
		t.Fatal(err)
	}
	example := filepath.Join("..", "..", "..", "..", "examples", "custom-estimator")
	for _, name := range []string{
		"go.mod", "go.sum", "main.go", "chimera.yaml", "centroid/centroid.go", "centroid/centroid_test.go", "chimera_learners.go", "test_data/X_test.csv",
	} {
		want, err := os.ReadFile(filepath.Join(made, filepath.FromSlash(name)))
		if err != nil {
			t.Fatal(err)
		}
		want = []byte(strings.ReplaceAll(string(want), "=> "+o.Replace, "=> ../.."))
		file := filepath.Join(example, filepath.FromSlash(name))
		if *update {
			if err := os.WriteFile(file, want, 0o600); err != nil {
				t.Fatal(err)
			}
		}
		if got, err := os.ReadFile(file); err != nil || string(got) != string(want) {
			t.Errorf("%s is not what init makes: run go test ./cmd/chimera/internal/scaffold -update (%v)", file, err)
		}
	}
	if text, err := os.ReadFile(filepath.Join(example, "centroid", "centroid.go")); err != nil || strings.Count(string(text), "\n") >= 100 {
		t.Errorf("the learner has 100 lines or more: %v", err)
	}
}

// Every kind of master and task gives a configuration that is valid, with data
// for it.
func TestInit(t *testing.T) {
	for _, tt := range []struct {
		name    string
		change  func(*scaffold.Options)
		learner string
		rows    int // of a worker
		columns int
		task    learner.Task
	}{
		{"the project's own learner", func(*scaffold.Options) {}, scaffold.Own, 40, 4, learner.Classification},
		{"a regressor", func(o *scaffold.Options) { o.Learner = "ridge" }, "ridge", 40, 3, learner.Regression},
		{"a parameter server", func(o *scaffold.Options) { o.Master = config.ParameterServerMaster }, "logistic-regression", 40, 4, learner.Classification},
		{"a pipeline", func(o *scaffold.Options) { o.Master = config.PipelineMaster }, "mlp-classifier", 120, 4, learner.Classification},
	} {
		t.Run(tt.name, func(t *testing.T) {
			o := options(t, filepath.Join(t.TempDir(), "My Project"))
			tt.change(&o)
			made, err := scaffold.Init(t.Context(), o)
			if err != nil {
				t.Fatal(err)
			}
			if made.Project != "my-project" || made.Learner != tt.learner || made.Task != tt.task {
				t.Errorf("made %+v", made)
			}
			cfg, err := config.Load(config.Options{Dir: o.Dir, Catalogue: catalogue.Shipped()})
			if err != nil {
				t.Fatal(err)
			}
			if cfg.Master != o.Master || len(cfg.Workers) != 3 {
				t.Errorf("chimera.yaml says %s, %d workers", cfg.Master, len(cfg.Workers))
			}
			for i := range cfg.Workers {
				table, err := dataio.ReadTraining(t.Context(), cfg.DataFolder(i), tt.task, dataio.Options{})
				if err != nil {
					t.Fatal(err)
				}
				if len(table.Y) != tt.rows || len(table.Columns) != tt.columns {
					t.Errorf("worker %d has %d rows x %d columns", i, len(table.Y), len(table.Columns))
				}
			}
		})
	}
}

// What is wrong is reported before anything is written.
func TestInitRefuses(t *testing.T) {
	for _, tt := range []struct {
		name   string
		change func(*testing.T, *scaffold.Options)
		says   string
	}{
		{"a folder that is not empty", func(t *testing.T, o *scaffold.Options) {
			t.Helper()
			if err := os.WriteFile(filepath.Join(o.Dir, "thesis.tex"), nil, 0o600); err != nil {
				t.Fatal(err)
			}
		}, "it has thesis.tex"},
		{
			"an unknown learner", func(_ *testing.T, o *scaffold.Options) { o.Learner = "tree-clasifier" },
			`unknown learner "tree-clasifier"; did you mean "tree-classifier"`,
		},
		{"a learner without a gradient", func(_ *testing.T, o *scaffold.Options) {
			o.Master, o.Learner = config.ParameterServerMaster, scaffold.Own
		}, "it has no gradient"},
		{"a learner without layers", func(_ *testing.T, o *scaffold.Options) {
			o.Master, o.Learner = config.PipelineMaster, "ridge"
		}, "it has no layers to cut"},
		{"an unknown master", func(_ *testing.T, o *scaffold.Options) { o.Master = "square" }, "--master: want one of"},
		{"no workers", func(_ *testing.T, o *scaffold.Options) { o.Workers = 0 }, "want 1 to 40"},
		{"more workers than there are rows for", func(_ *testing.T, o *scaffold.Options) { o.Workers = 41 }, "want 1 to 40"},
		{"an invalid module path", func(_ *testing.T, o *scaffold.Options) { o.Module = "my module" }, "--module"},
		{"another source", func(_ *testing.T, o *scaffold.Options) { o.Replace = os.TempDir() }, "--replace"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			o := options(t, t.TempDir())
			tt.change(t, &o)
			before, _ := os.ReadDir(o.Dir)
			_, err := scaffold.Init(t.Context(), o)
			var refused *scaffold.Error
			if !errors.As(err, &refused) || !strings.Contains(err.Error(), tt.says) {
				t.Errorf("got %v, want %q", err, tt.says)
			}
			if after, _ := os.ReadDir(o.Dir); len(after) != len(before) {
				t.Errorf("something was written: %v", after)
			}
		})
	}
}
