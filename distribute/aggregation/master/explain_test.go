package master_test

import (
	"encoding/json"
	"fmt"
	"math"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"gonum.org/v1/gonum/mat"

	"github.com/gochimera/chimera/api"
	"github.com/gochimera/chimera/distribute/aggregation"
	"github.com/gochimera/chimera/distribute/aggregation/master"
	"github.com/gochimera/chimera/internal/mastertest"
	"github.com/gochimera/chimera/internal/testdata"
	"github.com/gochimera/chimera/learner"
	"github.com/gochimera/chimera/registry"
	"github.com/gochimera/chimera/workers"
)

// shardOf are rows as a worker's files, their columns in the given order.
func shardOf(d learner.Dataset, order ...int) mastertest.Shard {
	var x, y strings.Builder
	for k, j := range order {
		if k > 0 {
			x.WriteString(",")
		}
		x.WriteString(d.Features[j])
	}
	x.WriteString("\n")
	y.WriteString("target\n")
	for i := range d.Len() {
		row := make([]float64, len(order))
		for k, j := range order {
			row[k] = d.X.At(i, j)
		}
		x.WriteString(mastertest.Numbers(row) + "\n")
		target := mastertest.Numbers(d.Y[i : i+1])
		if d.Classes != nil {
			target = string(d.Classes[int(d.Y[i])])
		}
		y.WriteString(target + "\n")
	}
	return mastertest.Shard{X: x.String(), Y: y.String()}
}

// addWorker starts a worker with a learner and rows.
func addWorker(t *testing.T, c *mastertest.Cluster, spec workers.Spec, shard mastertest.Shard) {
	t.Helper()
	dir := t.TempDir()
	mastertest.Write(t, filepath.Join(dir, "X_train.csv"), shard.X)
	mastertest.Write(t, filepath.Join(dir, "y_train.csv"), shard.Y)
	spec.Name, spec.Role, spec.Project = fmt.Sprintf("w%d", len(c.Workers)+1), workers.ModelRole, "test"
	c.Add(spec.Name, mastertest.Made(t, spec, registry.Default, dir))
}

// half are every second row.
func half(d learner.Dataset, from int) learner.Dataset {
	var rows []int
	for i := from; i < d.Len(); i += 2 {
		rows = append(rows, i)
	}
	return d.Select(rows)
}

// inOrder are rows with their columns in another order.
func inOrder(d learner.Dataset, order []int) learner.Dataset {
	out := learner.Dataset{Schema: learner.Schema{Classes: d.Classes}, X: mat.NewDense(d.Len(), len(order), nil), Y: d.Y}
	for k, j := range order {
		out.Features = append(out.Features, d.Features[j])
		out.X.SetCol(k, mat.Col(nil, j, d.X))
	}
	return out
}

// The importances of a worker are those of its learner, in the model's order whatever that of its file is, and the answer is their mean.
func TestImportancesAreTheMeanOfTheWorkers(t *testing.T) {
	train, _ := testdata.Load(t, "iris")
	one, two := half(train, 0), half(train, 1)
	orders := [][]int{{0, 1, 2, 3}, {3, 1, 0, 2}}
	c := mastertest.Start(t, master.New(), registry.Default, "tree-classifier", "", shardOf(one, orders[0]...), shardOf(two, orders[1]...))
	fit := c.Fit()
	got := mastertest.Decode[api.Importances](t, get(t, c, api.PathImportances))
	var want [][]float64
	for i, d := range []learner.Dataset{one, two} {
		m, err := registry.Default.New("tree-classifier", nil, learner.Env{Seed: learner.Seed(uint64(i), "learner")})
		if err == nil {
			err = m.Fit(t.Context(), inOrder(d, orders[i]))
		}
		if err != nil {
			t.Fatal(err)
		}
		in := make([]float64, 4)
		for k, v := range m.(learner.Importancer).FeatureImportances() {
			in[orders[i][k]] = v
		}
		want = append(want, in)
	}
	if len(got.Workers) != 2 || got.FitID != fit.FitID || len(got.Features) != 4 || len(got.Columns) != 4 {
		t.Fatalf("%+v", got)
	}
	var sum float64
	for j, f := range got.Features {
		if math.Abs(f.Importance-(want[0][j]+want[1][j])/2) > 1e-12 || f.Feature != train.Features[j] || f.Column != f.Feature ||
			got.Columns[j].Importance != f.Importance {
			t.Errorf("%+v, want the mean of %v and %v", f, want[0][j], want[1][j])
		}
		for i, w := range got.Workers {
			if math.Abs(w.Importances[j]-want[i][j]) > 1e-12 || w.Weight != 1 {
				t.Errorf("%s: %+v, want %v", f.Feature, w, want[i])
			}
		}
		sum += f.Importance
	}
	if math.Abs(sum-1) > 1e-12 {
		t.Errorf("they sum to %v", sum)
	}
}

