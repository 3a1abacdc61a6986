package master_test

import (
	_ "embed"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"net/http"
	"strings"
	"testing"

	"gonum.org/v1/gonum/mat"

	"github.com/gochimera/chimera/api"
	"github.com/gochimera/chimera/distribute/parameterserver"
	"github.com/gochimera/chimera/distribute/parameterserver/master"
	"github.com/gochimera/chimera/internal/mastertest"
	"github.com/gochimera/chimera/learner"
	"github.com/gochimera/chimera/registry"
)

// capturedSGD holds requests that were sent to the Python package's
// ParameterServerMaster and SGDWorker, and what they answered.
//
//go:embed testdata/python_package_sgd.json
var capturedSGD []byte

// betterSGD lists where our answers differ on purpose: the status, and why.
var betterSGD = map[string]struct {
	status int
	why    string
}{
	"fit-step: too few weights":     {422, "one weight is not meant for three features"},
	"fit-step: 1e300":               {422, "the loss of such parameters is not finite"},
	"predict: another column order": {200, "columns are matched by name"},
	"eta0=1e6: fit":                 {422, "a training that diverged is not a success"},
	"eta0=1e6: predict":             {409, "and so there is no model"},
	"three classes: fit":            {200, "three classes are trained"},
	"three classes: fit-step":       {200, "and the worker takes their 9 weights"},
	"one class: predict":            {200, "and so is the prediction"},
	"one class: fit":                {200, "one class is learned: it is always that"},
	"one class: fit-step":           {200, "the worker learns that, too"},
	"empty cell":                    {422, "rows that cannot be used are the caller's to change, and the answer says which"},
	"second class first seen":       {200, "a class that first appears late is trained like any other; the package answers NaN then"},
	"worker 1 down, worker 2 up":    {200, "with a quorum of one the other worker's rows are trained on; the first is named"},
}

// pythonRows are the features behind the captured answers, as far as the answers show them.
const pythonRows = "1.5,2,0\n2.5,1,1\n3.5,0,0\n4.5,5,1\n5.5,3,0\n6.5,4,1\n"

// lateLabels are targets where row 250 is the first of its class.
var lateLabels = strings.Repeat("0 ", 250) + "1 1 0 1"

// A client, a master or a worker written for the Python package finds what it expects: the same fields
// in a 200, and in an error the package's message and details.
func TestPythonPackagesParameterServer(t *testing.T) {
	var all []mastertest.Exchange
	if err := json.Unmarshal(capturedSGD, &all); err != nil {
		t.Fatal(err)
	}
	groups := []struct {
		prefix, learner, params, settings, y, target string
	}{
		{"two classes", "sgd-classifier", "{}", "", "0 0 1 1 0 1", "y"},
		{"three classes", "sgd-classifier", "{}", "", "0 1 2 0 1 2", "y"},
		{"text labels", "sgd-classifier", "{}", "", "no no yes yes no yes", "y"},
		{"one class", "sgd-classifier", "{}", "", "1 1 1 1 1 1", "y"},
		{"float labels", "sgd-classifier", "{}", "", "0.0 0.0 1.0 1.0 0.0 1.0", "y"},
		{"eta0=1e6", "sgd-regressor", "{eta0: 0.1}", "eta0: 1000000", "10.5 20.25 30 40.75 50.5 60", "target"},
		{"second class", "sgd-classifier", "{}", "", lateLabels, "y"},
		{"empty cell in X", "sgd-regressor", "{}", "", "10.5 20.25 30 40.75 50.5 60", "target"},
		{"empty cell further down", "sgd-regressor", "{}", "", "10.5 20.25 30 40.75 50.5 60", "target"},
		{"", "sgd-regressor", "{eta0: 0.001}", "", "10.5 20.25 30 40.75 50.5 60", "target"},
	}
	seen := map[string]bool{}
	for _, g := range groups {
		t.Run("group "+g.prefix, func(t *testing.T) {
			empty := -1 // the row with an empty cell
			switch g.prefix {
			case "empty cell in X":
				empty = 1
			case "empty cell further down":
				empty = 4
			}
			c := pythonCluster(t, g.learner, g.params, g.settings, g.target, g.y, empty)
			for _, e := range all {
				if seen[e.Name] || !strings.HasPrefix(e.Name, g.prefix) {
					continue
				}
				seen[e.Name] = true
				t.Run(e.Name, func(t *testing.T) {
					switch {
					case strings.HasPrefix(e.Name, "worker 2 down: fit"):
						c.Workers[1].Kill()
					case strings.HasPrefix(e.Name, "all workers down: fit"):
						c.Workers[0].Kill()
					case strings.HasPrefix(e.Name, "worker 1 down"):
						c.Workers[1].Start(t)
						mastertest.Event(c.Cluster, func(e api.WorkerUpEvent) bool { return e.Worker == "w2" })
					}
					c.compareSGD(t, e)
				})
			}
		})
	}
	if len(seen) != len(all) {
		t.Errorf("%d of %d captured exchanges were tried", len(seen), len(all))
	}
}

