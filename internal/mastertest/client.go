package mastertest

import (
	"encoding/json"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/gochimera/chimera/api"
)

// Event waits for an event of type E that accept accepts.
func Event[E api.Event](c *Cluster, accept func(E) bool) E {
	c.T.Helper()
	events, stop := c.Server.Events()
	defer stop()
	for {
		select {
		case env, open := <-events:
			if !open {
				c.T.Fatal("the events ended")
			}
			if e, ok := env.Event.(E); ok && accept(e) {
				return e
			}
		case <-c.T.Context().Done():
			c.T.Fatal("the test ended before the event came")
		}
	}
}

// Paths are the paths of the master's kind.
func (c *Cluster) Paths() api.Paths { return api.PathsOf(c.Kind.Kind()) }

// Post sends a body and returns status and answer.
func (c *Cluster) Post(path, body string) (status int, answer string) {
	c.T.Helper()
	return c.Send(http.MethodPost, path, "application/json", body)
}

// Send makes any request, without a content type if that is empty. It does not follow redirects. A problem that the operation does
// not document fails the test.
func (c *Cluster) Send(method, path, contentType, body string) (status int, answer string) {
	c.T.Helper()
	req, err := http.NewRequestWithContext(c.T.Context(), method, c.Master.URL+path, strings.NewReader(body))
	if err != nil {
		c.T.Fatal(err)
	}
	if contentType != "" {
		req.Header.Set("Content-Type", contentType)
	}
	res, err := http.DefaultTransport.RoundTrip(req)
	if err != nil {
		c.T.Fatal(err)
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	if err != nil {
		c.T.Fatal(err)
	}
	if len(b) > 0 && res.Header.Get("Content-Type") == "application/problem+json" {
		if p := Decode[api.Problem](c.T, string(b)); !c.Server.Documents(req, &p) && !slices.Contains(c.Undocumented, p.Code) {
			c.T.Errorf("%s %s: the document of the operation does not have the problem %d %s", method, path, p.Status, p.Code)
		}
	}
	return res.StatusCode, string(b)
}

// Fit calls fit, which must succeed, and decodes the answer.
func (c *Cluster) Fit() api.FitResponse {
	c.T.Helper()
	status, body := c.Post(c.Paths().Fit, "")
	if status != http.StatusOK {
		c.T.Fatalf("fit: status %d: %s", status, body)
	}
	return Decode[api.FitResponse](c.T, body)
}

// Predict calls predict, which must succeed, and decodes the answer.
func (c *Cluster) Predict(body string) api.PredictResponse {
	c.T.Helper()
	status, answer := c.Post(c.Paths().Predict, body)
	if status != http.StatusOK {
		c.T.Fatalf("predict: status %d: %s", status, answer)
	}
	return Decode[api.PredictResponse](c.T, answer)
}

// Score calls score, which must succeed, and decodes the answer.
func (c *Cluster) Score(body string) api.ScoreResponse {
	c.T.Helper()
	status, answer := c.Post(c.Paths().Score, body)
	if status != http.StatusOK {
		c.T.Fatalf("score: status %d: %s", status, answer)
	}
	return Decode[api.ScoreResponse](c.T, answer)
}

// Problem posts a request that must be refused, and decodes the problem.
func (c *Cluster) Problem(path, body string, wantStatus int) api.Problem {
	c.T.Helper()
	status, answer := c.Post(path, body)
	if status != wantStatus {
		c.T.Fatalf("%s: status %d, want %d: %s", path, status, wantStatus, answer)
	}
	return Decode[api.Problem](c.T, answer)
}

// Status is what the master reports about itself.
func (c *Cluster) Status() api.MasterStatus {
	c.T.Helper()
	status, body := c.Send(http.MethodGet, api.PathStatus, "", "")
	if status != http.StatusOK {
		c.T.Fatalf("status: status %d: %s", status, body)
	}
	return Decode[api.MasterStatus](c.T, body)
}

// Member is what the master reports about a worker.
func (c *Cluster) Member(worker string) api.Member {
	c.T.Helper()
	for _, m := range c.Status().Workers {
		if m.Worker == worker {
			return m
		}
	}
	c.T.Fatalf("no worker %s", worker)
	return api.Member{}
}

// Settled waits until the master has a worker in a state. It polls, because not every state has an
// event.
func (c *Cluster) Settled(worker string, state api.MemberState) {
	c.T.Helper()
	for c.T.Context().Err() == nil {
		if c.Member(worker).State == state {
			return
		}
	}
	c.T.Fatalf("worker %s did not become %s", worker, state)
}

// Decode reads an answer's JSON.
func Decode[T any](t *testing.T, body string) T {
	t.Helper()
	var v T
	if err := json.NewDecoder(strings.NewReader(body)).Decode(&v); err != nil {
		t.Fatalf("%v in %s", err, body)
	}
	return v
}

// FitTold fits, and returns what listeners are told of the fit, from its start to its end.
func (c *Cluster) FitTold() (fit api.FitResponse, told []api.Event) {
	c.T.Helper()
	fit = c.Fit()
	events, stop := c.Server.Events()
	defer stop()
	for env := range events {
		told = append(told, env.Event)
		if e, is := env.Event.(api.FitCommittedEvent); is && e.FitID == fit.FitID {
			return fit, told
		}
	}
	c.T.Fatal("the events ended before the fit")
	return fit, told
}

// Told are the events of one kind.
func Told[E api.Event](events []api.Event) (some []E) {
	for _, e := range events {
		if e, is := e.(E); is {
			some = append(some, e)
		}
	}
	return some
}

// CheckSteps checks what listeners are told of the steps of a fit: the first and the last, who took part, and times that add up.
func (c *Cluster) CheckSteps(fit *api.FitResponse, told []api.Event) {
	c.T.Helper()
	steps := Told[api.StepEvent](told)
	if len(steps) == 0 || steps[0].Step != 1 || steps[len(steps)-1].Step != fit.Training.Steps {
		c.T.Fatalf("of %d steps these are told: %+v", fit.Training.Steps, steps)
	}
	for _, e := range steps {
		if len(e.Parts) != len(c.Workers) || e.FitID != fit.FitID {
			c.T.Fatalf("step %d of fit %s has parts %+v", e.Step, e.FitID, e.Parts)
		}
		for i, p := range e.Parts {
			if p.Worker != c.Workers[i].Name || p.Missed != "" || p.Total.Steps != e.Step {
				c.T.Errorf("step %d: part %d is %+v", e.Step, i, p)
			}
			if !(0 < p.SentAt && p.SentAt < p.AnsweredAt && p.AnsweredAt <= e.At) || p.Computing <= 0 || p.Computing+p.Wire > p.AnsweredAt-p.SentAt+1e-5 {
				c.T.Errorf("step %d: the times of part %d are %+v, told at %v", e.Step, i, p, e.At)
			}
			if p.Rows < 1 || p.Total.Computing < p.Computing || p.Total.Sent < p.Sent || p.Total.Received < p.Received || p.Sent+p.Received == 0 {
				c.T.Errorf("step %d: part %d is %+v", e.Step, i, p)
			}
		}
	}
	began := Told[api.WorkerBeganEvent](told)
	if len(began) != len(c.Workers) {
		c.T.Errorf("of %d workers these began: %+v", len(c.Workers), began)
	}
	for _, e := range began {
		if e.FitID != fit.FitID || e.Rows < 1 || e.At <= 0 || e.At > steps[0].Parts[0].SentAt {
			c.T.Errorf("%+v, and the first step was sent at %v", e, steps[0].Parts[0].SentAt)
		}
	}
	started := Told[api.FitStartedEvent](told)
	if len(started) != 1 || started[0].Master != c.Kind.Kind() || started[0].Started.IsZero() || started[0].Resumed {
		c.T.Errorf("the start of the fit is %+v", started)
	}
}
