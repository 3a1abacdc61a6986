package exported_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/gochimera/chimera/api"
	"github.com/gochimera/chimera/cmd/chimera/internal/exported"
	_ "github.com/gochimera/chimera/cmd/chimera/internal/shipped"
	"github.com/gochimera/chimera/config"
	"github.com/gochimera/chimera/export"
	"github.com/gochimera/chimera/internal/catalogue"
	"github.com/gochimera/chimera/internal/foreign"
	"github.com/gochimera/chimera/masters"
	"github.com/gochimera/chimera/masters/cluster"
	"github.com/gochimera/chimera/models"
	"github.com/gochimera/chimera/registry"
	_ "github.com/gochimera/chimera/workers" // the workers' halves of all kinds
	"github.com/gochimera/chimera/workers/node"
)

// Rows have eighths in their columns, which float32 holds: so both sides see the same numbers.
const rows = 48

var columns = []string{"age", "height", "income"}

func cell(i, j int) float64 { return float64((i*(j+3)+j*j*5)%17)/8 + float64(i%5) - 2 }

// target is a class, or a number.
func target(i int, class bool) string {
	if class {
		if cell(i, 0)+cell(i, 1) > 1 {
			return "1"
		}
		return "0"
	}
	return fmt.Sprint(cell(i, 1)*2 - cell(i, 2))
}

// training are the rows of a worker, with columns in this order; town adds a column of texts and empty cells.
func training(worker int, order []int, class, town bool) string {
	var b strings.Builder
	for _, j := range order {
		b.WriteString(columns[j] + ",")
	}
	if town {
		b.WriteString("town,")
	}
	b.WriteString("y\n")
	for i := range rows {
		i += worker * 11
		for _, j := range order {
			if town && j == 1 && i%7 == 0 {
				b.WriteString(",")
				continue
			}
			fmt.Fprintf(&b, "%v,", cell(i, j))
		}
		if town {
			b.WriteString([]string{"ulm", "bonn", "kiel"}[i%3] + ",")
		}
		b.WriteString(target(i, class) + "\n")
	}
	return b.String()
}

