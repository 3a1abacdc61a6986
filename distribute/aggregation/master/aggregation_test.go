package master_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/gochimera/chimera/api"
	"github.com/gochimera/chimera/distribute/aggregation"
	"github.com/gochimera/chimera/distribute/aggregation/master"
	"github.com/gochimera/chimera/internal/mastertest"
	"github.com/gochimera/chimera/learner"
)

var three = mastertest.Three()

const ask = `{"X_pred_columns":["a","b"],"X_pred_rows":[[10,1],[20,1]]}`

// start makes a cluster under an aggregation master.
func start(t *testing.T, learner, yaml string, shards ...mastertest.Shard) *mastertest.Cluster {
	t.Helper()
	return mastertest.Start(t, master.New(), nil, learner, yaml, shards...)
}

func names(failures []api.WorkerFailure) []string {
	var list []string
	for _, f := range failures {
		list = append(list, f.Worker)
	}
	return list
}

func TestFitAndPredict(t *testing.T) {
	c := start(t, "mean", "", three...)
	fit := c.Fit()
	if fit.Fit != "ok" || fit.Rows != 5 || len(fit.Workers) != 3 || fit.Failures != nil || fit.FitID == "" {
		t.Fatalf("fit answered %+v", fit)
	}
	if !slices.ContainsFunc(fit.Workers, func(w api.WorkerFit) bool { return w.Waiting == 0 }) {
		t.Errorf("all workers waited for the last: %+v", fit.Workers)
	}
	for _, w := range fit.Workers {
		if w.Waiting < 0 || w.Sent < int64(len(fit.FitID)) || w.Received < int64(len(fit.FitID)) {
			t.Errorf("%s waited %v s, was sent %d bytes and answered %d, which have the fit's id", w.Worker, w.Waiting, w.Sent, w.Received)
		}
	}
	for _, tt := range []struct {
		name, body string
		want       api.Floats
	}{
		{"two rows", ask, api.Floats{13, 23}},
		{"columns in another order", `{"X_pred_columns":["b","a"],"X_pred_rows":[[1,10]]}`, api.Floats{13}},
		{"column names with blanks and capitals", `{"X_pred_columns":[" B","A "],"X_pred_rows":[[1,10]]}`, api.Floats{13}},
		{"numeric strings and booleans", `{"X_pred_columns":["a","b"],"X_pred_rows":[["10",true]]}`, api.Floats{13}},
		{"a string of columns", `{"X_pred_columns":"ab","X_pred_rows":[[10,1]]}`, api.Floats{13}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got := c.Predict(tt.body)
			if !slices.Equal(got.Y.Values, tt.want) || got.FitID != fit.FitID || got.Failures != nil || !slices.Equal(got.Workers, []string{"w1", "w2", "w3"}) {
				t.Errorf("got %+v, want %v by all three", got, tt.want)
			}
		})
	}
}

func TestCombine(t *testing.T) {
	for _, tt := range []struct {
		combine string
		want    float64 // of the means 1, 2 and 6 with weights 1, 1 and 2, plus 10
	}{{"mean", 13}, {"median", 12}, {"weighted", 13.75}} {
		t.Run(tt.combine, func(t *testing.T) {
			c := mastertest.New(t, master.New())
			base := start(t, "mean", "", three...)
			c.Workers = base.Workers
			c.Serve("workers: [{name: w1, learner: mean}, {name: w2, learner: mean}, {name: w3, learner: mean, weight: 2}]\n"+
				"aggregation: {combine: "+tt.combine+"}\n", c.Registry())
			c.Fit()
			if got := c.Predict(`{"X_pred_columns":["a","b"],"X_pred_rows":[[10,1]]}`); got.Y.Values[0] != tt.want {
				t.Errorf("got %v, want %v", got.Y.Values, tt.want)
			}
		})
	}
}