// Of prepared rows, importances are those of what the preparation makes, and summed for each column as it comes.
func TestImportancesOfPreparedRows(t *testing.T) {
	rows, targets := mastertest.Mixed(120, true)
	c := mastertest.Start(t, master.New(), registry.Default, "tree-classifier", "prepare: {encode: one-hot}\naggregation: {combine: weighted}\n",
		mastertest.MixedShards(rows, targets, 2)...)
	c.Fit()
	got := mastertest.Decode[api.Importances](t, get(t, c, api.PathImportances))
	sums, total := map[string]float64{}, 0.0
	for _, f := range got.Features {
		if f.Column != strings.SplitN(f.Feature, "=", 2)[0] {
			t.Errorf("%+v", f)
		}
		sums[f.Column] += f.Importance
		total += f.Importance
	}
	if len(got.Features) != 7 || len(got.Columns) != 4 || math.Abs(total-1) > 1e-12 { // three numbers and four colours
		t.Errorf("%+v", got)
	}
	for k, one := range got.Columns {
		if one.Column != mastertest.MixedColumns[k] || math.Abs(one.Importance-sums[one.Column]) > 1e-12 || one.Importance <= 0 {
			t.Errorf("%+v, want %v", one, sums)
		}
	}
}

// Components of an approximated kernel belong to no column: importances of columns are not to be had of the learners, but of answers.
func TestImportancesOfAKernel(t *testing.T) {
	rows, targets := mastertest.Mixed(120, true)
	c := mastertest.Start(t, master.New(), registry.Default, "tree-classifier", "prepare: {kernel_approximation: nystroem, n_components: 9}\n",
		mastertest.MixedShards(rows, targets, 2)...)
	c.Fit()
	status, body := c.Send(http.MethodGet, api.PathImportances, "", "")
	if p := mastertest.Decode[api.Problem](t, body); status != http.StatusConflict || !strings.Contains(p.Detail, "belong to no column") ||
		!strings.Contains(p.Detail, api.PathPermutationImportance) {
		t.Errorf("%d %s", status, body)
	}
}

// Workers whose learners do not tell are named, with what to ask instead; so are those that are down, and those of the Python package.
func TestWorkersThatDoNotTellAreNamed(t *testing.T) {
	train, _ := testdata.Load(t, "iris")
	shards := []mastertest.Shard{shardOf(half(train, 0), 0, 1, 2, 3), shardOf(half(train, 1), 0, 1, 2, 3)}
	c := mastertest.New(t, master.New())
	names := []string{"tree-classifier", "logistic-regression", "knn-classifier"}
	list := "workers:\n"
	for i, name := range names {
		addWorker(t, c, workers.Spec{Learner: name}, shards[i%2])
		list += fmt.Sprintf("  - {name: w%d, learner: %s}\n", i+1, name)
	}
	c.Serve(list+"aggregation: {quorum: 2}\n", registry.Default)
	c.Fit()
	problem := func(path string) api.Problem {
		status, body := c.Send(http.MethodGet, path, "", "")
		p := mastertest.Decode[api.Problem](t, body)
		if status != http.StatusConflict || p.Code != api.CodeNotExplained {
			t.Fatalf("%s: %d %s", path, status, body)
		}
		return p
	}
	p := problem(api.PathImportances)
	if len(p.Workers) != 2 || p.Workers[0].Worker != "w2" || p.Workers[1].Worker != "w3" ||
		!strings.Contains(p.Workers[1].Reason, "knn-classifier has no feature importances") ||
		!strings.Contains(p.Detail, api.PathPermutationImportance) {
		t.Errorf("%+v", p)
	}
	if p := problem(api.PathOutOfBag); !strings.Contains(p.Detail, "bootstrap: true") {
		t.Errorf("%+v", p)
	}
	got := mastertest.Decode[api.LinearCoefficients](t, get(t, c, api.PathLinearCoefficients))
	if len(got.Workers) != 1 || got.Workers[0].Worker != "w2" || got.Model != nil || len(got.Failures) != 2 ||
		got.Failures[1].Worker != "w3" || len(got.Outputs) != 3 {
		t.Errorf("%+v", got)
	}
	c.Workers[1].Kill()
	p = problem(api.PathLinearCoefficients)
	if len(p.Workers) != 2 || p.Workers[0].Worker != "w1" {
		t.Errorf("%+v", p)
	}
	c.Workers[0].Kill()
	status, body := c.Send(http.MethodGet, api.PathImportances, "", "")
	if p := mastertest.Decode[api.Problem](t, body); status != http.StatusBadGateway || len(p.Workers) != 2 || !strings.Contains(p.Detail, "quorum") {
		t.Errorf("%d %s", status, body)
	}
}

