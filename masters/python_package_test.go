package masters_test

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
	_ "github.com/gochimera/chimera/learner/tree"
	"github.com/gochimera/chimera/registry"
)

// captured holds requests that were sent to the Python package and what it
// answered: its aggregation master over two workers with decision trees.
//
//go:embed testdata/python_package.json
var captured []byte

type exchange struct {
	Section string            `json:"section"`
	Name    string            `json:"name"`
	Node    string            `json:"node"` // master or worker1
	Method  string            `json:"method"`
	Path    string            `json:"path"`
	Headers map[string]string `json:"headers"`
	Body    string            `json:"body"`
	Status  int               `json:"status"`
	Answer  string            `json:"answer"`
}

// better lists where we answer otherwise on purpose: the status, the answer's
// beginning if it is not the captured one, and why.
var better = map[string]struct {
	status int
	answer string
	why    string
}{
	"worker predict: ragged rows":                                     {status: 422, why: "a short row is a mistake, not a missing value"},
	"master predict: ragged rows":                                     {status: 422, why: "a short row is a mistake, not a missing value"},
	"master predict: NaN literal":                                     {status: 200, answer: `{"y_pred_rows":[`, why: "frames can carry NaN, and trees take it"},
	"worker predict: NaN literal":                                     {status: 200, answer: `{"y_pred_rows":[`, why: "which side NaN goes to was not learned, so it is any"},
	"worker predict, columns in/with another order":                   {status: 200, answer: `{"y_pred_rows":[10.5]`, why: "columns go by name; a is 2"},
	"master predict, columns in another order":                        {status: 200, answer: `{"y_pred_rows":[11.0]`, why: "columns go by name"},
	"three classes (only P(second class) comes back): master predict": {status: 200, answer: `{"y_pred_rows":[0.0,2.0]`, why: "with three classes the answer is the label"},
	"three text labels: master predict":                               {status: 200, answer: `{"y_pred_rows":["a","c"]`, why: "with three classes the answer is the label"},
	"one class: worker predict":                                       {status: 200, answer: `{"y_pred_rows":[0.0,0.0]`, why: "there is no second class, so its probability is 0"},
	"one class: master predict":                                       {status: 200, answer: `{"y_pred_rows":[0.0,0.0]`, why: "there is no second class, so its probability is 0"},
	"trailing slash":                                                  {status: 307, why: ""},
}

// sections are the training targets behind the captured answers; the second
// worker's regression targets are one more than the first's.
var sections = map[string]struct{ learner, y1, y2 string }{
	"regression":        {"tree-regressor", "10.5 20.25 30 40.75 50.5 60", "11.5 21.25 31 41.75 51.5 61"},
	"two classes":       {"tree-classifier", "0 0 0 1 1 1", "0 0 0 1 1 1"},
	"three classes":     {"tree-classifier", "0 0 1 1 2 2", "0 0 1 1 2 2"},
	"one class":         {"tree-classifier", "1 1 1 1 1 1", "1 1 1 1 1 1"},
	"text labels":       {"tree-classifier", "no no no yes yes yes", "no no no yes yes yes"},
	"three text labels": {"tree-classifier", "a a b b c c", "a a b b c c"},
}

// A client written for the Python package gets from us what it gets there, or
// something better where the package answers nonsense.
func TestPythonPackagesClient(t *testing.T) {
	var all []exchange
	if err := json.Unmarshal(captured, &all); err != nil {
		t.Fatal(err)
	}
	const rows = "1.5,2,0\n2.5,2,0\n3.5,2,0\n4.5,2,0\n5.5,2,0\n6.5,2,0\n" // only a tells them apart
	seen := 0
	for section, s := range sections {
		t.Run(section, func(t *testing.T) {
			target := func(y string) string { return "target\n" + strings.ReplaceAll(y, " ", "\n") + "\n" }
			c := startWith(t, registry.Default, s.learner, "",
				shard{x: " A ,B,c\n" + rows, y: target(s.y1)}, shard{x: "a,b,c\n" + rows, y: target(s.y2)})
			for _, e := range all {
				if e.Section != section {
					continue
				}
				seen++
				t.Run(e.Name, func(t *testing.T) {
					switch {
					case strings.HasPrefix(e.Name, "worker 2 down: fit"):
						c.workers[1].kill()
					case strings.HasPrefix(e.Name, "all workers down: fit"):
						c.workers[0].kill()
					}
					c.exchange(t, e)
				})
			}
		})
	}
	if seen != len(all) {
		t.Errorf("%d of %d captured exchanges were tried", seen, len(all))
	}
}