// Classes are agreed on before the fit: the second worker has never seen "yes", and only the third has
// seen "maybe".
func TestClassesAreAgreed(t *testing.T) {
	c := start(t, "frequency", "",
		mastertest.Shard{X: "a\n1\n2\n", Y: "target\nyes\nno\n"},
		mastertest.Shard{X: "a\n1\n2\n", Y: "target\nno\nno\n"},
		mastertest.Shard{X: "a\n1\n2\n", Y: "target\nmaybe\nno\n"},
	)
	fit := c.Fit()
	want := []learner.Label{"maybe", "no", "yes"}
	if !slices.Equal(fit.Classes, want) {
		t.Fatalf("classes %v, want %v", fit.Classes, want)
	}
	got := c.Predict(`{"X_pred_columns":["a"],"X_pred_rows":[[1]]}`)
	for k, p := range []float64{0.5 / 3, 2.0 / 3, 0.5 / 3} {
		if d := got.Proba.At(0, k) - p; d > 1e-15 || d < -1e-15 {
			t.Errorf("P(%s) = %v, want %v", want[k], got.Proba.At(0, k), p)
		}
	}
	if !slices.Equal(got.Labels, []learner.Label{"no"}) || !slices.Equal(got.Y.Labels, []learner.Label{"no"}) {
		t.Errorf("labels %v, y_pred_rows %v, want no", got.Labels, got.Y)
	}
}

func TestTwoClassesAnswerTheSecondsProbability(t *testing.T) {
	c := start(t, "frequency", "",
		mastertest.Shard{X: "a\n1\n2\n", Y: "target\n1\n0\n"},
		mastertest.Shard{X: "a\n1\n2\n", Y: "target\n0.0\n00\n"},
	)
	c.Fit()
	status, body := c.Post(api.PathsOf("aggregation").Predict, `{"X_pred_columns":["a"],"X_pred_rows":[[1]]}`)
	if status != 200 || !strings.HasPrefix(body, `{"y_pred_rows":[0.25],"y_pred_labels":[0],"y_pred_proba":[[0.75,0.25]],"classes":[0,1]`) {
		t.Errorf("got %d %s", status, body)
	}
}

func TestVote(t *testing.T) {
	c := start(t, "frequency", "aggregation: {combine: vote}\n",
		mastertest.Shard{X: "a\n1\n2\n3\n", Y: "target\n1\n1\n0\n"},
		mastertest.Shard{X: "a\n1\n2\n3\n", Y: "target\n1\n0\n0\n"},
		mastertest.Shard{X: "a\n1\n2\n3\n", Y: "target\n1\n1\n0\n"},
	)
	c.Fit()
	got := c.Predict(`{"X_pred_columns":["a"],"X_pred_rows":[[1]]}`)
	if p := got.Y.Values[0]; p != 2.0/3 {
		t.Errorf("two of three votes are %v", p)
	}
}

func TestScore(t *testing.T) {
	c := start(t, "mean", "", three...)
	c.Fit()
	status, body := c.Post(api.PathsOf("aggregation").Score, `{"X_pred_columns":["a","b"],"X_pred_rows":[[10,1],[20,1]],"y_true":[13,25]}`)
	if status != 200 {
		t.Fatal(status, body)
	}
	got := mastertest.Decode[api.ScoreResponse](t, body)
	// predictions 13 and 23: residual 4, total 72
	if want := 1 - 4.0/72; got.Regression == nil || got.Regression.R2 != want {
		t.Errorf("R2 %+v, want %v", got.Regression, want)
	}
	// the mean of the five training targets is 2.4: residuals 10.6 and 22.6
	if want := 1 - (10.6*10.6+22.6*22.6)/72; !near(got.Baseline, want) {
		t.Errorf("baseline %v, want %v", got.Baseline, want)
	}
	if len(got.Members) != 3 || !near(got.Members[2].Score, 1-(9.0+1)/72) {
		t.Errorf("members %+v", got.Members)
	}
	for name, body := range map[string]string{
		"no y_true":        ask,
		"too few":          strings.TrimSuffix(ask, "}") + `,"y_true":[1]}`,
		"text for numbers": strings.TrimSuffix(ask, "}") + `,"y_true":["x",1]}`,
		"lists for labels": strings.TrimSuffix(ask, "}") + `,"y_true":[[0],null]}`,
		"not a list":       strings.TrimSuffix(ask, "}") + `,"y_true":5}`,
	} {
		t.Run(name, func(t *testing.T) {
			if p := c.Problem(api.PathsOf("aggregation").Score, body, http.StatusUnprocessableEntity); !strings.Contains(p.Detail, "y_true") {
				t.Errorf("the problem does not name y_true: %q", p.Detail)
			}
		})
	}
}

