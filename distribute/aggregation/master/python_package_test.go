package master_test

import (
	_ "embed"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/gochimera/chimera/api"
	"github.com/gochimera/chimera/distribute/aggregation"
	"github.com/gochimera/chimera/distribute/aggregation/master"
	"github.com/gochimera/chimera/internal/mastertest"
	_ "github.com/gochimera/chimera/learner/tree"
	"github.com/gochimera/chimera/registry"
)

// captured holds requests that were sent to the Python package and what it
// answered: its aggregation master over two workers with decision trees.
//
//go:embed testdata/python_package.json
var captured []byte

// better lists where our answers differ on purpose: the status, the beginning of the answer if it is
// not the captured one, and why.
var better = map[string]struct {
	status int
	answer string
	why    string
}{
	"worker predict: ragged rows":                   {status: 422, why: "a short row is a mistake, not a missing value"},
	"master predict: ragged rows":                   {status: 422, why: "a short row is a mistake, not a missing value"},
	"master predict: null":                          {status: 200, answer: `{"y_pred_rows":[`, why: "null is a missing value, and trees take it"},
	"master predict: NaN literal":                   {status: 200, answer: `{"y_pred_rows":[`, why: "frames can carry NaN, and trees take it"},
	"worker predict: NaN literal":                   {status: 200, answer: `{"y_pred_rows":[`, why: "which side NaN goes to was not learned, so it is any"},
	"worker predict, columns in/with another order": {status: 200, answer: `{"y_pred_rows":[10.5]`, why: "columns go by name; a is 2"},
	"master predict, columns in another order":      {status: 200, answer: `{"y_pred_rows":[11.0]`, why: "columns go by name"},
	"root": {status: 200, why: "who looks at the master's address is shown the dashboard"},
	"three classes (only P(second class) comes back): master predict": {
		status: 200, answer: `{"y_pred_rows":[0.0,2.0]`, why: "with three classes the answer is the label",
	},
	"three text labels: master predict": {status: 200, answer: `{"y_pred_rows":["a","c"]`, why: "with three classes the answer is the label"},
	"one class: worker predict":         {status: 200, answer: `{"y_pred_rows":[0.0,0.0]`, why: "there is no second class, so its probability is 0"},
	"one class: master predict":         {status: 200, answer: `{"y_pred_rows":[0.0,0.0]`, why: "there is no second class, so its probability is 0"},
	"trailing slash":                    {status: 307, why: ""},
}

// sections are the training targets behind the captured answers; the second worker's regression
// targets are one larger than the first's.
var sections = map[string]struct{ learner, y1, y2 string }{
	"regression":        {"tree-regressor", "10.5 20.25 30 40.75 50.5 60", "11.5 21.25 31 41.75 51.5 61"},
	"two classes":       {"tree-classifier", "0 0 0 1 1 1", "0 0 0 1 1 1"},
	"three classes":     {"tree-classifier", "0 0 1 1 2 2", "0 0 1 1 2 2"},
	"one class":         {"tree-classifier", "1 1 1 1 1 1", "1 1 1 1 1 1"},
	"text labels":       {"tree-classifier", "no no no yes yes yes", "no no no yes yes yes"},
	"three text labels": {"tree-classifier", "a a b b c c", "a a b b c c"},
}

// A client written for the Python package gets the same answers from us, or better ones where the
// package answers nonsense.
func TestPythonPackagesClient(t *testing.T) {
	var all []mastertest.Exchange
	if err := json.Unmarshal(captured, &all); err != nil {
		t.Fatal(err)
	}
	const rows = "1.5,2,0\n2.5,2,0\n3.5,2,0\n4.5,2,0\n5.5,2,0\n6.5,2,0\n" // only a tells them apart
	seen := 0
	for section, s := range sections {
		t.Run(section, func(t *testing.T) {
			target := func(y string) string { return "target\n" + strings.ReplaceAll(y, " ", "\n") + "\n" }
			c := mastertest.Start(t, master.New(), registry.Default, s.learner, "",
				mastertest.Shard{X: " A ,B,c\n" + rows, Y: target(s.y1)}, mastertest.Shard{X: "a,b,c\n" + rows, Y: target(s.y2)})
			for _, e := range all {
				if e.Section != section {
					continue
				}
				seen++
				t.Run(e.Name, func(t *testing.T) {
					switch {
					case strings.HasPrefix(e.Name, "worker 2 down: fit"):
						c.Workers[1].Kill()
					case strings.HasPrefix(e.Name, "all workers down: fit"):
						c.Workers[0].Kill()
					}
					compare(t, c, e)
				})
			}
		})
	}
	if seen != len(all) {
		t.Errorf("%d of %d captured exchanges were tried", seen, len(all))
	}
}

