package masterstest

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/gochimera/chimera/api"
	"github.com/gochimera/chimera/config"
	"github.com/gochimera/chimera/distribute"
	"github.com/gochimera/chimera/internal/mastertest"
	"github.com/gochimera/chimera/masters/cluster"
)

func kindOf(t *testing.T, c Case) distribute.Kind {
	t.Helper()
	kind, known := distribute.Lookup(c.New().Kind())
	if !known {
		t.Fatalf("the kind %q is not registered: call distribute.Register in an init function of its package", c.New().Kind())
	}
	return kind
}

func (f *fixture) start(t *testing.T) *system {
	t.Helper()
	return start(t, f.Case, f.shards)
}

func (f *fixture) request() string { return request(f.rows, 20, []int{0, 1, 2}) }

func checkKind(t *testing.T, f *fixture) {
	kind := kindOf(t, f.Case)
	if got := f.New().Kind(); got != kind.Name {
		t.Errorf("Kind is %q and then %q", kind.Name, got)
	}
	info, err := f.registry().Lookup(f.Learner)
	if err != nil {
		t.Fatal(err)
	}
	if need, lacks := kind.Lacks(info); lacks {
		t.Errorf("the learner of this test cannot be trained: %s", need.Lacking)
	}
}

func checkUsedOnce(t *testing.T, f *fixture) {
	yaml := "project: p\nmaster: " + kindOf(t, f.Case).Name + "\nlearner: " + f.Learner + "\nparams: " + orEmpty(f.Params) + "\nworkers: 3\n"
	cfg, err := config.Parse("chimera.yaml", []byte(yaml), config.Options{Catalogue: f.registry()})
	if err != nil {
		t.Fatal(err)
	}
	setup := cluster.Setup{Config: cfg, Registry: f.registry()}
	for _, w := range cfg.Workers {
		setup.Workers = append(setup.Workers, cluster.Endpoint{Name: w.Name, URL: "http://127.0.0.1:1"})
	}
	m := f.New()
	if _, err := cluster.NewServer(m, setup); err != nil {
		t.Fatal(err)
	}
	if _, err := cluster.NewServer(m, setup); err == nil {
		t.Error("the same master was mounted on two servers, which would share its model")
	}
	if m.Quorum() < 1 || m.Quorum() > len(setup.Workers) {
		t.Errorf("the quorum of %d workers is %d", len(setup.Workers), m.Quorum())
	}
}

func checkBeforeFit(t *testing.T, f *fixture) {
	s := f.start(t)
	p := s.Problem(s.Paths().Predict, f.request(), http.StatusConflict)
	if p.Code != api.CodeNotFitted {
		t.Errorf("predict before fit: code %s, want %s", p.Code, api.CodeNotFitted)
	}
	if s.Status().Fitted {
		t.Error("the status says that there is a model")
	}
}

func checkFit(t *testing.T, f *fixture) {
	s := f.start(t)
	r := s.Fit()
	if r.Fit != "ok" || r.FitID == "" || r.Seconds <= 0 || r.Rows == 0 {
		t.Errorf("the answer lacks something: %+v", r)
	}
	var took []string
	for _, w := range r.Workers {
		took = append(took, w.Worker)
	}
	if want := s.Server.Names(); !slices.Equal(took, want) {
		t.Errorf("took part %v, want %v", took, want)
	}
	if !slices.Equal(r.Classes, f.rows.Classes) {
		t.Errorf("classes %v, want %v", r.Classes, f.rows.Classes)
	}
	st := s.Status()
	if !st.Fitted || st.FitID != r.FitID || st.Fit == nil || st.Fit.State != api.FitSucceeded {
		t.Errorf("the status does not show the fit: %+v", st)
	}
	slices.Sort(st.Features)
	if !slices.Equal(st.Features, f.rows.Features) {
		t.Errorf("features %v, want %v", st.Features, f.rows.Features)
	}
	p, _ := s.predict(f.request())
	if p.FitID != r.FitID || p.Y.Len() != 20 {
		t.Errorf("predicted %d rows with the model of fit %q, want 20 of %q", p.Y.Len(), p.FitID, r.FitID)
	}
}