func near(a, b float64) bool { return a-b < 1e-12 && b-a < 1e-12 }

func TestPredictBeforeFit(t *testing.T) {
	c := start(t, "mean", "", three...)
	p := c.Problem(api.PathsOf("aggregation").Predict, ask, http.StatusConflict)
	if p.Code != api.CodeNotFitted || p.Message != "All predict responses from workers failed." || len(p.Workers) != 3 {
		t.Errorf("got %+v", p)
	}
}

// A worker fitted directly, without a master, answers as in the Python package; one fit of the master
// makes all of them current.
func TestWorkersFittedDirectly(t *testing.T) {
	c := start(t, "mean", "", three...)
	if res, err := http.Post("http://"+c.Workers[0].Address+aggregation.PathFit, "", nil); err != nil || res.StatusCode != 200 {
		t.Fatal(res, err)
	}
	got := c.Predict(ask)
	if !slices.Equal(got.Y.Values, api.Floats{11, 21}) || !slices.Equal(names(got.Failures), []string{"w2", "w3"}) {
		t.Errorf("got %+v", got)
	}
	c.Fit()
	if got := c.Predict(ask); !slices.Equal(got.Y.Values, api.Floats{13, 23}) {
		t.Errorf("after the master's fit: %+v", got)
	}
}

// A worker that another master has fitted is left out and named, then caught up, and no answer
// mixes the two fits.
func TestOutdatedWorkerIsCaughtUp(t *testing.T) {
	c := start(t, "mean", "", three...)
	fit := c.Fit()
	// twice, since a worker keeps the model before
	for _, path := range []string{aggregation.PathFit, aggregation.PathCommit, aggregation.PathFit} {
		res, err := http.Post("http://"+c.Workers[0].Address+path, "application/json", strings.NewReader(`{"fit_id":"another"}`))
		if err != nil || res.StatusCode != 200 {
			t.Fatal(res, err)
		}
		_ = res.Body.Close()
	}
	got := c.Predict(ask)
	if !slices.Equal(got.Y.Values, api.Floats{14, 24}) || !slices.Equal(names(got.Failures), []string{"w1"}) || got.Failures[0].Code != api.CodeOutdated {
		t.Errorf("with an outdated worker: %+v", got)
	}
	mastertest.Event(c, func(e api.WorkerCaughtUpEvent) bool { return e.Worker == "w1" && e.FitID == fit.FitID })
	c.Settled("w1", api.MemberUp)
	if got := c.Predict(ask); !slices.Equal(got.Y.Values, api.Floats{13, 23}) {
		t.Errorf("after it was caught up: %+v", got)
	}
}

func TestKillAndRestart(t *testing.T) {
	c := start(t, "mean", "", three...)
	c.Fit()
	c.Workers[1].Kill()

	got := c.Predict(ask)
	if !slices.Equal(got.Y.Values, api.Floats{13.5, 23.5}) || !slices.Equal(names(got.Failures), []string{"w2"}) {
		t.Errorf("with one dead: %+v", got)
	}
	fit := c.Fit()
	if len(fit.Workers) != 2 || !slices.Equal(names(fit.Failures), []string{"w2"}) {
		t.Errorf("fit with one dead: %+v", fit)
	}

	c.Workers[0].Kill()
	c.Workers[2].Kill()
	for _, path := range []string{api.PathsOf("aggregation").Predict, api.PathsOf("aggregation").Fit} {
		p := c.Problem(path, ask, http.StatusBadGateway)
		if len(p.Workers) != 3 || !strings.HasPrefix(p.Message, "All ") {
			t.Errorf("%s with all dead: %+v", path, p)
		}
	}

	c.Workers[1].Start(t)
	mastertest.Event(c, func(e api.WorkerCaughtUpEvent) bool { return e.Worker == "w2" && e.FitID == fit.FitID })
	c.Settled("w2", api.MemberUp)
	if got := c.Predict(ask); !slices.Equal(got.Y.Values, api.Floats{12, 22}) || got.FitID != fit.FitID {
		t.Errorf("after its restart: %+v", got)
	}
}