// fit fits a project of two workers, and returns its store, its model and its master.
func fit(t *testing.T, text string, orders [2][]int, town bool) (*models.Store, *models.Manifest, http.Handler) {
	t.Helper()
	cfg, err := config.Parse("chimera.yaml", []byte(text), config.Options{Catalogue: catalogue.Shipped()})
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	cfg.Dir = dir
	store, err := models.Open(t.Context(), "", dir)
	if err == nil {
		err = store.Lock(t.Context())
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = store.Close() })
	shift := 1
	if cfg.Kind().SharesLayers {
		shift = 0 // stages have the same rows
	}
	var ends []cluster.Endpoint
	for i, c := range cfg.Workers {
		data := filepath.Join(dir, "data", c.Name)
		err := os.MkdirAll(data, 0o755)
		if err == nil {
			rows := training(i*shift, orders[i], strings.HasSuffix(c.Learner, "classifier") || c.Learner == "logistic-regression" || c.Learner == "gaussian-nb", town)
			err = os.WriteFile(filepath.Join(data, "train.csv"), []byte(rows), 0o600)
		}
		if err != nil {
			t.Fatal(err)
		}
		w, err := node.NewWorker(node.Spec{
			Name: c.Name, Role: cfg.Master.Role(), Learner: c.Learner, Params: c.Params.JSON(), Seed: c.Seed, Bootstrap: c.Bootstrap,
			Data: cfg.ReadingJSON(), ConfigHash: cfg.WorkerHash(i),
		}, registry.Default, node.Options{Data: data})
		if err == nil {
			err = w.Load(t.Context())
		}
		if err != nil {
			t.Fatal(err)
		}
		server := httptest.NewServer(w)
		t.Cleanup(server.Close)
		ends = append(ends, cluster.Endpoint{Name: c.Name, URL: server.URL})
	}
	of := map[string]masters.Master{"aggregation": masters.NewAggregation(), "parameter-server": masters.NewParameterServer(), "pipeline": masters.NewPipeline(),
		"summation": masters.NewSummation()}
	master, err := cluster.NewServer(of[string(cfg.Master)], cluster.Setup{Config: cfg, Workers: ends, Models: store})
	if err != nil {
		t.Fatal(err)
	}
	master.Start(t.Context())
	t.Cleanup(master.Close)
	post(t, master, api.PathsOf(string(cfg.Master)).Fit, "", nil)
	id, err := store.Serving(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	m, err := store.Get(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	return store, m, master
}

func post(t *testing.T, h http.Handler, path, body string, into any) {
	t.Helper()
	r := httptest.NewRequest(http.MethodPost, "http://localhost"+path, strings.NewReader(body))
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	if w.Code != http.StatusOK {
		t.Fatalf("%s: %d %s", path, w.Code, w.Body)
	}
	if into == nil {
		return
	}
	if err := json.Unmarshal(w.Body.Bytes(), into); err != nil {
		t.Fatal(err)
	}
}

// asked are rows that nobody was fitted to.
func asked(town bool) (numbers []float32, towns []string, body string) {
	var all [][]any
	for i := 200; i < 230; i++ {
		var row []any
		for j := range columns {
			numbers = append(numbers, float32(cell(i, j)))
			row = append(row, cell(i, j))
		}
		if town {
			towns = append(towns, []string{"kiel", "ulm"}[i%2])
			row = append(row, towns[len(towns)-1])
		}
		all = append(all, row)
	}
	names := columns
	if town {
		names = append(slices.Clone(columns), "town")
	}
	text, _ := json.Marshal(map[string]any{"X_pred_columns": names, "X_pred_rows": all})
	return numbers, towns, string(text)
}

var (
	same    = [2][]int{{0, 1, 2}, {0, 1, 2}}
	shifted = [2][]int{{0, 1, 2}, {2, 0, 1}} // the second worker's file has its columns in another order
)

// TestExportedModelsAnswerAsTheMaster fits, exports, and compares what other programs predict with what the master answers: the number, or the
// probability of the second class.
func TestExportedModelsAnswerAsTheMaster(t *testing.T) {
	t.Parallel()
	var xgboost, onnx []trial
	for _, c := range []struct {
		name, yaml string
		orders     [2][]int
		town       bool
		formats    string
	}{
		{"mean of trees", "learner: tree-classifier\nparams: {max_depth: 3}\nbootstrap: true", shifted, false, "xgboost onnx"},
		{"weighted forests", "learner: forest-regressor\nparams: {n_estimators: 3}\naggregation: {combine: weighted}\n" +
			"workers: [{name: w1, weight: 1}, {name: w2, weight: 2.5}]", shifted, false, "xgboost onnx"},
		{"vote of linear models", "learner: logistic-regression\naggregation: {combine: vote}", shifted, false, "onnx"},
		{"one of several", "workers: [{name: w1, learner: tree-classifier}, {name: w2, learner: logistic-regression}]", same, false, "onnx"},
		{"texts", "learner: tree-classifier\nparams: {max_depth: 3}", same, true, "onnx"},
		{"parameter server, scaled", "master: parameter-server\nlearner: sgd-regressor\nparameter_server: {max_iter: 5}", same, false, "onnx"},
		{"parameter server, network", "master: parameter-server\nlearner: mlp-classifier\nparameter_server: {max_iter: 3}", same, false, "onnx"},
		{"pipeline", "master: pipeline\nlearner: mlp-classifier\nparams: {hidden_layer_sizes: [7, 5]}\npipeline: {max_iter: 3}", same, false, "onnx"},
		{"summation, boosting of two classes", "master: summation\nlearner: boosting-classifier\nparams: {max_iter: 5, min_samples_leaf: 5}", shifted, false,
			"xgboost onnx"},
		{"summation, boosting", "master: summation\nlearner: boosting-regressor\nparams: {max_iter: 5, min_samples_leaf: 5}", same, false, "xgboost onnx"},
		{"summation, texts", "master: summation\nlearner: boosting-classifier\nparams: {max_iter: 5, min_samples_leaf: 5}", same, true, "onnx"},
		{"summation, linear", "master: summation\nlearner: ridge", same, false, "onnx"},
		{"pipeline, regression", "master: pipeline\nlearner: mlp-regressor\npipeline: {max_iter: 3}", same, false, "onnx"},
	} {
		text := "seed: 5\ntarget: y\n" + c.yaml
		if !strings.Contains(text, "workers:") {
			text += "\nworkers: 2"
		}
		store, m, master := fit(t, text, c.orders, c.town)
		numbers, towns, body := asked(c.town)
		one := trial{name: c.name, columns: len(columns), x: numbers, towns: towns}
		var answer struct {
			Y     []any       `json:"y_pred_rows"` // numbers, or labels
			Proba [][]float64 `json:"y_pred_proba"`
		}
		post(t, master, api.PathsOf(m.Kind).Predict, body, &answer)
		for i, y := range answer.Y {
			if v, number := y.(float64); number && answer.Proba == nil {
				one.want = append(one.want, v)
			} else {
				one.want = append(one.want, answer.Proba[i][1])
			}
		}
		model, err := exported.Model(t.Context(), store, m)
		if err != nil {
			t.Fatalf("%s: %v", c.name, err)
		}
		one.classes = len(model.Classes)
		if least, most := slices.Min(one.want), slices.Max(one.want); len(one.want) != 30 || least == most {
			t.Errorf("%s: the master answers nothing but %v", c.name, least)
		}
		for name := range strings.FieldsSeq(c.formats) {
			format, err := exported.FormatOf(name)
			var file bytes.Buffer
			if err == nil {
				err = format.Write(&file, model, false)
			}
			if err != nil {
				t.Fatalf("%s: %v", c.name, err)
			}
			one.model = file.Bytes()
			if name == "onnx" {
				onnx = append(onnx, one)
			} else {
				xgboost = append(xgboost, one)
			}
		}
	}
	t.Run("xgboost", func(t *testing.T) { inXGBoost(t, xgboost) })
	t.Run("onnx", func(t *testing.T) { inONNXRuntime(t, onnx) })
}

type trial struct {
	name    string
	model   []byte
	columns int
	classes int
	x       []float32
	towns   []string
	want    []float64
}

func (tt trial) check(t *testing.T, got []float64) {
	t.Helper()
	if len(got) != len(tt.want) {
		t.Fatalf("%s: %d answers, want %d", tt.name, len(got), len(tt.want))
	}
	for i, v := range got {
		if !(math.Abs(v-tt.want[i]) <= 1e-6*max(1, math.Abs(tt.want[i]))) {
			t.Fatalf("%s: row %d: %v, and the master answers %v", tt.name, i, v, tt.want[i])
		}
	}
}

func inXGBoost(t *testing.T, all []trial) {
	t.Helper()
	python := foreign.NewPython(t, "xgboost")
	for _, tt := range all {
		x := make([]float64, len(tt.x))
		for i, v := range tt.x {
			x[i] = float64(v)
		}
		out := filepath.Join(t.TempDir(), "y")
		python.Run(t, `
import sys, numpy, xgboost
booster = xgboost.Booster(model_file=sys.argv[1])
x = numpy.fromfile(sys.argv[2], dtype='<f8').reshape(-1, len(booster.feature_names))
booster.predict(xgboost.DMatrix(x, feature_names=booster.feature_names)).astype('<f8').tofile(sys.argv[3])
`, foreign.WriteFile(t, "model.json", tt.model), foreign.WriteFloats(t, "x", x), out)
		tt.check(t, foreign.ReadFloats(t, out))
	}
}

func inONNXRuntime(t *testing.T, all []trial) {
	t.Helper()
	var jobs []foreign.Job
	for _, tt := range all {
		n := int64(len(tt.want))
		job := foreign.Job{Model: tt.model, Inputs: []foreign.Tensor{{Name: "X", Shape: []int64{n, int64(tt.columns)}, Float32s: tt.x}}}
		if tt.towns != nil {
			job.Inputs = []foreign.Tensor{{Name: "town", Shape: []int64{n, 1}, Texts: tt.towns}}
			for j, name := range columns {
				one := foreign.Tensor{Name: name, Shape: []int64{n, 1}}
				for i := range int(n) {
					one.Float32s = append(one.Float32s, tt.x[i*len(columns)+j])
				}
				job.Inputs = append(job.Inputs, one)
			}
		}
		jobs = append(jobs, job)
	}
	answers := foreign.Compute(t, filepath.Join("..", "..", "..", "..", "export", "onnx", "onnxruntime"), jobs)
	for i, tt := range all {
		name := "value"
		if tt.classes > 0 {
			name = "probabilities"
		}
		var got []float64
		for k, v := range answers[i].Output(t, name).Float32s {
			if tt.classes == 0 || k%tt.classes == 1 {
				got = append(got, float64(v))
			}
		}
		tt.check(t, got)
	}
}

// What cannot be exported is refused, with the member and the reason.
func TestWhatCannotBeExported(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, yaml, format, want string }{
		{"nearest neighbours", "learner: knn-classifier", "onnx", "worker1 (knn-classifier) cannot be exported: its learner hands out neither trees nor"},
		{"median", "learner: tree-regressor\naggregation: {combine: median}", "onnx", "combined by median, which no format knows"},
		{"linear models for XGBoost", "learner: logistic-regression", "xgboost", "worker1"},
		{"what has no trees and no coefficients", "master: summation\nlearner: gaussian-nb", "onnx",
			"master (gaussian-nb) cannot be exported: its learner hands out neither trees nor"},
		{"votes for XGBoost", "learner: tree-classifier\naggregation: {combine: vote}", "xgboost", "a vote is no sum of trees"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			store, m, _ := fit(t, "seed: 5\nworkers: 2\ntarget: y\n"+c.yaml, same, false)
			model, err := exported.Model(t.Context(), store, m)
			var file bytes.Buffer
			if err == nil {
				var format exported.Format
				if format, err = exported.FormatOf(c.format); err == nil {
					err = format.Write(&file, model, false)
				}
			}
			if refused := new(export.Error); !errors.As(err, &refused) || !strings.Contains(err.Error(), c.want) || file.Len() > 0 {
				t.Errorf("%v, want %s", err, c.want)
			}
		})
	}
}

