package master_test

import (
	"bytes"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"github.com/gochimera/chimera/api"
	"github.com/gochimera/chimera/distribute/parameterserver"
	"github.com/gochimera/chimera/internal/mastertest"
)

// recorded is an exchange with a worker.
type recorded struct {
	mu      sync.Mutex
	request []byte
	header  http.Header
	answer  *httptest.ResponseRecorder
}

// A worker that answers a step with what it answered before, whole and with a right checksum, is found out at each step: the answer says what
// it is for. Those of an earlier fit are found out in the same way.
func TestReplayedAnswersDoNotCount(t *testing.T) {
	t.Parallel()
	shards := mastertest.Split(mastertest.ToyRows(60, 2), 3)
	s := server{learner: "sgd-classifier", settings: "max_iter: 12, n_iter_no_change: 0, quorum: 2, standardize: false"}
	c := s.start(t, shards...)
	var first recorded
	c.Workers[1].Instead(func(honest http.Handler, rw http.ResponseWriter, r *http.Request) {
		if r.URL.Path != parameterserver.PathStep {
			honest.ServeHTTP(rw, r)
			return
		}
		first.mu.Lock()
		defer first.mu.Unlock()
		if first.answer == nil {
			first.answer = httptest.NewRecorder()
			honest.ServeHTTP(first.answer, r)
		}
		for k, v := range first.answer.Header() {
			rw.Header()[k] = v
		}
		rw.WriteHeader(first.answer.Code)
		_, _ = rw.Write(first.answer.Body.Bytes())
	})
	fit := c.Fit()
	if w := fit.Workers[1]; w.Worker != "w2" || w.Steps != 1 || w.Missed != 11 {
		t.Errorf("%+v", w)
	}
	for _, m := range fit.Training.Missed {
		if m.Worker != "w2" || !strings.Contains(m.Reason, "it answered step 0") {
			t.Errorf("%+v", m)
		}
	}
	again := c.Fit()
	if len(again.Workers) != 2 || len(again.Failures) != 1 || !strings.Contains(again.Failures[0].Reason, "of fit \""+fit.FitID) {
		t.Errorf("the next fit: %+v, %+v", again.Workers, again.Failures)
	}
	alone := server{learner: s.learner, settings: s.settings}.start(t, shards[0], shards[2])
	alone.Fit()
	mastertest.CloseTo(t, "parameters", c.parameters(false), alone.parameters(false), 1e-12)
}

// A request that somebody has recorded and sends again, when its fit is over, changes nothing: it is of a fit that the worker does not know.
func TestReplayedRequestsAreOutdated(t *testing.T) {
	t.Parallel()
	c := server{learner: "sgd-classifier", settings: "max_iter: 5, n_iter_no_change: 0"}.start(t, mastertest.Split(mastertest.ToyRows(60, 2), 2)...)
	var last recorded
	c.Workers[0].Instead(func(honest http.Handler, rw http.ResponseWriter, r *http.Request) {
		if r.URL.Path == parameterserver.PathStep {
			var body bytes.Buffer
			if _, err := body.ReadFrom(r.Body); err != nil {
				t.Error(err)
			}
			last.mu.Lock()
			last.request, last.header = body.Bytes(), r.Header.Clone()
			last.mu.Unlock()
			r = r.Clone(r.Context())
			r.Body = io.NopCloser(bytes.NewReader(body.Bytes()))
		}
		honest.ServeHTTP(rw, r)
	})
	c.Fit()
	before := c.parameters(false)
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "http://"+c.Workers[0].Address+parameterserver.PathStep, bytes.NewReader(last.request))
	if err != nil {
		t.Fatal(err)
	}
	req.Header = last.header
	res, err := http.DefaultTransport.RoundTrip(req)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	var text bytes.Buffer
	if _, err := text.ReadFrom(res.Body); err != nil {
		t.Fatal(err)
	}
	if p := mastertest.Decode[api.Problem](t, text.String()); res.StatusCode != http.StatusConflict || p.Code != api.CodeOutdated {
		t.Errorf("%d %s", res.StatusCode, text.String())
	}
	mastertest.CloseTo(t, "parameters", c.parameters(false), before, 0)
}