// A worker is killed during a fit: the others' fit succeeds, and the dead one is named.
func TestKillDuringAFit(t *testing.T) {
	c := start(t, "gated", "", three...)
	c.Gate.Closed.Store(true)
	_, body := c.Post(api.PathsOf("aggregation").Fit+"?wait=false", "")
	running := mastertest.Decode[api.FitResponse](t, body)
	for range three {
		<-c.Gate.Begun
	}
	c.Workers[1].Kill()
	mastertest.Event(c, func(e api.WorkerFailedEvent) bool { return e.Failure.Worker == "w2" })
	close(c.Gate.Open)
	mastertest.Event(c, func(e api.FitCommittedEvent) bool { return e.FitID == running.FitID && e.Workers == 2 })
	got := c.Predict(ask)
	if got.FitID != running.FitID || !slices.Equal(got.Y.Values, api.Floats{13.5, 23.5}) || !slices.Equal(names(got.Failures), []string{"w2"}) {
		t.Errorf("got %+v", got)
	}
}

// Fits and predictions run concurrently, with a worker that is now and then fitted without the master:
// every prediction comes from a single fit, and no healthy worker is lost to a catch-up.
func TestFitsAndPredictionsTogether(t *testing.T) {
	c := start(t, "mean", "aggregation: {quorum: 2}\n", three...)
	c.Fit()
	ctx, stop := context.WithCancel(t.Context())
	var all sync.WaitGroup
	for range 3 {
		all.Go(func() {
			for ctx.Err() == nil {
				status, body := c.Post(api.PathsOf("aggregation").Predict, ask)
				if status != http.StatusOK {
					t.Errorf("predict: %d %s", status, body)
					return
				}
			}
		})
	}
	for i := range 25 {
		if i%5 == 2 {
			res, err := http.Post("http://"+c.Workers[i%3].Address+aggregation.PathFit, "", nil)
			if err != nil {
				t.Error(err)
				break
			}
			_ = res.Body.Close()
		}
		c.Fit()
	}
	stop()
	all.Wait()
}

// A worker that comes back as a different one is not taken for the old one.
func TestAnotherWorkerAtTheSameAddressIsRefused(t *testing.T) {
	c := start(t, "mean", "", three...)
	c.Fit()
	c.Workers[2].Kill()
	c.Predict(ask)
	old := c.Workers[2].Make
	c.Workers[2].Make = func() http.Handler {
		h := old()
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path != api.PathSchema {
				h.ServeHTTP(w, r)
				return
			}
			w.Header().Set("Content-Type", "application/json")
			_, _ = io.WriteString(w, `{"worker":"w3","learner":"mean","config_hash":"another","task":"regression","features":["a","b"],"rows":1,"target_mean":6}`)
		})
	}
	c.Workers[2].Start(t)
	for c.Member("w3").Reason == "" || !strings.Contains(c.Member("w3").Reason, "another") {
		if t.Context().Err() != nil {
			t.Fatal("it was not refused")
		}
	}
	if got := c.Predict(ask); !slices.Equal(names(got.Failures), []string{"w3"}) {
		t.Errorf("got %+v", got)
	}
	c.Fit() // a new fit takes it as it is
	if got := c.Predict(ask); got.Failures != nil {
		t.Errorf("after a new fit: %+v", got)
	}
}