// A part that is not what the manifest announces, or not stored, is refused by its worker's name.
func TestPartsThatCannotBeUsed(t *testing.T) {
	t.Parallel()
	store, m, _ := fit(t, "seed: 5\nworkers: 2\ntarget: y\nlearner: tree-classifier", same, false)
	export := func(change func(m *models.Manifest)) error {
		t.Helper()
		text, err := m.Encode()
		if err != nil {
			t.Fatal(err)
		}
		other, err := models.DecodeManifest(text)
		if err != nil {
			t.Fatal(err)
		}
		change(other)
		_, err = exported.Model(t.Context(), store, other)
		return err
	}
	for _, c := range []struct {
		want   string
		change func(m *models.Manifest)
	}{
		{"worker2 cannot be exported: nothing is stored of it: its learner has no snapshots", func(m *models.Manifest) {
			m.Parts[1] = models.Part{Name: "worker2", Refit: "its learner has no snapshots"}
		}},
		{"worker worker1 is of the learner \"golearn-tree\", which this command line does not link", func(m *models.Manifest) {
			m.Workers[0].Learner = "golearn-tree"
		}},
		{"did not say how its answers are made", func(m *models.Manifest) { m.Config = "" }},
		{"its classes, or their order, are not the model's", func(m *models.Manifest) { slices.Reverse(m.Model.Classes) }},
		{"its workers are not those", func(m *models.Manifest) { slices.Reverse(m.Workers) }},
		{"of the kind gossip, whose stored parts are not known", func(m *models.Manifest) { m.Kind = "gossip" }},
		{"it sees the features", func(m *models.Manifest) { m.Model.Features = []string{"age", "height", "wealth"} }},
	} {
		if err := export(c.change); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%v, want %s", err, c.want)
		}
	}
	if err := export(func(*models.Manifest) {}); err != nil {
		t.Errorf("unchanged: %v", err)
	}
	path := filepath.Join(store.Locate(m.ID), "parts", "worker1")
	text, err := os.ReadFile(path)
	if err == nil {
		text[len(text)/2]++
		err = os.WriteFile(path, text, 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
	var damaged *models.DamagedError
	if err := export(func(*models.Manifest) {}); !errors.As(err, &damaged) || !strings.Contains(damaged.File, "worker1") {
		t.Errorf("a changed byte: %v", err)
	}
}