// compare sends a captured request and compares the answers.
func compare(t *testing.T, c *mastertest.Cluster, e mastertest.Exchange) {
	t.Helper()
	res, raw := c.Ask(t, e)
	want, answer := e.Status, e.Answer
	if b, ok := better[e.Name]; ok {
		want, answer = b.status, b.answer
	}
	switch want {
	case http.StatusOK:
		begin := strings.TrimSuffix(answer, "}")
		if strings.HasPrefix(e.Path, "/docs") || strings.HasPrefix(e.Path, "/openapi") {
			begin = "" // pages of our own
		}
		if res.StatusCode != 200 || !strings.HasPrefix(string(raw), begin) {
			t.Errorf("%d %s\nwant it to begin with %s", res.StatusCode, raw, begin)
		}
	case http.StatusTemporaryRedirect:
		if res.StatusCode != want || !strings.HasSuffix(res.Header.Get("Location"), strings.TrimRight(e.Path, "/")) {
			t.Errorf("%d to %q", res.StatusCode, res.Header.Get("Location"))
		}
	default:
		mastertest.CompareProblem(t, e, res, raw)
	}
}

// A worker of the Python package under our master: it has fit and predict only, takes JSON, and
// answers with one number per row.
func TestPythonWorkersUnderOurMaster(t *testing.T) {
	python := func(fit, predict string) func() http.Handler {
		return func() http.Handler {
			mux := http.NewServeMux()
			fitted := false
			answer := func(w http.ResponseWriter, status int, body string) {
				w.Header().Set("Content-Type", "application/json")
				w.WriteHeader(status)
				_, _ = io.WriteString(w, body)
			}
			mux.HandleFunc("/", func(w http.ResponseWriter, _ *http.Request) { answer(w, 404, `{"detail":"Not Found"}`) })
			mux.HandleFunc("POST "+aggregation.PathFit, func(w http.ResponseWriter, _ *http.Request) {
				if strings.HasPrefix(fit, "{\"message\"") {
					answer(w, 500, fit)
					return
				}
				fitted = true
				answer(w, 200, fit)
			})
			mux.HandleFunc("POST "+aggregation.PathPredict, func(w http.ResponseWriter, r *http.Request) {
				var body struct {
					Columns []string    `json:"X_pred_columns"`
					Rows    [][]float64 `json:"X_pred_rows"`
				}
				if err := json.NewDecoder(r.Body).Decode(&body); err != nil || r.Header.Get("Content-Type") != "application/json" {
					answer(w, 422, `{"detail":[]}`)
					return
				}
				if !fitted {
					answer(w, 500, `{"message":"This DecisionTreeRegressor instance is not fitted yet. Call 'fit' with appropriate arguments before using this estimator.",`+
						`"details":{"errorCode":500,"errorMessage":"NotFittedError"}}`)
					return
				}
				answer(w, 200, predict)
			})
			return mux
		}
	}
	const ok = `{"fit":"ok"}`
	t.Run("a worker of another kind", func(t *testing.T) {
		c := mastertest.New(t, master.New())
		c.Add("p1", http.NotFoundHandler)
		c.Serve("launcher: external\nworkers:\n"+c.External(), registry.Default)
		p := c.Problem(api.PathsOf("aggregation").Fit, "", http.StatusBadGateway)
		if !strings.Contains(p.Detail, "a RegressionWorker or a ClassificationWorker is for master: aggregation") {
			t.Errorf("%+v", p)
		}
	})
	t.Run("regression", func(t *testing.T) {
		c := mastertest.New(t, master.New())
		c.Add("p1", python(ok, `{"y_pred_rows":[10.5,20.25]}`))
		c.Add("p2", python(ok, `{"y_pred_rows":[11.5,21.25]}`))
		c.Add("p3", python(`{"message":"could not convert string to float: 'x'","details":{"errorCode":500,"errorMessage":"ValueError"}}`, ok))
		c.Add("p4", python(ok, `{"y_pred_rows":[1.0]}`))
		c.Serve("launcher: external\nworkers:\n"+c.External(), registry.Default)
		p := c.Problem(api.PathsOf("aggregation").Predict, ask, http.StatusConflict)
		if p.Code != api.CodeNotFitted || len(p.Workers) != 4 || !strings.Contains(p.Workers[0].Reason, "not fitted yet") {
			t.Errorf("before fit: %+v", p)
		}
		fit := c.Fit()
		if len(fit.Workers) != 3 || len(fit.Failures) != 1 || !strings.Contains(fit.Failures[0].Reason, "could not convert string to float") {
			t.Errorf("fit: %+v", fit)
		}
		got := c.Predict(ask)
		if fmt.Sprint(got.Y.Values) != "[11 20.75]" || len(got.Failures) != 2 {
			t.Errorf("predict: %+v", got)
		}
	})
	t.Run("beside workers of ours, two classes", func(t *testing.T) {
		ours := start(t, "frequency", "", mastertest.Shard{X: "a,b\n1,2\n2,2\n", Y: "target\nno\nyes\n"})
		c := mastertest.New(t, master.New())
		c.Workers = ours.Workers
		c.Add("p1", python(ok, `{"y_pred_rows":[0.0,1.0]}`))
		c.Serve("workers:\n  - {name: w1, learner: frequency}\n  - {name: p1, learner: frequency}\n", c.Registry())
		c.Fit()
		got := c.Predict(ask)
		if fmt.Sprint(got.Y.Values) != "[0.25 0.75]" || fmt.Sprint(got.Labels) != "[no yes]" || got.Failures != nil {
			t.Errorf("predict: %+v", got)
		}
	})
	t.Run("beside workers of ours, three classes", func(t *testing.T) {
		ours := start(t, "frequency", "", mastertest.Shard{X: "a,b\n1,2\n2,2\n3,3\n", Y: "target\nno\nyes\nmaybe\n"})
		c := mastertest.New(t, master.New())
		c.Workers = ours.Workers
		c.Add("p1", python(ok, `{"y_pred_rows":[0.0,1.0]}`))
		c.Serve("workers:\n  - {name: w1, learner: frequency}\n  - {name: p1, learner: frequency}\n", c.Registry())
		fit := c.Fit()
		if len(fit.Failures) != 1 || !strings.Contains(fit.Failures[0].Reason, "3 classes") {
			t.Errorf("fit: %+v", fit)
		}
	})
}