func TestQuorum(t *testing.T) {
	c := start(t, "mean", "aggregation: {quorum: 3}\n", three...)
	fit := c.Fit()
	c.Workers[0].Kill()
	if p := c.Problem(api.PathsOf("aggregation").Predict, ask, http.StatusBadGateway); !strings.Contains(p.Message, "Only 2 of 3") {
		t.Errorf("predict below the quorum: %+v", p)
	}
	if p := c.Problem(api.PathsOf("aggregation").Fit, "", http.StatusBadGateway); !strings.Contains(p.Message, "the quorum is 3") {
		t.Errorf("fit below the quorum: %+v", p)
	}
	_, body := c.Send(http.MethodGet, api.PathStatus, "", "")
	if st := mastertest.Decode[api.MasterStatus](t, body); st.FitID != fit.FitID || st.Fit.State != api.FitFailed {
		t.Errorf("a failed fit must leave the model of %s: %+v", fit.FitID, st)
	}
}

func TestOneFitAtATimeAndCancel(t *testing.T) {
	c := start(t, "gated", "", three...)
	first := c.Fit()
	c.Gate.Closed.Store(true)

	status, body := c.Post(api.PathsOf("aggregation").Fit+"?wait=false", "")
	if status != http.StatusAccepted {
		t.Fatal(status, body)
	}
	running := mastertest.Decode[api.FitResponse](t, body)
	for range three {
		<-c.Gate.Begun
	}
	if p := c.Problem(api.PathsOf("aggregation").Fit, "", http.StatusConflict); p.Code != api.CodeFitRunning || p.FitID != running.FitID {
		t.Errorf("a second fit: %+v", p)
	}
	if got := c.Predict(ask); got.FitID != first.FitID || !slices.Equal(got.Y.Values, api.Floats{13, 23}) {
		t.Errorf("predictions during a fit come from the old model: %+v", got)
	}
	if status, body := c.Send(http.MethodDelete, api.PathFit, "", ""); status != http.StatusAccepted {
		t.Errorf("cancel: %d %s", status, body)
	}
	mastertest.Event(c, func(e api.FitCancelledEvent) bool { return e.FitID == running.FitID })
	c.Gate.Closed.Store(false)
	if got := c.Predict(ask); got.FitID != first.FitID || !slices.Equal(got.Y.Values, api.Floats{13, 23}) || got.Failures != nil {
		t.Errorf("after a cancelled fit: %+v", got)
	}
	if p := mastertest.Decode[api.Problem](t, second(c.Send(http.MethodDelete, api.PathFit, "", ""))); p.Code != api.CodeNoFitRunning {
		t.Errorf("cancel with nothing running: %+v", p)
	}
	if again := c.Fit(); again.FitID == first.FitID {
		t.Error("a new fit has the old one's id")
	}
}

func second(_ int, body string) string { return body }

// A worker with the wrong columns is named, and the others fit.
func TestOddWorkerIsNamed(t *testing.T) {
	c := start(t, "mean", "",
		mastertest.Shard{X: "a,x\n0,5\n", Y: "target\n1\n"}, three[0], three[1])
	fit := c.Fit()
	if len(fit.Workers) != 2 || !slices.Equal(names(fit.Failures), []string{"w1"}) || !strings.Contains(fit.Failures[0].Reason, "lacks b") {
		t.Errorf("got %+v", fit)
	}
}

