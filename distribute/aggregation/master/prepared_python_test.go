package master_test

import (
	"encoding/json"
	"fmt"
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
	"github.com/gochimera/chimera/learner"
	"github.com/gochimera/chimera/models"
	"github.com/gochimera/chimera/registry"
	"github.com/gochimera/chimera/workers"
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

// Nothing can be stored of a worker of the Python package: it is fitted again for the stored model, as the manifest says; a worker
// of ours beside it is not. Where all are of that package, not even the task is known, and the model lasts nevertheless.
func TestPythonWorkerOfAStoredModel(t *testing.T) {
	for _, tt := range []struct {
		name string
		ours []string
		task learner.Task
	}{{"beside ours", []string{"ridge"}, learner.Regression}, {"alone", nil, ""}} {
		t.Run(tt.name, func(t *testing.T) {
			bucket, err := models.OpenFolder(t.TempDir())
			if err != nil {
				t.Fatal(err)
			}
			c := mastertest.New(t, master.New())
			c.Dir, c.Models = t.TempDir(), models.NewStore(bucket)
			list := "workers:\n"
			for i, name := range tt.ours {
				rows := mastertest.ToyRows(30, 0)

				dir, spec := t.TempDir(), workers.Spec{Name: fmt.Sprintf("w%d", i+1), Role: workers.ModelRole, Project: "test", Learner: name}
				mastertest.WriteShard(t, dir, "", rows)
				c.Add(spec.Name, mastertest.Made(t, spec, registry.Default, dir))
				list += fmt.Sprintf("  - {name: %s, learner: %s}\n", spec.Name, name)
			}
			var fits atomic.Int32
			python := &adding{}
			c.Add("p1", func() http.Handler {
				return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
					if r.URL.Path == aggregation.PathFit {
						fits.Add(1)
					}
					python.ServeHTTP(w, r)
				})
			})
			list += "  - {name: p1, learner: ridge}\n"
			c.Serve(list, registry.Default)
			fit := c.Fit()
			manifest, err := c.Models.Get(t.Context(), fit.FitID)
			if err != nil {
				t.Fatal(err)
			}
			i := slices.IndexFunc(manifest.Parts, func(p models.Part) bool { return p.Name == "p1" })
			if i < 0 || manifest.Parts[i].Refit == "" || len(manifest.Parts) != len(tt.ours)+1 || manifest.Model.Task != tt.task {
				t.Errorf("the manifest says %+v", manifest)
			}
			asked := `{"X_pred_columns":["b","a","c"],"X_pred_rows":[[1,2,3],[0.5,-1,2]]}`
			want := answer(c.Predict(asked))
			for _, w := range c.Workers[:len(tt.ours)] {
				w.Kill()
				w.Start(t)
			}
			c.Over(master.New())
			c.Serve(list, registry.Default)
			for _, w := range c.Workers {
				c.Settled(w.Name, api.MemberUp)
			}
			if p := c.Predict(asked); p.FitID != fit.FitID || answer(p) != want {
				t.Errorf("after a restart: %s %s, want %s %s", p.FitID, answer(p), fit.FitID, want)
			}
			if fits.Load() != 2 || c.Member("p1").Refitted == "" || len(tt.ours) > 0 && c.Member("w1").Refitted != "" {
				t.Errorf("p1 was fitted %d times; %+v, %+v", fits.Load(), c.Member("p1"), c.Member(c.Workers[0].Name))
			}
			if status, body := c.Send(http.MethodGet, api.PathModels, "", ""); status != http.StatusOK || !strings.Contains(body, fit.FitID) {
				t.Errorf("its list: status %d: %s", status, body)
			}
		})
	}
}