// pythonNode is a worker of the Python package whose model shows its fit, and whose next fit can be
// made to fail.
type pythonNode struct {
	fits    atomic.Int64
	broken  atomic.Bool
	unknown atomic.Bool // has forgotten its model
}

func (n *pythonNode) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "application/json")
	answer := func(status int, body string) {
		w.WriteHeader(status)
		_, _ = io.WriteString(w, body)
	}
	switch {
	case r.URL.Path == aggregation.PathFit && n.broken.Load():
		answer(500, `{"message":"broken","details":{"errorCode":500,"errorMessage":"ValueError"}}`)
	case r.URL.Path == aggregation.PathFit:
		n.fits.Add(1)
		n.unknown.Store(false)
		answer(200, `{"fit":"ok"}`)
	case r.URL.Path == aggregation.PathPredict && n.unknown.Load():
		answer(500, `{"message":"This DecisionTreeRegressor instance is not fitted yet.","details":{"errorCode":500,"errorMessage":"NotFittedError"}}`)
	case r.URL.Path == aggregation.PathPredict:
		answer(200, fmt.Sprintf(`{"y_pred_rows":[%d.0,%d.0]}`, n.fits.Load(), n.fits.Load()))
	default:
		answer(404, `{"detail":"Not Found"}`)
	}
}

// A worker of the Python package cannot stage a model. After a failed fit, a worker that it fitted
// must not answer for the previous fit; it is fitted again.
func TestAFailedFitLeavesNoPythonWorkerAhead(t *testing.T) {
	c := mastertest.New(t, master.New())
	nodes := []*pythonNode{{}, {}}
	for i, n := range nodes {
		c.Add(fmt.Sprintf("p%d", i+1), func() http.Handler { return n })
	}
	c.Serve("launcher: external\naggregation: {quorum: 2}\nworkers:\n"+c.External(), registry.Default)
	first := c.Fit()
	nodes[1].broken.Store(true)
	c.Problem(api.PathsOf("aggregation").Fit, "", http.StatusBadGateway)
	mastertest.Event(c, func(e api.WorkerCaughtUpEvent) bool { return e.Worker == "p1" && e.FitID == first.FitID })
	if n := nodes[0].fits.Load(); n != 3 { // the first fit, the failed one, and again
		t.Errorf("p1 was fitted %d times", n)
	}
}

// A worker of the Python package that lost its model is fitted again and used.
func TestRestartedPythonWorkerIsCaughtUp(t *testing.T) {
	c := mastertest.New(t, master.New())
	nodes := []*pythonNode{{}, {}}
	for i, n := range nodes {
		c.Add(fmt.Sprintf("p%d", i+1), func() http.Handler { return n })
	}
	c.Serve("launcher: external\nworkers:\n"+c.External(), registry.Default)
	first := c.Fit()
	nodes[1].unknown.Store(true)
	if got := c.Predict(ask); len(got.Failures) != 1 || got.Failures[0].Code != api.CodeNotFitted || got.FitID != first.FitID {
		t.Errorf("with one that has forgotten: %+v", got)
	}
	mastertest.Event(c, func(e api.WorkerCaughtUpEvent) bool { return e.Worker == "p2" })
	c.Settled("p2", api.MemberUp)
	if got := c.Predict(ask); got.Failures != nil || got.Y.Values[0] != 1.5 {
		t.Errorf("after it was fitted again: %+v", got)
	}
}