func TestBadRequests(t *testing.T) {
	c := start(t, "mean", "", three...)
	c.Fit()
	for _, tt := range []struct {
		name, body string
		status     int
		says       string
	}{
		{"broken JSON", `{"X_pred_columns": [`, 400, ""},
		{"empty", ``, 422, "body"},
		{"null", `null`, 422, ""},
		{"a list", `[]`, 422, ""},
		{"an empty object", `{}`, 422, "X_pred_columns"},
		{"rows missing", `{"X_pred_columns":["a","b"]}`, 422, "X_pred_rows"},
		{"columns null", `{"X_pred_columns":null,"X_pred_rows":[[1,2]]}`, 422, "X_pred_columns"},
		{"columns numbers", `{"X_pred_columns":[1,2],"X_pred_rows":[[1,2]]}`, 422, "X_pred_columns"},
		{"no rows", `{"X_pred_columns":["a","b"],"X_pred_rows":[]}`, 422, "X_pred_rows"},
		{"a ragged row", `{"X_pred_columns":["a","b"],"X_pred_rows":[[1,2],[1]]}`, 422, "X_pred_rows[1]"},
		{"a null cell", `{"X_pred_columns":["a","b"],"X_pred_rows":[[null,2]]}`, 422, "X_pred_rows[0][0]"},
		{"text", `{"X_pred_columns":["a","b"],"X_pred_rows":[["x",2]]}`, 422, "X_pred_rows[0][0]"},
		{"infinity", `{"X_pred_columns":["a","b"],"X_pred_rows":[[1e400,2]]}`, 422, "X_pred_rows[0][0]"},
		{"NaN, which the learner does not take", `{"X_pred_columns":["a","b"],"X_pred_rows":[[NaN,2]]}`, 422, "missing"},
		{"an unknown column", `{"X_pred_columns":["a","zz"],"X_pred_rows":[[1,2]]}`, 422, "zz"},
		{"a column missing", `{"X_pred_columns":["a"],"X_pred_rows":[[1]]}`, 422, "b"},
		{"a column twice", `{"X_pred_columns":["a"," A"],"X_pred_rows":[[1,2]]}`, 422, "a"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			p := c.Problem(api.PathsOf("aggregation").Predict, tt.body, tt.status)
			all := p.Detail
			for _, f := range p.Errors {
				all += " " + f.Location
			}
			if !strings.Contains(all, tt.says) || p.Code == "" || p.Message == "" || p.Details.ErrorCode != tt.status {
				t.Errorf("got %+v, want it to say %q", p, tt.says)
			}
		})
	}
	t.Run("another content type", func(t *testing.T) {
		if status, body := c.Send(http.MethodPost, api.PathsOf("aggregation").Predict, "text/plain", ask); status != http.StatusUnsupportedMediaType {
			t.Errorf("got %d %s", status, body)
		}
	})
	t.Run("no content type is JSON", func(t *testing.T) {
		if status, body := c.Send(http.MethodPost, api.PathsOf("aggregation").Predict, "", ask); status != 200 {
			t.Errorf("got %d %s", status, body)
		}
	})
	t.Run("780 KB of bad cells come back short", func(t *testing.T) {
		body := `{"X_pred_columns":["a","b"],"X_pred_rows":[` + strings.Repeat(`["aaaaaaaa","bbbbbbbb"],`, 32_000) + `[1,2]]}`
		status, answer := c.Post(api.PathsOf("aggregation").Predict, body)
		if status != 422 || len(answer) > 16<<10 {
			t.Errorf("status %d, %d bytes", status, len(answer))
		}
	})
	t.Run("too large", func(t *testing.T) {
		body := io.MultiReader(strings.NewReader(`{"X_pred_columns":["a","b"],"X_pred_rows":[`), &zeros{n: int64(c.Config.Limits.MaxBody)})
		req, _ := http.NewRequestWithContext(t.Context(), http.MethodPost, c.Master.URL+api.PathsOf("aggregation").Predict, body)
		res, err := http.DefaultClient.Do(req)
		if err != nil {
			return // the connection was closed in the sender's face, which is as good
		}
		defer res.Body.Close()
		if res.StatusCode != http.StatusRequestEntityTooLarge {
			t.Errorf("status %d", res.StatusCode)
		}
	})
	t.Run("the model serves on", func(t *testing.T) {
		if got := c.Predict(ask); !slices.Equal(got.Y.Values, api.Floats{13, 23}) {
			t.Errorf("got %+v", got)
		}
	})
}

// zeros is a body of n spaces.
type zeros struct{ n int64 }