func TestAPythonWorkerDoesNotTell(t *testing.T) {
	ours := mastertest.Start(t, master.New(), registry.Default, "ridge", "", mastertest.Shard{X: "a,b\n0,100\n0,300\n4,100\n4,300\n", Y: "target\n1\n3\n5\n11\n"})
	c := mastertest.New(t, master.New())
	c.Workers = ours.Workers
	c.Add("p1", func() http.Handler { return &adding{} })
	c.Serve("workers:\n  - {name: w1, learner: ridge}\n  - {name: p1, learner: ridge}\n", registry.Default)
	c.Fit()
	got := mastertest.Decode[api.LinearCoefficients](t, get(t, c, api.PathLinearCoefficients))
	if len(got.Workers) != 1 || got.Model != nil || len(got.Failures) != 1 || got.Failures[0].Worker != "p1" ||
		!strings.Contains(got.Failures[0].Reason, "Python package") {
		t.Errorf("%+v", got)
	}
	// What predicts can be explained: the Python worker answers a + 10 b.
	body := `{"X_pred_columns":["a","b"],"X_pred_rows":[[1,2],[3,4],[5,7]],"y_true":[1,2,3]`
	for path, more := range map[string]string{api.PathPermutationImportance: `}`, api.PathPartialDependence: `,"column":"b"}`} {
		if status, answer := c.Post(path, body+more); status != http.StatusOK || !strings.Contains(answer, `"p1"`) {
			t.Errorf("%s: %d %s", path, status, answer)
		}
	}
}

// The coefficients of one worker are scikit-learn's; testdata/linear.py in package explain makes them.
func TestCoefficientsAreThoseOfScikitLearn(t *testing.T) {
	text, err := os.ReadFile("../../../explain/testdata/linear.json")
	if err != nil {
		t.Fatal(err)
	}
	var cases []struct {
		Set, Learner string
		Columns      []string
		api.LinearModel
	}
	if err := json.Unmarshal(text, &cases); err != nil || len(cases) != 3 {
		t.Fatal(err, len(cases))
	}
	for _, want := range cases {
		t.Run(want.Set, func(t *testing.T) {
			train, _ := testdata.Load(t, want.Set)
			train.Features = want.Columns
			params := map[string]string{"ridge": "{}", "logistic-regression": `{"tol": 1e-9, "max_iter": 1000}`}[want.Learner]
			order := make([]int, len(train.Features))
			for j := range order {
				order[j] = len(order) - 1 - j
			}
			c := mastertest.New(t, master.New())
			addWorker(t, c, workers.Spec{Learner: want.Learner, Params: params}, shardOf(train, order...))
			c.Serve(fmt.Sprintf("workers:\n  - {name: w1, learner: %s, params: %s}\n", want.Learner, params), registry.Default)
			c.Fit()
			got := mastertest.Decode[api.LinearCoefficients](t, get(t, c, api.PathLinearCoefficients))
			if len(got.Features) != len(order) || got.Features[0].Column != want.Columns[len(order)-1] || got.Model == nil {
				t.Fatalf("%+v", got)
			}
			if diff := cmp.Diff(*got.Model, got.Workers[0].LinearModel, cmpopts.EquateApprox(1e-12, 0)); diff != "" {
				t.Errorf("the mean of one worker: %s", diff)
			}
			for _, lines := range [][]api.Floats{got.Model.Coef, got.Model.OriginalCoef} { // the file has its columns the other way round
				for _, line := range lines {
					slices.Reverse(line)
				}
			}
			if diff := cmp.Diff(want.LinearModel, *got.Model, cmpopts.EquateApprox(1e-6, 1e-7)); diff != "" {
				t.Errorf("-want +got\n%s", diff)
			}
		})
	}
}