// pythonCluster is two workers of this module with the captured rows, under a master with a quorum of
// one.
func pythonCluster(t *testing.T, name, params, settings, target, y string, empty int) *cluster {
	t.Helper()
	d := learner.Dataset{Schema: learner.Schema{Features: []string{" A ", "B", "c"}}}
	s := server{learner: name, params: strings.ReplaceAll(params, "eta0", `"eta0"`),
		settings: "mode: local, weighting: uniform, standardize: false, max_iter: 3, quorum: 1, recovery_timeout: 0s, eta0: 0.001",
		more:     "prepare: none\n"} // rows as they are, as in the Python package
	if settings != "" {
		s.settings = strings.ReplaceAll(s.settings, "eta0: 0.001", settings)
	}
	labels := strings.Fields(y) // rows are repeated if there are more
	d.X = mat.NewDense(len(labels), 3, nil)
	for i := range labels {
		var a, b, c float64
		_, _ = fmt.Sscanf(strings.Split(pythonRows, "\n")[i%6], "%g,%g,%g", &a, &b, &c)
		if i == empty {
			b = math.NaN()
		}
		d.X.SetRow(i, []float64{a, b, c})
		label := learner.NewLabel(labels[i])
		if name == "sgd-classifier" {
			d.Classes = append(d.Classes, label)
			d.Y = append(d.Y, float64(i))
			continue
		}
		v, _ := label.Number()
		d.Y = append(d.Y, v)
	}
	s.target = target
	return s.start(t, d, d)
}