func (z *zeros) Read(p []byte) (int, error) {
	if z.n <= 0 {
		return 0, io.EOF
	}
	k := int(min(z.n, int64(len(p))))
	for i := range p[:k] {
		p[i] = ' '
	}
	z.n -= int64(k)
	return k, nil
}

// A hundred predictions reuse their connections.
func TestConnectionsAreKept(t *testing.T) {
	c := start(t, "mean", "", three...)
	c.Fit()
	for range 100 {
		c.Predict(ask)
	}
	for _, w := range c.Workers {
		if n := w.Connections.Load(); n > 2 {
			t.Errorf("%s: %d connections", w.Name, n)
		}
	}
}

func TestRoutes(t *testing.T) {
	c := start(t, "mean", "", three...)
	for _, tt := range []struct {
		method, path string
		status       int
	}{
		{http.MethodGet, api.PathsOf("aggregation").Fit, 405},
		{http.MethodPut, api.PathsOf("aggregation").Predict, 405},
		{http.MethodHead, api.PathsOf("aggregation").Fit, 405},
		{http.MethodPost, "/v1/chimera/nothing", 404},
		{http.MethodGet, "/", 200},
		{http.MethodGet, api.PathHealth, 200},
		{http.MethodGet, api.PathReady, 200},
		{http.MethodGet, api.PathStatus, 200},
		{http.MethodGet, api.PathLearners, 200},
		{http.MethodGet, api.PathFit, 404},
		{http.MethodPost, api.PathsOf("aggregation").Fit + "/", 307},
		{http.MethodGet, "/docs/", 200},
		{http.MethodGet, "/openapi.json", 200},
		{http.MethodGet, "/openapi.yaml", 200},
		{http.MethodGet, "/openapi-3.0.json", 200},
		{http.MethodGet, "/openapi-3.0.yaml", 200},
	} {
		t.Run(fmt.Sprint(tt.method, " ", tt.path), func(t *testing.T) {
			if status, body := c.Send(tt.method, tt.path, "", ""); status != tt.status {
				t.Errorf("status %d, want %d: %.300s", status, tt.status, body)
			}
		})
	}
}

func TestStatus(t *testing.T) {
	c := start(t, "mean", "", three...)
	fit := c.Fit()
	_, body := c.Send(http.MethodGet, api.PathStatus, "", "")
	st := mastertest.Decode[api.MasterStatus](t, body)
	if !st.Fitted || st.FitID != fit.FitID || st.Fit.State != api.FitSucceeded ||
		!cmp.Equal(st.Features, []string{"a", "b"}) || len(st.Workers) != 3 || st.Workers[0].FitID != fit.FitID {
		t.Errorf("got %+v", st)
	}
}

// A worker is asked to show that it is alive while it fits and predicts, and for nothing that is short.
func TestSignsOfLifeAreAskedFor(t *testing.T) {
	c := start(t, "mean", "", three[:1]...)
	beats := mastertest.Beats(c.Workers[0])
	c.Fit()
	c.Predict(ask)
	if got := beats(); !slices.Equal(got, []string{aggregation.PathFit, aggregation.PathPredict}) {
		t.Errorf("for %v", got)
	}
}

// Refusals are nobody's failure: a prediction before the first fit, unusable rows, a worker that is fitting. A call without an
// answer is.
func TestRefusalsAreNoFailures(t *testing.T) {
	c := start(t, "mean", "", three...)
	c.Problem(c.Paths().Predict, ask, http.StatusConflict)
	for _, m := range c.Status().Workers {
		if m.Calls == 0 || m.Failed != 0 {
			t.Errorf("after a prediction before the first fit: %+v", m)
		}
	}
	c.Fit()
	c.Workers[1].Kill()
	c.Predict(ask)
	if m := c.Member("w2"); m.Failed == 0 {
		t.Errorf("after a call without an answer: %+v", m)
	}
	if m := c.Member("w1"); m.Failed != 0 {
		t.Errorf("%+v", m)
	}
}