func checkColumns(t *testing.T, f *fixture) {
	s := f.start(t)
	s.Fit()
	_, want := s.predict(f.request())
	if _, got := s.predict(request(f.rows, 20, []int{2, 0, 1})); got != want {
		t.Errorf("the same rows with another order of columns: %s, want %s", got, want)
	}
	wide := request(widened(f.rows, "id"), 20, []int{3, 1, 0, 2})
	if p, got := s.predict(wide); got != want || len(p.Notes) != 1 || !strings.Contains(p.Notes[0], "id") {
		t.Errorf("the same rows with an extra column: %s with the notes %q, want %s and a note that names the column", got, p.Notes, want)
	}
	if _, got := s.predict(request(f.rows, 1, []int{0, 1, 2})); !strings.HasPrefix(want, got[:2]) {
		t.Errorf("one row: %s", got)
	}
}

func checkWrongRows(t *testing.T, f *fixture) {
	s := f.start(t)
	s.Fit()
	path := s.Paths().Predict
	for name, c := range map[string]struct {
		body   string
		status int
	}{
		"no JSON":          {`{`, http.StatusBadRequest},
		"no rows":          {`{"X_pred_columns":["a","b","c"],"X_pred_rows":[]}`, http.StatusUnprocessableEntity},
		"a missing column": {`{"X_pred_columns":["a","b"],"X_pred_rows":[[1,2]]}`, http.StatusUnprocessableEntity},
		"another column":   {`{"X_pred_columns":["a","b","z"],"X_pred_rows":[[1,2,3]]}`, http.StatusUnprocessableEntity},
		"a short row":      {`{"X_pred_columns":["a","b","c"],"X_pred_rows":[[1,2]]}`, http.StatusUnprocessableEntity},
	} {
		if p := s.Problem(path, c.body, c.status); p.Detail == "" {
			t.Errorf("%s: refused without a reason", name)
		}
	}
}

func checkScore(t *testing.T, f *fixture) {
	s := f.start(t)
	s.Fit()
	status, body := s.Post(s.Paths().Score, scoreRequest(f.rows, f.rows.Len()))
	if status != http.StatusOK {
		t.Fatalf("score: status %d: %s", status, body)
	}
	r := mastertest.Decode[api.ScoreResponse](t, body)
	got := 0.0
	switch {
	case r.Classification != nil:
		got = r.Classification.Accuracy
	case r.Regression != nil:
		got = r.Regression.R2
	default:
		t.Fatalf("no score: %s", body)
	}
	if got < r.Baseline+f.Beats {
		t.Errorf("score %.4g on its own training rows, baseline %.4g: want %.4g more", got, r.Baseline, f.Beats)
	}
}

func checkSameBits(t *testing.T, f *fixture) {
	one, two := f.start(t), f.start(t)
	one.Fit()
	two.Fit()
	_, want := one.predict(f.request())
	if _, got := two.predict(f.request()); got != want {
		t.Errorf("two systems with one seed differ:\n%s\n%s", got, want)
	}
	one.Fit()
	if _, got := one.predict(f.request()); got != want {
		t.Errorf("a second fit differs from the first:\n%s\n%s", got, want)
	}
}

// checkOrder makes the first worker answer the first calls last.
func checkOrder(t *testing.T, f *fixture) {
	plain, turned := f.start(t), f.start(t)
	plain.Fit()
	_, want := plain.predict(f.request())
	held, release := turned.workers[0].holdBack()
	done := make(chan struct{})
	go func() {
		defer close(done)
		turned.Fit()
	}()
	<-held // the others answer meanwhile
	release()
	<-done
	if _, got := turned.predict(f.request()); got != want {
		t.Errorf("with a first worker that answers last:\n%s\nwant\n%s", got, want)
	}
}

func checkSecondFit(t *testing.T, f *fixture) {
	s := f.start(t)
	first, second := s.Fit(), s.Fit()
	if first.FitID == second.FitID {
		t.Fatalf("two fits have one id, %s", first.FitID)
	}
	if p, _ := s.predict(f.request()); p.FitID != second.FitID {
		t.Errorf("fit %s serves, want %s", p.FitID, second.FitID)
	}
}
