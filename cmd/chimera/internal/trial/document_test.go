package trial_test

import (
	"testing"

	"github.com/gochimera/chimera/cmd/chimera/internal/trial"
)

const text = `# a project
learner: forest-classifier # of all
params:
  max_depth: 3 # deep
workers:
  - name: a
    params:
      max_depth: 5
  - name: b
    learner: knn-classifier
  - name: c
`

func TestDocument(t *testing.T) {
	has := func(names ...string) func(string) bool {
		return func(l string) bool {
			for _, n := range names {
				if n == l {
					return true
				}
			}
			return false
		}
	}
	for _, tt := range []struct {
		name   string
		change func(d *trial.Document) bool
		want   string
	}{
		{"nothing", func(*trial.Document) bool { return true }, text},
		{"of the default learner and of the worker that has its own value", func(d *trial.Document) bool {
			return d.SetParam("max_depth", 7, has("forest-classifier"))
		}, `# a project
learner: forest-classifier # of all
params:
  max_depth: 7 # deep
workers:
  - name: a
    params:
      max_depth: 7
  - name: b
    learner: knn-classifier
  - name: c
`},
		{"of one worker's learner", func(d *trial.Document) bool { return d.SetParam("n_neighbors", 3, has("knn-classifier")) }, `# a project
learner: forest-classifier # of all
params:
  max_depth: 3 # deep
workers:
  - name: a
    params:
      max_depth: 5
  - name: b
    learner: knn-classifier
    params:
      n_neighbors: 3
  - name: c
`},
		{"of no learner", func(d *trial.Document) bool { return !d.SetParam("alpha", 3, has("ridge")) }, text},
		{"a section that is not there", func(d *trial.Document) bool { d.Set("aggregation.combine", "vote"); return true }, text + `aggregation:
  combine: vote
`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			base, err := trial.ParseDocument([]byte(text))
			if err != nil {
				t.Fatal(err)
			}
			d := base.Clone()
			if !tt.change(d) {
				t.Error("it says the contrary")
			}
			for d, want := range map[*trial.Document]string{d: tt.want, base: text} { // what it is a copy of stays as it is
				if got, err := d.Text(); err != nil || string(got) != want {
					t.Errorf("%v\n%s\nwant\n%s", err, got, want)
				}
			}
		})
	}
}

func TestParseMetric(t *testing.T) {
	for name, want := range map[string]string{"": "accuracy", "F1": "macro_f1", "log_loss": "log_loss", "auc": "roc_auc"} {
		if m, err := trial.ParseMetric(name, "classification"); err != nil || m.Name != want {
			t.Errorf("%q is %q, %v; want %q", name, m.Name, err, want)
		}
	}
	mse, err := trial.ParseMetric("mse", "regression")
	if err != nil || !mse.Better(1, 2) || mse.Better(2, 1) {
		t.Errorf("less of a squared error is better: %+v, %v", mse, err)
	}
	if _, err := trial.ParseMetric("accuracy", "regression"); err == nil ||
		err.Error() != `want one of r2, mean_squared_error, mean_absolute_error for a regression, got "accuracy"` {
		t.Error(err)
	}
}
