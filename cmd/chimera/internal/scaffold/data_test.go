package scaffold_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/gochimera/chimera/cmd/chimera/internal/datafile"
	"github.com/gochimera/chimera/cmd/chimera/internal/scaffold"
	"github.com/gochimera/chimera/cmd/chimera/internal/split"
	"github.com/gochimera/chimera/config"
	"github.com/gochimera/chimera/internal/dataio"
	"github.com/gochimera/chimera/learner"
)

// table is a CSV file of 120 mixed rows whose target is what f says.
func table(t *testing.T, f func(i int) string) string {
	t.Helper()
	var b strings.Builder
	b.WriteString("Id;Age;Colour;Target\n")
	for i := range 120 {
		fmt.Fprintf(&b, "%d;%d;%s;%s\n", i, 20+i*7%50, []string{"red", "green", "?"}[i%3], f(i))
	}
	path := filepath.Join(t.TempDir(), "table.csv")
	if err := os.WriteFile(path, []byte(b.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// The task shows in the target, and the learner follows from it and the kind of master.
func TestTaskOfTheData(t *testing.T) {
	numbers := func(n int) func(int) string { return func(i int) string { return fmt.Sprint(i % n) } }
	for _, tt := range []struct {
		name   string
		target func(int) string
		task   learner.Task // that is said
		master config.Master
		want   string // learner
		says   string
	}{
		{"texts", func(i int) string { return []string{"<=50K", ">50K"}[i%2] }, "", "", "forest-classifier",
			"classification: Target has 2 different texts (<=50K, >50K)"},
		{"booleans", func(i int) string { return []string{"true", "False"}[i%2] }, "", "", "forest-classifier", "2 different"},
		{"few whole numbers", numbers(20), "", "", "forest-classifier", "classification: Target has 20 different whole numbers"},
		{"many whole numbers", numbers(21), "", "", "forest-regressor", "regression: Target has 21 different whole numbers"},
		{"fractions", func(i int) string { return fmt.Sprint(float64(i%2) + 0.5) }, "", "", "forest-regressor", "fractions"},
		{"few, but a quantity", numbers(5), learner.Regression, "", "forest-regressor", "regression: as it was said"},
		{"many, but classes", numbers(30), learner.Classification, "", "forest-classifier", "classification: as it was said"},
		{"texts in steps", func(i int) string { return []string{"a", "b"}[i%2] }, "", config.ParameterServerMaster, "logistic-regression", "2 different texts"},
		{"fractions in steps", func(i int) string { return fmt.Sprint(float64(i) + 0.5) }, "", config.ParameterServerMaster, "ridge", "regression"},
		{"texts in layers", func(i int) string { return []string{"a", "b"}[i%2] }, "", config.PipelineMaster, "mlp-classifier", "2 different texts"},
		{"fractions in layers", func(i int) string { return fmt.Sprint(float64(i) + 0.5) }, "", config.PipelineMaster, "mlp-regressor", "regression"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			dir := filepath.Join(t.TempDir(), "mine")
			o := options(t, dir)
			if tt.master != "" {
				o.Master = tt.master
			}
			o.Data = &scaffold.Data{
				Source: datafile.Source{Features: table(t, tt.target), Drop: []string{"id"}, Options: dataio.Options{Target: "target"}},
				Task:   tt.task, Holdout: split.Holdout{Share: 0.25},
			}
			made, err := scaffold.Init(t.Context(), o)
			if err != nil {
				t.Fatal(err)
			}
			if made.Learner != tt.want || !strings.Contains(made.About, tt.says) || !strings.Contains(made.About, "table.csv: 120 rows, 2 columns; ") {
				t.Errorf("learner %s, want %s: %s", made.Learner, tt.want, made.About)
			}
			if rows := made.Split.Test.Rows; rows < 28 || rows > 32 { // a quarter, of each class
				t.Errorf("%d rows are held out", rows)
			}
			text, err := os.ReadFile(filepath.Join(dir, "chimera.yaml"))
			bags := strings.Contains(string(text), "\n# bootstrap: true")
			if err != nil || bags != (o.Master == config.AggregationMaster) || !strings.Contains(string(text), "\nprepare: auto\n") {
				t.Errorf("%v\n%s", err, text)
			}
			head, err := os.ReadFile(filepath.Join(dir, "chimera_train_data", "worker1", "X_train.csv"))
			if err != nil || !strings.HasPrefix(string(head), "Age,Colour\n") {
				t.Errorf("%v, %.40q", err, head)
			}
		})
	}
}

// What is wrong with the data is said before anything is written.
func TestDataRefused(t *testing.T) {
	for _, tt := range []struct {
		name   string
		target func(int) string
		change func(*scaffold.Options)
		says   string
	}{
		{"a task that texts are not", func(i int) string { return []string{"a", "b"}[i%2] }, func(o *scaffold.Options) { o.Data.Task = learner.Regression },
			"--task regression: the target Target has texts"},
		{"a task that fractions are not", func(i int) string { return fmt.Sprint(float64(i) / 7) },
			func(o *scaffold.Options) { o.Data.Task = learner.Classification }, "--task classification: the target Target has fractions"},
		{"a learner for the other task", func(i int) string { return fmt.Sprint(i % 2) }, func(o *scaffold.Options) { o.Learner = "ridge" },
			"--learner: ridge is for regression, and the data shows a classification: Target has 2 different whole numbers (0, 1): say --task regression"},
		{"no such column", func(i int) string { return fmt.Sprint(i % 2) }, func(o *scaffold.Options) { o.Data.Source.Options.Target = "goal" }, "--target"},
		{"a missing target", func(i int) string { return []string{"a", "b", "?"}[i%3] }, func(*scaffold.Options) {}, "table.csv:4"},
		{"nothing to learn", func(int) string { return "a" }, func(*scaffold.Options) {}, "there is nothing to learn"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			dir := filepath.Join(t.TempDir(), "mine")
			o := options(t, dir)
			o.Data = &scaffold.Data{Source: datafile.Source{Features: table(t, tt.target), Options: dataio.Options{Target: "target"}}}
			tt.change(&o)
			_, err := scaffold.Init(t.Context(), o)
			var refused *scaffold.Error
			var bad *dataio.Error
			if !errors.As(err, &refused) && !errors.As(err, &bad) || !strings.Contains(err.Error(), tt.says) {
				t.Errorf("%v, want %q", err, tt.says)
			}
			if _, err := os.Stat(dir); err == nil {
				t.Error("something was written")
			}
		})
	}
}
