package cv_test

import (
	"encoding/json"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"go.uber.org/goleak"
	"gonum.org/v1/gonum/mat"

	"github.com/gochimera/chimera/cmd/chimera/internal/cv"
	"github.com/gochimera/chimera/cmd/chimera/internal/trial"
	"github.com/gochimera/chimera/config"
	"github.com/gochimera/chimera/internal/catalogue"
	"github.com/gochimera/chimera/internal/dataio"
	"github.com/gochimera/chimera/learner"
	_ "github.com/gochimera/chimera/learner/linear"
	"github.com/gochimera/chimera/registry"
)

func TestMain(m *testing.M) {
	cache, err := os.MkdirTemp("", "cv-test-")
	if err == nil {
		err = os.Setenv("CHIMERA_CACHE", cache)
	}
	if err != nil {
		panic(err)
	}
	goleak.VerifyTestMain(m, goleak.Cleanup(func(code int) {
		_ = os.RemoveAll(cache)
		os.Exit(code)
	}))
}

var project = filepath.Join("..", "trial", "testdata", "project")

// made are rows of two workers: y is linear in x and a bit of a wave, so that no fold is like the other.
func made(t *testing.T) (x [2][][2]float64, y [2][]float64, tables []*trial.Table) {
	t.Helper()
	var dirs []string
	for w, n := range []int{23, 31} {
		features, target := "a,b\n", "y\n"
		for i := range n {
			a, b := float64(i%7)/4, float64((i*5+w)%11)/8
			v := 3*a - 2*b + math.Sin(float64(i+10*w))
			v, _ = strconv.ParseFloat(fmt.Sprintf("%.6f", v), 64)
			x[w], y[w] = append(x[w], [2]float64{a, b}), append(y[w], v)
			features += fmt.Sprintf("%v,%v\n", a, b)
			target += fmt.Sprintf("%v\n", v)
		}
		dir := t.TempDir()
		for name, text := range map[string]string{"X_train.csv": features, "y_train.csv": target} {
			if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		dirs = append(dirs, dir)
	}
	tables, err := trial.Read(t.Context(), []string{"one", "two"}, dirs, dataio.Options{}, "")
	if err != nil {
		t.Fatal(err)
	}
	return x, y, tables
}

// standardised brings rows to the scale of those that a fold trains on: their mean is 0 and their variance 1, over both workers.
func standardised(x [2][][2]float64, s cv.Split) (scaled [2][][2]float64) {
	var mean, variance [2]float64
	n := float64(len(s.Train[0]) + len(s.Train[1]))
	each := func(do func(v [2]float64)) {
		for w := range x {
			for _, r := range s.Train[w] {
				do(x[w][r])
			}
		}
	}
	each(func(v [2]float64) { mean[0] += v[0] / n; mean[1] += v[1] / n })
	each(func(v [2]float64) {
		for j := range v {
			variance[j] += (v[j] - mean[j]) * (v[j] - mean[j]) / n
		}
	})
	for w := range x {
		for _, v := range x[w] {
			for j := range v {
				v[j] = (v[j] - mean[j]) / math.Sqrt(variance[j])
			}
			scaled[w] = append(scaled[w], v)
		}
	}
	return scaled
}

// byHand fits one ridge regression per worker on its rows of a fold, on one scale, averages them and computes R2 of the held-out rows
// by its definition.
func byHand(t *testing.T, x [2][][2]float64, y [2][]float64, s cv.Split) float64 {
	t.Helper()
	x = standardised(x, s)
	var members []learner.Estimator
	for w := range x {
		e, err := registry.New("ridge", json.RawMessage(`{"alpha": 0.5}`), learner.Env{})
		if err != nil {
			t.Fatal(err)
		}
		d := learner.Dataset{Schema: learner.Schema{Features: []string{"a", "b"}}, X: mat.NewDense(len(s.Train[w]), 2, nil)}
		for i, r := range s.Train[w] {
			d.X.SetRow(i, x[w][r][:])
			d.Y = append(d.Y, y[w][r])
		}
		if err := e.Fit(t.Context(), d); err != nil {
			t.Fatal(err)
		}
		members = append(members, e)
	}
	var truth, answers []float64
	for w := range x {
		for _, r := range s.Test[w] {
			var mean float64
			for _, e := range members {
				v, err := e.Predict(t.Context(), mat.NewDense(1, 2, x[w][r][:]))
				if err != nil {
					t.Fatal(err)
				}
				mean += v[0] / 2
			}
			truth, answers = append(truth, y[w][r]), append(answers, mean)
		}
	}
	var mean, residual, total float64
	for _, v := range truth {
		mean += v / float64(len(truth))
	}
	for i, v := range truth {
		residual += (v - answers[i]) * (v - answers[i])
		total += (v - mean) * (v - mean)
	}
	return 1 - residual/total
}

// The project's own program gives for each fold what fitting its learners one by one gives.
func TestFoldsAreWhatTheLearnersGive(t *testing.T) {
	x, y, tables := made(t)
	temp := t.TempDir()
	t.Setenv("TMPDIR", temp)
	cfg, err := config.Load(config.Options{Dir: project, Catalogue: catalogue.Shipped()})
	if err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(filepath.Join(project, config.FileName))
	if err != nil {
		t.Fatal(err)
	}
	settings, err := trial.ParseDocument(text)
	if err != nil {
		t.Fatal(err)
	}
	bench, err := trial.NewBench(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	metric, _ := trial.ParseMetric("", learner.Regression)
	p := cv.Plan{Folds: 3, Repeats: 2, Seed: 5}
	told := 0
	report, err := cv.Run(t.Context(), bench, settings, tables, cv.Options{Plan: p, Metric: metric, Parallel: 2, Progress: func(int, int) { told++ }})
	if err != nil || report.Failed() != nil {
		t.Fatal(err, report.Failed())
	}
	splits, err := p.Splits(tables)
	if err != nil {
		t.Fatal(err)
	}
	var sum float64
	for i, s := range splits {
		want := byHand(t, x, y, s)
		sum += want / float64(len(splits))
		if got := report.Results[i].Values["r2"]; math.Abs(got-want) > 1e-9 {
			t.Errorf("fold %d of repeat %d has %v, by hand %v", s.Fold, s.Repeat, got, want)
		}
	}
	if math.Abs(report.Metrics["r2"].Mean-sum) > 1e-9 || told != 6 || report.Rows != 54 {
		t.Errorf("%+v; the mean by hand is %v", report, sum)
	}
	for name, write := range map[string]func(*strings.Builder) error{
		"table": func(b *strings.Builder) error { return report.Write(b, true) },
		"csv":   func(b *strings.Builder) error { return report.WriteCSV(b) },
		"plot":  func(b *strings.Builder) error { return report.Plot(b, "svg") },
	} {
		var b strings.Builder
		if err := write(&b); err != nil || b.Len() == 0 {
			t.Errorf("%s: %v", name, err)
		}
		t.Log(b.String()[:min(b.Len(), 600)])
	}

	// Settings that cannot be fitted fail the folds, with the reason, and nothing else.
	bad := settings.Clone()
	bad.Set("aggregation.quorum", 2)
	bad.Set("learner", "tree-classifier") // of another task than the targets
	bad.Remove("params")
	report, err = cv.Run(t.Context(), bench, bad, tables, cv.Options{Plan: p, Metric: metric, Parallel: 2, Progress: func(int, int) {}})
	if err != nil || report.Failed() == nil {
		t.Errorf("%v, %v", err, report.Failed())
	} else {
		t.Log(report.Failed())
	}
	if err := bench.Close(); err != nil {
		t.Error(err)
	}
	if left, err := os.ReadDir(temp); err != nil || len(left) > 0 {
		t.Errorf("%v is left in the temporary folder, %v", left, err)
	}
}