// compareSGD sends a captured request. Trained numbers differ (the package's workers shuffle with
// another generator, ignore the first weights and shorten their steps), so only their form is
// compared; everything else must be the same.
func (c *cluster) compareSGD(t *testing.T, e mastertest.Exchange) {
	t.Helper()
	res, raw := c.Ask(t, e)
	want := e.Status
	for name, b := range betterSGD {
		if strings.HasPrefix(e.Name, name) {
			want = b.status
		}
	}
	if want != http.StatusOK {
		mastertest.CompareProblem(t, e, res, raw)
		if want == http.StatusUnprocessableEntity && res.StatusCode != want && res.StatusCode != http.StatusBadRequest {
			t.Errorf("status %d, want %d: %s", res.StatusCode, want, raw)
		}
		if strings.HasPrefix(e.Name, "empty cell") && !strings.Contains(string(raw), "column 1 (b)") {
			t.Errorf("it does not say where the empty cell is: %s", raw)
		}
		return
	}
	if res.StatusCode != http.StatusOK {
		t.Fatalf("status %d: %s", res.StatusCode, raw)
	}
	switch {
	case strings.HasSuffix(e.Path, "/fit"):
		fit := mastertest.Decode[api.FitResponse](t, string(raw))
		if !strings.HasPrefix(string(raw), `{"fit":"ok"`) {
			t.Errorf("%s", raw)
		}
		if strings.HasPrefix(e.Name, "worker 1 down") && (len(fit.Failures) != 1 || fit.Failures[0].Worker != "w1" || len(fit.Workers) != 1) {
			t.Errorf("the worker that is down is not named: %s", raw)
		}
	case strings.HasPrefix(e.Name, "second class") && strings.HasSuffix(e.Path, "request-data-sample"):
		if want := `"y_train_sample_rows":[[0.0],[0.0],[0.0],[0.0],[0.0],[1.0]]}`; !strings.HasSuffix(string(raw), want) {
			t.Errorf("%s\nwant it to end with %s", raw, want)
		}
	case strings.HasPrefix(e.Name, "second class") && strings.HasSuffix(e.Path, "predict"):
		if y := mastertest.Decode[api.PredictResponse](t, string(raw)).Y; y.Len() != 2 || len(y.Values) != 2 {
			t.Errorf("%s", raw)
		}
	case strings.HasSuffix(e.Path, "request-data-sample"):
		if string(raw) != e.Answer {
			t.Errorf("%s\nwant %s", raw, e.Answer)
		}
	case strings.HasSuffix(e.Path, "fit-step"):
		var got, sent struct{ W, B []float64 }
		decodeAs(t, string(raw), "weights_gradients", &got.W)
		decodeAs(t, string(raw), "bias_gradient", &got.B)
		if err := json.Unmarshal([]byte(strings.NewReplacer(`"weights"`, `"W"`, `"bias"`, `"B"`, `"0"`, `0`).Replace(e.Body)), &sent); err != nil {
			t.Fatal(err)
		}
		if len(got.W) != len(sent.W) || len(got.B) != len(sent.B) || !strings.HasPrefix(string(raw), `{"weights_gradients":[`) {
			t.Errorf("%s for %s", raw, e.Body)
		}
	default: // predict
		if e.Status != http.StatusOK {
			return
		}
		got, want := mastertest.Decode[api.PredictResponse](t, string(raw)).Y, mastertest.Decode[api.PredictResponse](t, e.Answer).Y
		if got.Len() != want.Len() || (got.Labels == nil) != (want.Labels == nil) || !strings.HasPrefix(string(raw), `{"y_pred_rows":[`) {
			t.Errorf("%s\nwant the form of %s", raw, e.Answer)
		}
	}
}

func decodeAs(t *testing.T, body, field string, into any) {
	t.Helper()
	raw := mastertest.Decode[map[string]json.RawMessage](t, body)[field]
	if err := json.Unmarshal(raw, into); err != nil {
		t.Fatalf("%s: %v in %s", field, err, body)
	}
}

// pythonSGD imitates a worker of the Python package: a sample, and one answer to every step. It
// records the bodies it receives.
func pythonSGD(sample, answer string, bodies *[]string) func() http.Handler {
	return func() http.Handler {
		mux := http.NewServeMux()
		send := func(w http.ResponseWriter, status int, body string) {
			w.Header().Set("Content-Type", "application/json")
			w.WriteHeader(status)
			_, _ = io.WriteString(w, body)
		}
		mux.HandleFunc("/", func(w http.ResponseWriter, _ *http.Request) { send(w, 404, `{"detail":"Not Found"}`) })
		mux.HandleFunc("GET "+parameterserver.PathSample, func(w http.ResponseWriter, _ *http.Request) { send(w, 200, sample) })
		mux.HandleFunc("POST "+parameterserver.PathStep, func(w http.ResponseWriter, r *http.Request) {
			b, _ := io.ReadAll(r.Body)
			*bodies = append(*bodies, string(b))
			if r.Header.Get("Content-Type") != "application/json" {
				send(w, 422, `{"detail":[]}`)
				return
			}
			send(w, 200, answer)
		})
		return mux
	}
}

