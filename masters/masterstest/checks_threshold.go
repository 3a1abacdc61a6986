package masterstest

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/gochimera/chimera/api"
	"github.com/gochimera/chimera/internal/mastertest"
	"github.com/gochimera/chimera/learner"
)

// checkThreshold: a request's threshold decides which of two classes is the label, in predictions and scores; it changes no
// probability, and is refused where it is no probability or there are no two classes.
func checkThreshold(t *testing.T, f *fixture) {
	s := f.start(t)
	s.Fit()
	with := func(body, threshold string) string {
		return strings.TrimSuffix(body, "}") + `,"threshold":` + threshold + "}"
	}
	for _, bad := range []string{"0", "1", "-0.5", `"half"`, "[0.5]", "null"} {
		if p := s.Problem(s.Paths().Predict, with(f.request(), bad), http.StatusUnprocessableEntity); !strings.Contains(p.Detail, "threshold: ") {
			t.Errorf("%s: %s", bad, p.Detail)
		}
	}
	plain, _ := s.predict(f.request())
	if plain.Proba.Dense == nil {
		for _, path := range []string{s.Paths().Predict, s.Paths().Score} {
			if p := s.Problem(path, with(scoreRequest(f.rows, 5), "0.3"), http.StatusUnprocessableEntity); !strings.Contains(p.Detail, "the model has no classes") {
				t.Error(p.Detail)
			}
		}
		return
	}
	for _, threshold := range []float64{0.01, 0.3, 0.5, 0.9, 0.99} {
		p, _ := s.predict(with(f.request(), fmt.Sprint(threshold)))
		for i := range p.Labels {
			second := p.Proba.At(i, 1)
			if second != plain.Proba.At(i, 1) {
				t.Fatalf("with threshold %v row %d has probability %v, and %v without", threshold, i, second, plain.Proba.At(i, 1))
			}
			want := learner.Label("0")
			if second >= threshold {
				want = "1"
			}
			if p.Labels[i] != want {
				t.Errorf("threshold %v, probability %v: label %s", threshold, second, p.Labels[i])
			}
		}
		status, body := s.Post(s.Paths().Score, with(scoreRequest(f.rows, 20), fmt.Sprint(threshold)))
		if status != http.StatusOK {
			t.Fatalf("status %d: %s", status, body)
		}
		right := 0.0
		for i, label := range p.Labels {
			if label == learner.NumberLabel(f.rows.Y[i]) {
				right++
			}
		}
		if r := mastertest.Decode[api.ScoreResponse](t, body); r.Classification == nil || r.Classification.Accuracy != right/20 {
			t.Errorf("threshold %v: %s, want accuracy %v", threshold, body, right/20)
		}
	}
}
