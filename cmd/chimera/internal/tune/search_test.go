package tune_test

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"go.uber.org/goleak"

	"github.com/gochimera/chimera/cmd/chimera/internal/cv"
	"github.com/gochimera/chimera/cmd/chimera/internal/trial"
	"github.com/gochimera/chimera/cmd/chimera/internal/tune"
	"github.com/gochimera/chimera/config"
	"github.com/gochimera/chimera/internal/catalogue"
	"github.com/gochimera/chimera/internal/dataio"
	"github.com/gochimera/chimera/learner"
)

func TestMain(m *testing.M) {
	cache, err := os.MkdirTemp("", "tune-test-")
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

func load(t *testing.T) (*config.Config, []byte) {
	t.Helper()
	cfg, err := config.Load(config.Options{Dir: project, Catalogue: catalogue.Shipped()})
	if err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(filepath.Join(project, config.FileName))
	if err != nil {
		t.Fatal(err)
	}
	return cfg, text
}

func parse(t *testing.T, texts ...string) []tune.Param {
	t.Helper()
	params := make([]tune.Param, len(texts))
	for i, text := range texts {
		var err error
		if params[i], err = tune.ParseParam(text); err != nil {
			t.Fatal(err)
		}
	}
	return params
}

func TestWhatIsRefusedBeforeAnythingRuns(t *testing.T) {
	cfg, text := load(t)
	for _, tt := range []struct{ param, want string }{
		{"alhpa=1", `--param alhpa: neither a parameter of ridge nor a setting; did you mean "alpha"?`},
		{"alpha=1,-1", "--param alpha=-1: want >= 0, got -1"},
		{"alpha=uniform:-2..1", "--param alpha=-2: want >= 0, got -2"},
		{"fit_intercept=maybe", "--param fit_intercept=maybe: "},
		{"combine=mean", `--param combine: neither a parameter of ridge nor a setting; did you mean "aggregation.combine"?`},
		{"aggregation.combine=medain", `--param aggregation.combine=medain: want one of mean, median, vote, weighted, got "medain"; did you mean "median"`},
		{"workers=3", "--param workers: it says how the project runs and not what its model is"},
		{"endpoints.port=3", "--param endpoints.port: it says how the project runs"},
		{"learner=knn-regressor", "--param learner=knn-regressor: the project's program does not link it: add github.com/gochimera/chimera/learner/knn to packages:"},
		{"aggregation.quorum=9", "--param aggregation.quorum=9: want at most the number of workers, which is 2, got 9"},
	} {
		_, err := tune.NewSpace(parse(t, tt.param), text, cfg, catalogue.Shipped())
		if err == nil || !strings.HasPrefix(err.Error(), tt.want) {
			t.Errorf("%s:\n%v\nwant\n%s", tt.param, err, tt.want)
		}
	}
}

// The target is exactly linear, so that every penalty makes it worse: the smallest is the best, by whichever search.
// What is printed as the best loads and has its values.
func TestFindsTheKnownBest(t *testing.T) {
	cfg, text := load(t)
	var dirs []string
	for w := range 2 {
		features, target := "a,b\n", "y\n"
		for i := range 60 {
			a, b := (i*7+w)%13, (i*5+w)%11
			features += fmt.Sprintf("%d,%d\n", a, b)
			target += fmt.Sprintln(3*a - 2*b + 1)
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
	bench, err := trial.NewBench(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := bench.Close(); err != nil {
			t.Error(err)
		}
	}()
	metric, _ := trial.ParseMetric("", learner.Regression)
	o := tune.Options{Plan: cv.Plan{Folds: 2, Repeats: 1, Seed: 1}, Metric: metric, Parallel: 2, Progress: func(tune.Progress) {}}
	for _, tt := range []struct {
		name   string
		factor int
		rungs  int
	}{{"all rows", 0, 1}, {"successive halving", 2, 3}} {
		t.Run(tt.name, func(t *testing.T) {
			space, err := tune.NewSpace(parse(t, "alpha=1000,10,0.001,100", "aggregation.combine=mean"), text, cfg, catalogue.Shipped())
			if err != nil {
				t.Fatal(err)
			}
			candidates, err := tune.Grid(space.Params)
			if err != nil || space.Check(candidates) != nil {
				t.Fatal(err, space.Check(candidates))
			}
			o.Factor = tt.factor
			r, err := tune.Run(t.Context(), bench, space, candidates, tables, o)
			if err != nil {
				t.Fatal(err)
			}
			if best := r.Entries[0]; fmt.Sprint(best.Params["alpha"]) != "0.001" || best.Estimate.Mean < 0.999 || len(r.Rungs) != tt.rungs {
				t.Errorf("%+v of %+v", best, r.Rungs)
			}
			found, err := config.Parse("best.yaml", []byte(r.Best), config.Options{Catalogue: catalogue.Shipped()})
			if err != nil || !strings.Contains(r.Best, "learner: ridge # of both\n") {
				t.Fatalf("%v\n%s", err, r.Best)
			}
			if w := found.Workers[1]; string(w.Params["alpha"]) != "0.001" || w.Port != 4711 {
				t.Errorf("%+v", w)
			}
			if _, err := json.Marshal(r); err != nil {
				t.Error(err)
			}
			for name, write := range map[string]func(*strings.Builder) error{
				"table": func(b *strings.Builder) error { return r.Write(b, true) },
				"csv":   func(b *strings.Builder) error { return r.WriteCSV(b) },
				"plot":  func(b *strings.Builder) error { return r.Plot(b, "svg") },
			} {
				var b strings.Builder
				if err := write(&b); err != nil || b.Len() == 0 {
					t.Errorf("%s: %v", name, err)
				}
			}
		})
	}
}