// Workers of the Python package under our master, alone and together with one of ours.
func TestPythonSGDWorkersUnderOurMaster(t *testing.T) {
	const sample = `{"X_train_sample_columns":["a","b","c"],"X_train_sample_rows":[[1.5,2.0,0.0],[2.5,1.0,1.0]],` +
		`"y_train_sample_columns":["target"],"y_train_sample_rows":[[10.5],[20.25]]}`
	const settings = "mode: local, weighting: uniform, standardize: false, max_iter: 3, penalty: none, eta0: 0.001"
	one := `{"weights_gradients":[-0.5,0.25,0.0],"bias_gradient":[1.0]}`
	two := `{"weights_gradients":[-0.25,0.75,2.0],"bias_gradient":[0.5]}`
	start := func(t *testing.T, settings, answer string) (*cluster, *[]string) {
		t.Helper()
		bodies := new([]string)
		c := &cluster{mastertest.New(t, master.New())}
		c.Add("p1", pythonSGD(sample, one, bodies))
		c.Add("p2", pythonSGD(sample, answer, new([]string)))
		c.Serve("master: parameter-server\nlauncher: external\nlearner: sgd-regressor\nworkers:\n"+c.External()+
			"parameter_server: {"+settings+"}\n", registry.Default)
		return c, bodies
	}
	t.Run("alone", func(t *testing.T) {
		c, bodies := start(t, settings, two)
		fit := c.Fit()
		mastertest.CloseTo(t, "parameters", c.parameters(false), []float64{3 * 0.375, -1.5, -3, -2.25}, 1e-15)
		if (*bodies)[0] != `{"weights":[0.0,0.0,0.0],"bias":[0.0]}` || (*bodies)[1] != `{"weights":[0.375,-0.5,-1.0],"bias":[-0.75]}` || len(*bodies) != 3 {
			t.Errorf("it was sent %v", *bodies)
		}
		if len(fit.Training.Loss) != 0 || fit.Training.Steps != 3 {
			t.Errorf("%+v", fit.Training)
		}
	})
	t.Run("an answer that is not finite", func(t *testing.T) {
		c, _ := start(t, settings+", quorum: 1", `{"weights_gradients":[1e999,0,0],"bias_gradient":[0]}`)
		fit := c.Fit()
		mastertest.CloseTo(t, "parameters", c.parameters(false), []float64{1.5, -0.75, 0, -3}, 1e-15)
		if len(fit.Failures) != 1 || fit.Failures[0].Worker != "p2" {
			t.Errorf("%+v", fit)
		}
	})
	t.Run("settings that they cannot do", func(t *testing.T) {
		for settings, want := range map[string]string{
			"":                                  "set parameter_server: {mode: local, weighting: uniform, standardize: false}",
			"mode: full, standardize: false":    "set parameter_server: {mode: local, weighting: uniform}",
			settings + ", early_stopping: true": "set parameter_server: {early_stopping: false}",
		} {
			c, bodies := start(t, settings, two)
			p := c.Problem(api.PathsOf("parameter-server").Fit, "", http.StatusBadGateway)
			if len(p.Workers) != 2 || !strings.Contains(p.Workers[0].Reason, want) || len(*bodies) > 0 {
				t.Errorf("%q: %+v", settings, p)
			}
		}
	})
	t.Run("a worker of another kind", func(t *testing.T) {
		c := &cluster{mastertest.New(t, master.New())}
		c.Add("p1", http.NotFoundHandler)
		c.Serve("master: parameter-server\nlauncher: external\nlearner: sgd-regressor\nworkers:\n"+c.External(), registry.Default)
		p := c.Problem(api.PathsOf("parameter-server").Fit, "", http.StatusBadGateway)
		if !strings.Contains(p.Detail, "an SGDWorker for master: parameter-server") {
			t.Errorf("%+v", p)
		}
	})
	t.Run("beside one of ours", func(t *testing.T) {
		d := mastertest.ToyRows(40, 0)
		s := server{learner: "sgd-regressor", settings: settings}
		alone := s.start(t, d)
		c := s.workers(t, d)
		c.Add("p1", pythonSGD(sample, `{"weights_gradients":[0.0,0.0,0.0],"bias_gradient":[0.0]}`, new([]string)))
		once := server{learner: "sgd-regressor", settings: strings.Replace(settings, "max_iter: 3", "max_iter: 1", 1)}
		once.over(alone)
		alone.Fit()
		own := alone.parameters(false)
		once.over(c)
		c.Fit()
		for i := range own {
			own[i] /= 2 // the mean with one that stays where it is
		}
		mastertest.CloseTo(t, "parameters", c.parameters(false), own, 1e-12)
	})
}
