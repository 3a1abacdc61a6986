package master_test

import (
	"encoding/json"
	"io"
	"math"
	"net/http"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/gochimera/chimera/api"
	"github.com/gochimera/chimera/distribute/aggregation"
	"github.com/gochimera/chimera/distribute/aggregation/master"
	"github.com/gochimera/chimera/internal/mastertest"
	"github.com/gochimera/chimera/registry"
)

// adding is a worker of the Python package that predicts a row's sum of a and 10 b, and keeps what it was asked.
type adding struct{ asked atomic.Pointer[string] }

func (p *adding) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "application/json")
	switch r.URL.Path {
	case aggregation.PathFit:
		_, _ = io.WriteString(w, `{"fit":"ok"}`)
	case aggregation.PathPredict:
		text, _ := io.ReadAll(r.Body)
		asked := string(text)
		p.asked.Store(&asked)
		var body struct {
			Columns []string    `json:"X_pred_columns"`
			Rows    [][]float64 `json:"X_pred_rows"`
		}
		if err := json.Unmarshal(text, &body); err != nil {
			http.Error(w, `{"message":"`+err.Error()+`"}`, http.StatusInternalServerError)
			return
		}
		a, b, sums := slices.Index(body.Columns, "a"), slices.Index(body.Columns, "b"), []float64{}
		for _, row := range body.Rows {
			sums = append(sums, row[a]+10*row[b])
		}
		_ = json.NewEncoder(w).Encode(map[string]any{"y_pred_rows": sums})
	default:
		w.WriteHeader(http.StatusNotFound)
		_, _ = io.WriteString(w, `{"detail":"Not Found"}`)
	}
}

// A worker of the Python package gets its rows as they are, beside one of ours whose rows are scaled: each predicts on what it was fitted on.
func TestPythonWorkerBesidePreparedRows(t *testing.T) {
	// Ridge on one scale, in closed form: a is -1, -1, 1, 1 and b is -1, 1, -1, 1 when they are scaled, so that each slope is its sum of products
	// divided by 4 + alpha.
	ours := mastertest.Start(t, master.New(), registry.Default, "ridge", "", mastertest.Shard{X: "a,b\n0,100\n0,300\n4,100\n4,300\n", Y: "target\n1\n3\n5\n11\n"})
	python := &adding{}
	c := mastertest.New(t, master.New())
	c.Workers = ours.Workers
	c.Add("p1", func() http.Handler { return python })
	c.Serve("workers:\n  - {name: w1, learner: ridge}\n  - {name: p1, learner: ridge}\n", registry.Default)
	fit := c.Fit()
	if done := prepared(t, fit); len(fit.Failures) > 0 || !strings.Contains(done, "(x - 2) / 2") || !strings.Contains(done, "(x - 200) / 100") {
		t.Fatalf("%+v", fit)
	}
	answer := c.Predict(`{"X_pred_columns":["b","id","a"],"X_pred_rows":[[100,7,4],[400,8,1]]}`)
	at := func(a, b float64) float64 {
		direct := 5 + 12.0/5*(a-2)/2 + 8.0/5*(b-200)/100
		return (direct + a + 10*b) / 2
	}
	for i, want := range []float64{at(4, 100), at(1, 400)} {
		if math.Abs(answer.Y.Values[i]-want) > 1e-9 {
			t.Errorf("row %d is %v, want %v", i, answer.Y.Values[i], want)
		}
	}
	if asked := *python.asked.Load(); strings.Contains(asked, "id") || !strings.Contains(asked, "100") || len(answer.Notes) != 1 {
		t.Errorf("the Python worker was asked %s; notes %q", asked, answer.Notes)
	}
}

// A master of the Python package that has a worker of ours fit rows with texts, or predict some, is told what is wrong.
func TestPythonMasterAndTexts(t *testing.T) {
	rows, targets := mastertest.Mixed(40, true)
	c := mastertest.Start(t, master.New(), registry.Default, "tree-classifier", "", mastertest.MixedShard(rows, targets, 0, 40))
	ask := func(path, body string) (int, api.Problem) {
		t.Helper()
		e := mastertest.Exchange{Node: "worker1", Method: http.MethodPost, Path: path, Body: body}
		res, raw := c.Ask(t, e)
		return res.StatusCode, mastertest.Decode[api.Problem](t, string(raw))
	}
	status, p := ask(aggregation.PathFit, "")
	if status != http.StatusUnprocessableEntity || p.Code != api.CodeUnusableData || !strings.Contains(p.Detail, "its column colour has texts, such as") ||
		!strings.Contains(p.Detail, "prepare: auto") || p.Message == "" || p.Details.ErrorMessage == "" {
		t.Errorf("fit: %d %+v", status, p)
	}
	numbers := mastertest.Start(t, master.New(), registry.Default, "tree-classifier", "", mastertest.Shard{X: "a,b\n1,2\n3,4\n", Y: "target\nno\nyes\n"})
	c = numbers
	if res, raw := c.Ask(t, mastertest.Exchange{Node: "worker1", Method: http.MethodPost, Path: aggregation.PathFit}); res.StatusCode != http.StatusOK {
		t.Fatalf("%d %s", res.StatusCode, raw)
	}
	status, p = ask(aggregation.PathPredict, `{"X_pred_columns":["a","b"],"X_pred_rows":[[1,2],[3,"four"]]}`)
	if status != http.StatusUnprocessableEntity || len(p.Errors) != 1 || p.Errors[0].Location != "body.X_pred_rows[1][1]" {
		t.Errorf("predict: %d %+v", status, p)
	}
}