// The mean of linear regressors, on the scale of the columns, is what the master predicts: with categories, missing cells and weights.
func TestTheMeanModelPredictsWhatTheMasterDoes(t *testing.T) {
	rows, targets := mastertest.Mixed(150, false)
	for _, combine := range []string{"mean", "weighted"} {
		c := mastertest.New(t, master.New())
		c.Workers = mastertest.Start(t, master.New(), registry.Default, "ridge", "", mastertest.MixedShards(rows, targets, 3)...).Workers
		c.Serve("workers:\n  - {name: w1, learner: ridge}\n  - {name: w2, learner: ridge, weight: 3}\n  - {name: w3, learner: ridge, weight: 0.5}\n"+
			"aggregation: {combine: "+combine+"}\n", registry.Default)
		c.Fit()
		got := mastertest.Decode[api.LinearCoefficients](t, get(t, c, api.PathLinearCoefficients))
		if got.Model == nil || got.Model.OriginalCoef == nil || len(got.Workers) != 3 || got.Outputs != nil {
			t.Fatalf("%+v", got)
		}
		y := c.Predict(mastertest.MixedRequest(rows)).Y.Values
		compared := 0
		for i, row := range rows {
			if slices.Contains(row, nil) {
				continue // which number it becomes is not in the answer
			}
			want := got.Model.OriginalIntercept[0]
			for j, f := range got.Features {
				k := slices.Index(mastertest.MixedColumns, f.Column)
				v, number := row[k].(float64)
				if f.Feature == fmt.Sprintf("%s=%v", f.Column, row[k]) || row[k] == true {
					v = 1
				} else if !number {
					v = 0
				}
				want += got.Model.OriginalCoef[0][j] * v
			}
			if math.Abs(want-y[i]) > 1e-9 {
				t.Errorf("%s, row %d: %v, the master predicts %v", combine, i, want, y[i])
			}
			compared++
		}
		if compared < 60 {
			t.Errorf("only %d rows were compared", compared)
		}
	}
}

// Partial dependence over HTTP is scikit-learn's, of the same model.
func TestDependenceIsThatOfScikitLearn(t *testing.T) {
	text, err := os.ReadFile("../../../explain/testdata/explain.json")
	if err != nil {
		t.Fatal(err)
	}
	var cases []struct {
		Set         string
		Importances []struct {
			Scoring  string
			Baseline float64
		}
		Dependences []struct {
			Column      string
			Resolution  int
			Percentiles []float64
			Values      []float64
			Average     [][]float64
		}
	}
	if err := json.Unmarshal(text, &cases); err != nil || cases[0].Set != "diabetes" {
		t.Fatal(err)
	}
	train, test := testdata.Load(t, "diabetes")
	c := mastertest.Start(t, master.New(), registry.Default, "linear-regression", "", shardOf(train, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9))
	c.Fit()
	body := strings.TrimSuffix(mastertest.Request(test), "}")
	for _, want := range cases[0].Dependences {
		fields := fmt.Sprintf(`,"column":%q,"grid_resolution":%d,"percentiles":[%v,%v]}`, want.Column, want.Resolution, want.Percentiles[0], want.Percentiles[1])
		status, answer := c.Post(api.PathPartialDependence, body+fields)
		if status != http.StatusOK {
			t.Fatal(answer)
		}
		got := mastertest.Decode[api.PartialDependence](t, answer)
		if diff := cmp.Diff(want.Values, []float64(got.Values), cmpopts.EquateApprox(1e-9, 1e-12)); diff != "" {
			t.Errorf("%s: -want +got\n%s", want.Column, diff)
		}
		if diff := cmp.Diff(want.Average[0], []float64(got.Average[0]), cmpopts.EquateApprox(1e-9, 0)); diff != "" {
			t.Errorf("%s: -want +got\n%s", want.Column, diff)
		}
	}
	status, answer := c.Post(api.PathPermutationImportance, body+`,"metric":"mse","y_true":[`+mastertest.Numbers(test.Y)+`]}`)
	if status != http.StatusOK {
		t.Fatal(answer)
	}
	got := mastertest.Decode[api.PermutationImportances](t, answer)
	if want := -cases[0].Importances[1].Baseline; math.Abs(got.Baseline-want) > 1e-6 || got.Metric != "mean_squared_error" {
		t.Errorf("baseline %v, want %v", got.Baseline, want)
	}
}