// exchange sends a captured request and compares the answers.
func (c *cluster) exchange(t *testing.T, e exchange) {
	t.Helper()
	res, raw := c.ask(t, e)
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
		c.compareProblem(t, e, res, raw)
	}
}

// ask sends a captured request to the node that it was sent to.
func (c *cluster) ask(t *testing.T, e exchange) (*http.Response, []byte) {
	t.Helper()
	base := c.master.URL
	if n, ok := strings.CutPrefix(e.Node, "worker"); ok {
		base = "http://" + c.workers[int(n[0]-'1')].address
	}
	var body io.Reader = http.NoBody
	if e.Body != "" {
		body = strings.NewReader(e.Body)
	}
	req, err := http.NewRequestWithContext(t.Context(), e.Method, base+e.Path, body)
	if err != nil {
		t.Fatal(err)
	}
	if e.Body != "" {
		req.Header.Set("Content-Type", "application/json")
	}
	for k, v := range e.Headers {
		req.Header.Del(k)
		if v != "" {
			req.Header.Set(k, v)
		}
	}
	res, err := http.DefaultTransport.RoundTrip(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	raw, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return res, raw
}

// compareProblem wants an error answer to be an error answer, with the Python
// package's fields and, where the fault is the workers', its message.
func (c *cluster) compareProblem(t *testing.T, e exchange, res *http.Response, raw []byte) {
	t.Helper()
	if res.StatusCode < 400 {
		t.Fatalf("%d %s\nwant an error as with the Python package: %d %s", res.StatusCode, raw, e.Status, e.Answer)
	}
	if e.Method == http.MethodHead {
		return
	}
	if ct := res.Header.Get("Content-Type"); ct != "application/problem+json" {
		t.Errorf("content type %q", ct)
	}
	p := decode[api.Problem](t, string(raw))
	if p.Message == "" || p.Details.ErrorMessage == "" || p.Details.ErrorCode != res.StatusCode || p.Code == "" {
		t.Errorf("an incomplete problem: %s", raw)
	}
	if e.Status == 404 || e.Status == 405 {
		if res.StatusCode != e.Status || (e.Status == 405 && res.Header.Get("Allow") == "") {
			t.Errorf("%d %v, want %d", res.StatusCode, res.Header, e.Status)
		}
	}
	var python struct{ Message string }
	_ = json.Unmarshal([]byte(e.Answer), &python) // some are plain text
	if strings.Contains(e.Name, "before fit") || strings.Contains(e.Name, "all workers down") {
		// the name of the class is scikit-learn's, ours is the learner's
		want := strings.NewReplacer("DecisionTreeRegressor", "tree-regressor", "SGDRegressor", "sgd-regressor").Replace(python.Message)
		if p.Message != want && !strings.HasPrefix(want, "HTTPConnectionPool") { // words of its HTTP library
			t.Errorf("message %q, want %q", p.Message, want)
		}
	}
}

// A worker of the Python package under our master: it knows fit and predict
// only, takes JSON, and answers one number a row.
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
					answer(w, 500, `{"message":"This DecisionTreeRegressor instance is not fitted yet. Call 'fit' with appropriate arguments before using this estimator.","details":{"errorCode":500,"errorMessage":"NotFittedError"}}`)
					return
				}
				answer(w, 200, predict)
			})
			return mux
		}
	}
	const ok = `{"fit":"ok"}`
	t.Run("regression", func(t *testing.T) {
		c := newCluster(t)
		c.add("p1", python(ok, `{"y_pred_rows":[10.5,20.25]}`))
		c.add("p2", python(ok, `{"y_pred_rows":[11.5,21.25]}`))
		c.add("p3", python(`{"message":"could not convert string to float: 'x'","details":{"errorCode":500,"errorMessage":"ValueError"}}`, ok))
		c.add("p4", python(ok, `{"y_pred_rows":[1.0]}`))
		c.serve("launcher: external\nworkers:\n"+external(c), registry.Default)
		if p := c.problem(api.PathsOf("aggregation").Predict, ask, http.StatusConflict); p.Code != api.CodeNotFitted || len(p.Workers) != 4 || !strings.Contains(p.Workers[0].Reason, "not fitted yet") {
			t.Errorf("before fit: %+v", p)
		}
		fit := c.fit()
		if len(fit.Workers) != 3 || len(fit.Failures) != 1 || !strings.Contains(fit.Failures[0].Reason, "could not convert string to float") {
			t.Errorf("fit: %+v", fit)
		}
		got := c.predict(ask)
		if fmt.Sprint(got.Y.Values) != "[11 20.75]" || len(got.Failures) != 2 {
			t.Errorf("predict: %+v", got)
		}
	})
	t.Run("beside workers of ours, two classes", func(t *testing.T) {
		ours := start(t, "frequency", "", shard{x: "a,b\n1,2\n2,2\n", y: "target\nno\nyes\n"})
		c := newCluster(t)
		c.workers = ours.workers
		c.add("p1", python(ok, `{"y_pred_rows":[0.0,1.0]}`))
		c.serve("workers:\n  - {name: w1, learner: frequency}\n  - {name: p1, learner: frequency}\n", c.registry())
		c.fit()
		got := c.predict(ask)
		if fmt.Sprint(got.Y.Values) != "[0.25 0.75]" || fmt.Sprint(got.Labels) != "[no yes]" || got.Failures != nil {
			t.Errorf("predict: %+v", got)
		}
	})
	t.Run("beside workers of ours, three classes", func(t *testing.T) {
		ours := start(t, "frequency", "", shard{x: "a,b\n1,2\n2,2\n3,3\n", y: "target\nno\nyes\nmaybe\n"})
		c := newCluster(t)
		c.workers = ours.workers
		c.add("p1", python(ok, `{"y_pred_rows":[0.0,1.0]}`))
		c.serve("workers:\n  - {name: w1, learner: frequency}\n  - {name: p1, learner: frequency}\n", c.registry())
		fit := c.fit()
		if len(fit.Failures) != 1 || !strings.Contains(fit.Failures[0].Reason, "3 classes") {
			t.Errorf("fit: %+v", fit)
		}
	})
}

