package compare_test

import (
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"go.uber.org/goleak"

	"github.com/gochimera/chimera/cmd/chimera/internal/compare"
	"github.com/gochimera/chimera/cmd/chimera/internal/trial"
	"github.com/gochimera/chimera/config"
	"github.com/gochimera/chimera/distribute"
	"github.com/gochimera/chimera/internal/catalogue"
	"github.com/gochimera/chimera/internal/dataio"
	"github.com/gochimera/chimera/learner"
	"github.com/gochimera/chimera/registry"
)

func TestMain(m *testing.M) {
	cache, err := os.MkdirTemp("", "compare-test-")
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

// projectOf is a project with this chimera.yaml, in a folder of this module.
func projectOf(t *testing.T, text string) compare.Project {
	t.Helper()
	dir, err := filepath.Abs(filepath.Join("..", "trial", "testdata", "project"))
	if err != nil {
		t.Fatal(err)
	}
	known := catalogue.Shipped()
	cfg, err := config.Parse(config.FileName, []byte(text), config.Options{Dir: dir, Catalogue: known})
	if err != nil {
		t.Fatal(err)
	}
	settings, err := trial.ParseDocument([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	p := compare.Project{Config: cfg, Settings: settings, Catalogue: known}
	for _, w := range cfg.Workers {
		p.Learners = append(p.Learners, *w.Info)
	}
	return p
}

// Which kinds can train a learner is what the kinds and chimera.yaml's own checks say; what is about another kind is left out, or goes
// where the kind has it, and is remarked.
func TestWays(t *testing.T) {
	all := []string{"aggregation", "parameter-server", "pipeline"}
	for _, tt := range []struct {
		name, yaml string
		ways       []string
		cannot     map[string]string
		remarks    map[string]string
	}{
		{
			"no gradient", "learner: tree-classifier\nworkers: 2\n", []string{compare.Alone, "aggregation"},
			map[string]string{"parameter-server": "it cannot train tree-classifier: it has no gradient", "pipeline": "it has no layers to cut"}, nil,
		},
		{
			"any", "learner: mlp-classifier\nworkers: 2\n", append([]string{compare.Alone}, all...), nil, nil,
		},
		{
			"bootstrap", "learner: ridge\nbootstrap: true\nworkers:\n  - {name: a, bootstrap: true}\n  - {name: b}\n",
			[]string{compare.Alone, "aggregation", "parameter-server"}, nil, map[string]string{"parameter-server": "without bootstrap"},
		},
		{
			"layers", "master: pipeline\nlearner: mlp-classifier\nworkers:\n  - {name: a, layers: 1}\n  - {name: b, layers: 2}\n",
			append([]string{compare.Alone}, all...), nil, nil,
		},
		{
			"training", "learner: mlp-classifier\nparams: {max_iter: 7, batch_size: 9}\nworkers: 2\npipeline: {batch_size: 50}\n",
			[]string{compare.Alone, "aggregation", "pipeline"},
			map[string]string{"parameter-server": "choose parameter_server: {mode: minibatch}"}, map[string]string{"pipeline": "max_iter of params went to pipeline"},
		},
		{
			"own algorithm", "learner: elastic-net\nparams: {alpha: 0.1, tol: 0.001}\nworkers: 2\n", []string{compare.Alone, "aggregation", "parameter-server"},
			nil, map[string]string{"parameter-server": "without tol"},
		},
		{
			"several learners", "workers:\n  - {name: a, learner: ridge}\n  - {name: b, learner: lasso}\n", []string{"aggregation"},
			map[string]string{compare.Alone: "workers a and b have different learners", "parameter-server": "a parameter server trains one model"}, nil,
		},
		{
			"quorum", "learner: ridge\nworkers: 2\nparameter_server: {quorum: 3}\n", []string{compare.Alone, "aggregation"},
			map[string]string{"parameter-server": "parameter_server.quorum: "}, nil,
		},
		{
			"no effect", "learner: mlp-classifier\nparams: {max_iter: 7}\nworkers: 2\nparameter_server: {max_iter: 50}\n", append([]string{compare.Alone}, all...),
			nil, map[string]string{"parameter-server": "params.max_iter has no effect", "pipeline": "max_iter of params"},
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			ways, cannot := projectOf(t, tt.yaml).Ways(all)
			var names []string
			for _, w := range ways {
				names = append(names, w.Name)
				remarks := strings.Join(w.Remarks, "\n")
				if want, remarked := tt.remarks[w.Name]; remarked != (remarks != "") || !strings.Contains(remarks, want) {
					t.Errorf("%s remarks %q, want %q", w.Name, remarks, want)
				}
			}
			if !slices.Equal(names, tt.ways) {
				t.Errorf("ways %v, want %v; not %v", names, tt.ways, cannot)
			}
			for _, c := range cannot {
				if want, refused := tt.cannot[c.Way]; refused && !strings.Contains(c.Reason, want) {
					t.Errorf("%s: %s, want %s", c.Way, c.Reason, want)
				}
			}
		})
	}
}

func TestSet(t *testing.T) {
	p := projectOf(t, "learner: ridge\nworkers: 2\n")
	for path, text := range map[string]string{"params.alpha": "2.5", "parameter_server.max_iter": "9", "seed": "4"} {
		if err := p.Set(path, text); err != nil || fmt.Sprint(p.Settings.Get(path)) != text {
			t.Errorf("%s is %v, %v", path, p.Settings.Get(path), err)
		}
	}
	for setting, want := range map[string]string{
		"master=pipeline": "is the same in a comparison", "params.depth=3": "no learner of the project has the parameter depth",
		"params.alpha=-1":            "params.alpha: want >= 0",
		"parameter_server.max_itr=9": "parameter_server.max_itr: unknown setting", "seed=[": "is no YAML value",
	} {
		path, text, _ := strings.Cut(setting, "=")
		if err := projectOf(t, "learner: ridge\nworkers: 2\n").Set(path, text); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %s", setting, err, want)
		}
	}
}

// rows are of two workers: y is linear in two features, and a bit of a wave.
type rows struct {
	x [][2]float64
	y []float64
}

func write(t *testing.T, dir, features, target string, r rows) {
	t.Helper()
	x, y := "a,b\n", "y\n"
	for i, v := range r.x {
		x, y = x+fmt.Sprintf("%v,%v\n", v[0], v[1]), y+fmt.Sprintf("%v\n", r.y[i])
	}
	for name, text := range map[string]string{features: x, target: y} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

func made(n, w int) (r rows) {
	for i := range n {
		a, b := float64(i%7)/4, float64((i*5+w)%11)/8
		v, _ := strconv.ParseFloat(fmt.Sprintf("%.6f", 3*a-2*b+math.Sin(float64(i+10*w))), 64)
		r.x, r.y = append(r.x, [2]float64{a, b}), append(r.y, v)
	}
	return r
}

// leastSquares is the R2 on test of the least squares of train, by the normal equations.
func leastSquares(train, test rows) float64 {
	n := float64(len(train.y))
	var mean [2]float64
	var middle float64
	for i, v := range train.x {
		mean[0], mean[1], middle = mean[0]+v[0]/n, mean[1]+v[1]/n, middle+train.y[i]/n
	}
	var aa, ab, bb, ay, by float64
	for i, v := range train.x {
		a, b, y := v[0]-mean[0], v[1]-mean[1], train.y[i]-middle
		aa, ab, bb, ay, by = aa+a*a, ab+a*b, bb+b*b, ay+a*y, by+b*y
	}
	det := aa*bb - ab*ab
	wa, wb := (ay*bb-by*ab)/det, (by*aa-ay*ab)/det
	var truth, residual, total float64
	for _, y := range test.y {
		truth += y / float64(len(test.y))
	}
	for i, v := range test.x {
		e := test.y[i] - (middle + wa*(v[0]-mean[0]) + wb*(v[1]-mean[1]))
		residual, total = residual+e*e, total+(test.y[i]-truth)*(test.y[i]-truth)
	}
	return 1 - residual/total
}

// In one process the learner gives what the normal equations give; a parameter server, whose workers have the same rows, comes to the same
// model, and says how many steps and bytes that took.
func TestCompare(t *testing.T) {
	temp := t.TempDir()
	t.Setenv("TMPDIR", temp)
	p := projectOf(t, "learner: ridge\nparams: {alpha: 0}\nworkers:\n  - name: one\n  - name: two\n"+
		"parameter_server: {max_iter: 2000, learning_rate: constant, learning_rate_init: 0.1, n_iter_no_change: 0}\n")
	one, two, test := made(23, 0), made(31, 1), made(17, 2)
	files := t.TempDir()
	var dirs []string
	for _, r := range []rows{one, two} {
		dir, err := os.MkdirTemp(files, "")
		if err != nil {
			t.Fatal(err)
		}
		write(t, dir, "X_train.csv", "y_train.csv", r)
		dirs = append(dirs, dir)
	}
	write(t, files, "X_test.csv", "y_test.csv", test)
	tables, err := trial.Read(t.Context(), []string{"one", "two"}, dirs, dataio.Options{}, "")
	if err != nil {
		t.Fatal(err)
	}
	metric, err := trial.ParseMetric("", learner.Regression)
	if err != nil {
		t.Fatal(err)
	}
	ways, cannot := p.Ways(distribute.Names())
	told := 0
	report, err := p.Compare(t.Context(), ways, compare.NewRows(tables, false), compare.Options{
		HeldOut: &trial.Files{Features: filepath.Join(files, "X_test.csv"), Target: filepath.Join(files, "y_test.csv")}, Repeats: 1, Metric: metric,
		Progress: func(done, total int) { told += done*10 + total },
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := report.Failed(); err != nil {
		t.Fatal(err)
	}
	report.Cannot = cannot
	want := leastSquares(rows{append(one.x, two.x...), append(one.y, two.y...)}, test)
	for way, far := range map[string]float64{compare.Alone: 1e-9, "parameter-server": 1e-5} {
		if got := of(report, way).Metrics["r2"].Mean; math.Abs(got-want) > far {
			t.Errorf("%s has R2 %v, least squares %v", way, got, want)
		}
	}
	server := of(report, "parameter-server")
	if c := server.Cost; c.Steps < 2 || c.Down < int64(2*3*8*c.Steps) || c.Up < int64(2*3*8*c.Steps) || c.Between != 0 || c.Seconds <= 0 {
		t.Errorf("two workers have three parameters of 8 bytes each way, each step; counted: %+v", c)
	}
	if report.Rows != 54 || report.Test != 17 || report.Workers != 2 || of(report, compare.Alone).Workers != 1 || told != 10+20+30+40+4*4 {
		t.Errorf("%+v", report)
	}
	for name, write := range map[string]func(io.Writer) error{
		"one process": func(out io.Writer) error { return report.Write(out, true) },
		"not by pipeline: it cannot train ridge: it has no layers to cut": func(out io.Writer) error { return report.Write(out, false) },
		"parameter-server,1,2,54,":                                        report.WriteCSV,
		"<svg":                                                            func(out io.Writer) error { return report.Plot(out, "svg") },
	} {
		var b strings.Builder
		if err := write(&b); err != nil || !strings.Contains(b.String(), name) {
			t.Errorf("%v; no %q in %s", err, name, b.String())
		}
	}
	if left, err := os.ReadDir(temp); err != nil || len(left) > 0 {
		t.Errorf("%v is left in the temporary folder, %v", left, err)
	}
}

func of(r *compare.Report, way string) compare.Result {
	i := slices.IndexFunc(r.Results, func(w compare.Result) bool { return w.Way == way })
	if i < 0 {
		return compare.Result{}
	}
	return r.Results[i]
}

// Every kind that this program has is a way, or it is said why not.
func TestEveryKindIsAnswered(t *testing.T) {
	for _, info := range catalogue.Shipped().List() {
		if info.Has(registry.Layered) != info.Has(registry.Objective) {
			continue // a pipeline needs both
		}
		if !info.Task.Supervised() {
			continue // there is nothing to compare them by
		}
		ways, cannot := projectOf(t, "learner: "+info.Name+"\nworkers: 2\n").Ways(distribute.Names())
		able := map[string]bool{}
		for _, w := range ways {
			able[w.Name] = true
		}
		if len(ways)+len(cannot) != 1+len(distribute.Names()) || !able["aggregation"] ||
			able["parameter-server"] != info.Has(registry.Differentiable) || able["pipeline"] != info.Has(registry.Layered) ||
			able["summation"] != info.Has(registry.Summable) {
			t.Errorf("%s: by %v, not %v", info.Name, able, cannot)
		}
	}
}