// A column of texts takes each category of the rows, one after the other.
func TestDependenceOnCategories(t *testing.T) {
	rows, targets := mastertest.Mixed(140, true)
	c := mastertest.Start(t, master.New(), registry.Default, "logistic-regression", "prepare: {drop: [member]}\n", mastertest.MixedShards(rows, targets, 3)...)
	c.Fit()
	c.CheckDocument("age", "colour", "size")
	body := strings.TrimSuffix(mastertest.MixedRequest(rows[:30]), "}")
	status, answer := c.Post(api.PathPartialDependence, body+`,"column":"colour"}`)
	got := mastertest.Decode[api.PartialDependence](t, answer)
	if status != http.StatusOK || got.Kind != "categorical" || len(got.Categories) != 3 || len(got.Average) != 2 || len(got.Notes) != 1 {
		t.Fatalf("%d %s", status, answer)
	}
	for k, label := range got.Categories {
		changed := make([][]any, 30)
		for i := range changed {
			changed[i] = slices.Clone(rows[i])
			changed[i][1] = string(label)
		}
		p := c.Predict(mastertest.MixedRequest(changed))
		var no, yes float64
		for i := range changed {
			no, yes = no+p.Proba.At(i, 0)/30, yes+p.Proba.At(i, 1)/30
		}
		if math.Abs(got.Average[0][k]-no) > 1e-12 || math.Abs(got.Average[1][k]-yes) > 1e-12 {
			t.Errorf("%s: %v %v, want %v %v", label, got.Average[0][k], got.Average[1][k], no, yes)
		}
	}
	if p := c.Problem(api.PathPartialDependence, body+`,"column":"member"}`, http.StatusUnprocessableEntity); !strings.Contains(p.Detail, "dropped") {
		t.Errorf("%+v", p)
	}
	status, answer = c.Post(api.PathPermutationImportance, body+`,"y_true":["`+strings.Join(targets[:30], `","`)+`"]}`)
	importances := mastertest.Decode[api.PermutationImportances](t, answer)
	if status != http.StatusOK || len(importances.Columns) != 3 || importances.Columns[1].Column != "colour" {
		t.Errorf("%d %s", status, answer)
	}
}

// Out-of-bag scores can be read as long as the workers have the model.
func TestOutOfBagScoresStay(t *testing.T) {
	train, _ := testdata.Load(t, "iris")
	c := mastertest.New(t, master.New())
	addWorker(t, c, workers.Spec{Learner: "tree-classifier", Bootstrap: true}, shardOf(half(train, 0), 0, 1, 2, 3))
	addWorker(t, c, workers.Spec{Learner: "tree-classifier"}, shardOf(half(train, 1), 0, 1, 2, 3))
	c.Serve("learner: tree-classifier\nworkers:\n  - {name: w1, bootstrap: true}\n  - {name: w2}\naggregation: {quorum: 2}\n", registry.Default)
	want := c.Fit()
	got := mastertest.Decode[api.OutOfBagScores](t, get(t, c, api.PathOutOfBag))
	if len(got.Workers) != 2 || got.FitID != want.FitID || got.Workers[0].OutOfBag == nil || *got.Workers[0].OutOfBag != *want.Workers[0].OutOfBag ||
		got.Workers[1].OutOfBag != nil {
		t.Errorf("%+v, want %+v", got, want.Workers[0].OutOfBag)
	}
	for says, lie := range map[string]func(a *aggregation.ExplainAnswer){
		"out-of-bag accuracy is 1.5": func(a *aggregation.ExplainAnswer) {
			a.OutOfBag = &api.OutOfBag{Metric: "accuracy", Score: 1.5, Rows: 10}
		},
		"model of fit": func(a *aggregation.ExplainAnswer) { a.FitID = "another" },
		"features":     func(a *aggregation.ExplainAnswer) { a.Features[0] = "invented" },
	} {
		mastertest.LieAt(t, c.Workers[0], aggregation.PathExplain, lie)
		status, body := c.Send(http.MethodGet, api.PathOutOfBag, "", "")
		if p := mastertest.Decode[api.Problem](t, body); status != http.StatusBadGateway || len(p.Workers) != 1 || !strings.Contains(p.Detail, says) {
			t.Errorf("%s: %d %s", says, status, body)
		}
	}
}