// pythonNode is a worker of the Python package whose model says which fit it
// is of, and whose next fit can be made to fail.
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

// A worker of the Python package cannot stage a model. One that was fitted by a
// fit that then failed must not answer for the fit before; it is fitted again.
func TestAFailedFitLeavesNoPythonWorkerAhead(t *testing.T) {
	c := newCluster(t)
	nodes := []*pythonNode{{}, {}}
	for i, n := range nodes {
		c.add(fmt.Sprintf("p%d", i+1), func() http.Handler { return n })
	}
	c.serve("launcher: external\naggregation: {quorum: 2}\nworkers:\n"+external(c), registry.Default)
	first := c.fit()
	nodes[1].broken.Store(true)
	c.problem(api.PathsOf("aggregation").Fit, "", http.StatusBadGateway)
	event(c, func(e api.WorkerCaughtUpEvent) bool { return e.Worker == "p1" && e.FitID == first.FitID })
	if n := nodes[0].fits.Load(); n != 3 { // the first fit, the failed one, and again
		t.Errorf("p1 was fitted %d times", n)
	}
}

// A worker of the Python package that lost its model is fitted again and used.
func TestRestartedPythonWorkerIsCaughtUp(t *testing.T) {
	c := newCluster(t)
	nodes := []*pythonNode{{}, {}}
	for i, n := range nodes {
		c.add(fmt.Sprintf("p%d", i+1), func() http.Handler { return n })
	}
	c.serve("launcher: external\nworkers:\n"+external(c), registry.Default)
	first := c.fit()
	nodes[1].unknown.Store(true)
	if got := c.predict(ask); len(got.Failures) != 1 || got.Failures[0].Code != api.CodeNotFitted || got.FitID != first.FitID {
		t.Errorf("with one that has forgotten: %+v", got)
	}
	event(c, func(e api.WorkerCaughtUpEvent) bool { return e.Worker == "p2" })
	c.settled("p2", api.MemberUp)
	if got := c.predict(ask); got.Failures != nil || got.Y.Values[0] != 1.5 {
		t.Errorf("after it was fitted again: %+v", got)
	}
}

// external lists the cluster's workers for chimera.yaml.
func external(c *cluster) string {
	var list strings.Builder
	for _, w := range c.workers {
		fmt.Fprintf(&list, "  - {name: %s, url: \"http://%s\"}\n", w.name, w.address)
	}
	return list.String()
}
