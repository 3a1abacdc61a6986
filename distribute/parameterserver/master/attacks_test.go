package master_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/gochimera/chimera/api"
	"github.com/gochimera/chimera/internal/mastertest"
	"github.com/gochimera/chimera/learner"
)

// lopsided deals rows to seven workers, as many as bulyan needs: to the third 60 % of them, to the
// others equal shares.
func lopsided(d learner.Dataset) []learner.Dataset {
	rows := make([][]int, 7)
	others := []int{0, 1, 3, 4, 5, 6}
	for i := range d.Len() {
		k := 2
		if i%5 < 2 {
			k = others[(i/5*2+i%5)%len(others)]
		}
		rows[k] = append(rows[k], i)
	}
	shards := make([]learner.Dataset, len(rows))
	for k := range shards {
		shards[k] = d.Select(rows[k])
	}
	return shards
}

// accuracy is that of the model in service.
func (c *cluster) accuracy(d learner.Dataset) float64 {
	c.T.Helper()
	var truth []string
	for _, y := range d.Y {
		truth = append(truth, string(d.Classes[int(y)]))
	}
	return c.Score(strings.TrimSuffix(mastertest.Request(d), "}") + `,"y_true":["` + strings.Join(truth, `","`) + `"]}`).Classification.Accuracy
}

// outliersOf are the workers that a fit names.
func outliersOf(fit api.FitResponse) (named []string) {
	for _, w := range fit.Workers {
		if w.Outlier != "" {
			named = append(named, w.Worker)
		}
	}
	return named
}

// One of seven workers attacks, the one with most of the rows. The mean loses the score, every robust
// aggregation keeps it, and the attacker is named; except by a_little_is_enough, which is made to pass
// for honest: it is not named, and as one of seven it does little harm to any aggregation.
func TestParameterServerAttacks(t *testing.T) {
	t.Parallel()
	robust := []string{"median", "trimmed_mean", "geometric_median", "krum", "multi_krum", "bulyan"}
	d := mastertest.ToyRows(420, 2)
	fit := func(c *cluster, aggregation string) (score float64, named []string) {
		server{learner: "sgd-classifier", settings: "max_iter: 16, n_iter_no_change: 0, learning_rate_init: 0.5, aggregation: " + aggregation}.over(c)
		named = outliersOf(c.Fit())
		return c.accuracy(d), named
	}
	for _, tt := range []struct {
		attack string
		breaks bool // the mean
		hidden bool // with the mean: the spoilt model makes everybody's gradients as long
	}{
		{`{"corrupt_rate":1,"attack":"none"}`, false, false},
		{`{"corrupt_rate":1,"attack":"sign_flip"}`, true, false},
		{`{"corrupt_rate":1,"attack":"scaled","attack_strength":50}`, true, false},
		{`{"corrupt_rate":1,"attack":"gaussian"}`, true, true},
		{`{"corrupt_rate":1,"attack":"label_flip"}`, true, false},
		{`{"corrupt_rate":1,"attack":"a_little_is_enough"}`, false, false},
	} {
		t.Run(tt.attack, func(t *testing.T) {
			t.Parallel()
			c := server{learner: "sgd-classifier", faults: map[int]string{2: tt.attack}}.workers(t, lopsided(d)...)
			if score, named := fit(c, "mean"); tt.breaks != (score < 0.85) || (tt.breaks && !tt.hidden) != slices.Equal(named, []string{"w3"}) {
				t.Errorf("mean: accuracy %v, named %v", score, named)
			}
			aggregations := robust
			if !tt.breaks {
				aggregations = []string{"median", "krum", "bulyan"}
			}
			for _, aggregation := range aggregations {
				if score, named := fit(c, aggregation); score < 0.9 || tt.breaks != slices.Equal(named, []string{"w3"}) {
					t.Errorf("%s: accuracy %v, named %v", aggregation, score, named)
				}
			}
		})
	}
}

// A worker of three sends moments that are a million times too large. With the median the model is as
// good as without it; the worker is named, in the report and by an event.
func TestParameterServerLyingMoments(t *testing.T) {
	d := mastertest.ToyRows(300, 2)
	lying := map[int]string{1: `{"corrupt_rate":0,"attack":"scaled","attack_strength":1e6}`} // the rate is of steps
	c := server{learner: "sgd-classifier", faults: lying}.workers(t, iid(d, 3)...)
	for _, tt := range []struct {
		aggregation string
		keeps       bool
	}{{"median", true}, {"trimmed_mean", true}, {"mean", false}} {
		server{learner: "sgd-classifier", settings: "max_iter: 40, n_iter_no_change: 0, learning_rate_init: 0.5, aggregation: " + tt.aggregation}.over(c)
		fit := c.Fit()
		if score := c.accuracy(d); tt.keeps != (score > 0.9) {
			t.Errorf("%s: accuracy %v", tt.aggregation, score)
		}
		if named := outliersOf(fit); !slices.Equal(named, []string{"w2"}) || !strings.Contains(fit.Workers[1].Outlier, "its values of the column") {
			t.Errorf("%s: named %v: %+v", tt.aggregation, named, fit.Workers)
		}
		e := mastertest.Event(c.Cluster, func(e api.WorkerOutlierEvent) bool { return e.FitID == fit.FitID })
		if e.Worker != "w2" || e.Step != 0 || e.Reason != fit.Workers[1].Outlier {
			t.Errorf("%s: %+v", tt.aggregation, e)
		}
	}
}

// Of three workers one turns its gradients: with the mean the others still descend, slowly, and the fit
// says who is against them. Honest workers with skewed rows are not named.
func TestParameterServerNamesOutliers(t *testing.T) {
	d := mastertest.ToyRows(300, 2)
	const settings = "max_iter: 40, n_iter_no_change: 0, learning_rate_init: 0.05"
	c := server{learner: "sgd-classifier", settings: settings, faults: map[int]string{0: `{"corrupt_rate":1,"attack":"sign_flip"}`}}.start(t, iid(d, 3)...)
	fit := c.Fit()
	if named := outliersOf(fit); !slices.Equal(named, []string{"w1"}) {
		t.Errorf("named %v: %+v", named, fit.Workers)
	}
	if w := fit.Workers[0]; w.Distance < 1.6 || w.Distance > 2.2 || !strings.Contains(w.Outlier, "against") {
		t.Errorf("%+v", w)
	}
	if e := mastertest.Event(c.Cluster, func(api.WorkerOutlierEvent) bool { return true }); e.Worker != "w1" || e.Step != 32 || e.FitID != fit.FitID {
		t.Errorf("%+v", e)
	}
	honest := server{learner: "sgd-classifier", settings: settings}.start(t, mastertest.Split(d, 3)...)
	if fit := honest.Fit(); outliersOf(fit) != nil || fit.Workers[0].Distance == 0 {
		t.Errorf("%+v", fit.Workers)
	}
}

// A training that a worker makes diverge says which worker, not only that the steps are too long.
func TestParameterServerDivergesByOneWorker(t *testing.T) {
	c := server{learner: "sgd-regressor", settings: "max_iter: 50", faults: map[int]string{1: `{"corrupt_rate":1,"corrupt":"scale"}`}}.
		start(t, iid(mastertest.ToyRows(90, 0), 3)...)
	p := c.Problem(api.PathsOf("parameter-server").Fit, "", http.StatusUnprocessableEntity)
	if p.Code != api.CodeDiverged || !strings.Contains(p.Detail, "worker w2 stands out: its gradients are") {
		t.Errorf("%+v", p)
	}
}
