package masterstest

import (
	"fmt"
	"math"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/gochimera/chimera/api"
	"github.com/gochimera/chimera/internal/mastertest"
	"github.com/gochimera/chimera/learner"
)

// and adds fields to a request.
func and(body, fields string) string { return strings.TrimSuffix(body, "}") + "," + fields + "}" }

// checkExplain: what a master says of its model follows from its predictions; what its learners do not tell is refused with what to do
// instead.
func checkExplain(t *testing.T, f *fixture) {
	s := f.start(t)
	asked := []string{api.PathImportances, api.PathLinearCoefficients, api.PathOutOfBag, api.PathStructure}
	scored, rows := scoreRequest(f.rows, 40), request(f.rows, 20, []int{2, 0, 1})
	before := []string{
		s.problemAt(http.MethodPost, api.PathPermutationImportance, scored),
		s.problemAt(http.MethodPost, api.PathPartialDependence, and(rows, `"column":"a"`)),
	}
	for _, path := range asked[:2] {
		before = append(before, s.problemAt(http.MethodGet, path, ""))
	}
	for _, p := range before {
		if mastertest.Decode[api.Problem](t, p).Status != http.StatusConflict {
			t.Errorf("an explanation before the first fit: %s", p)
		}
	}
	s.Fit()
	for _, path := range asked {
		status, body := s.Send(http.MethodGet, path, "", "")
		if status == http.StatusOK {
			continue // the kinds' own tests look at the numbers
		}
		p := mastertest.Decode[api.Problem](t, body)
		if status != http.StatusConflict || p.Code != api.CodeNotExplained || !strings.Contains(p.Detail, api.PathPermutationImportance) {
			t.Errorf("%s: status %d: %s", path, status, body)
		}
	}
	f.checkPermutation(t, s, scored)
	f.checkDependence(t, s, rows)
	f.checkRefusals(t, s, scored, rows)
}

// problemAt is the body of an error answer.
func (s *system) problemAt(method, path, body string) string {
	s.T.Helper()
	status, answer := s.Send(method, path, "application/json", body)
	if status < http.StatusBadRequest {
		s.T.Errorf("%s: status %d: %s", path, status, answer)
	}
	return answer
}

func (s *system) explained(path, body string) string {
	s.T.Helper()
	status, answer := s.Post(path, body)
	if status != http.StatusOK {
		s.T.Fatalf("%s: status %d: %s", path, status, answer)
	}
	return answer
}

// checkPermutation: the baseline is the score; one seed gives one answer; the column that the target depends on most matters most.
func (f *fixture) checkPermutation(t *testing.T, s *system, scored string) {
	score := s.Score(scored)
	text := s.explained(api.PathPermutationImportance, and(scored, `"n_repeats":3,"seed":7`))
	got := mastertest.Decode[api.PermutationImportances](t, text)
	var baseline float64
	metric := "accuracy"
	if score.Classification != nil {
		baseline = score.Classification.Accuracy
	} else {
		baseline, metric = score.Regression.R2, "r2"
	}
	if got.Baseline != baseline || got.Metric != metric || got.Rows != 40 || got.Repeats != 3 || got.Seed != 7 || got.FitID != s.Status().FitID {
		t.Errorf("%+v, want the %s %v", got, metric, baseline)
	}
	var names []string
	most := got.Columns[0]
	for _, c := range got.Columns {
		names = append(names, c.Column)
		var mean float64
		for _, v := range c.Importances {
			mean += v / 3
		}
		if len(c.Importances) != 3 || math.Abs(mean-c.Mean) > 1e-12 {
			t.Errorf("%+v", c)
		}
		if c.Mean > most.Mean {
			most = c
		}
	}
	slices.Sort(names)
	if !slices.Equal(names, f.rows.Features) || most.Column != "a" || most.Mean <= 0 {
		t.Errorf("columns %v; %s matters most, by %v", names, most.Column, most.Mean)
	}
	if again := s.explained(api.PathPermutationImportance, and(scored, `"seed":7,"n_repeats":3`)); again != text {
		t.Errorf("one seed: %s and %s", text, again)
	}
	if other := s.explained(api.PathPermutationImportance, and(scored, `"n_repeats":3,"seed":8`)); other == text {
		t.Errorf("another seed: %s", other)
	}
	less, other := "log_loss", "mean_squared_error"
	if score.Regression != nil {
		less, other = other, less
	}
	worse := mastertest.Decode[api.PermutationImportances](t, s.explained(api.PathPermutationImportance, and(scored, `"metric":"`+less+`"`)))
	i := slices.IndexFunc(worse.Columns, func(c api.PermutationImportance) bool { return c.Column == "a" })
	if worse.Repeats != api.DefaultRepeats || worse.Baseline < 0 || worse.Columns[i].Mean <= 0 {
		t.Errorf("by %s: %+v", less, worse)
	}
	if p := s.Problem(api.PathPermutationImportance, and(scored, `"metric":"`+other+`"`), http.StatusUnprocessableEntity); !strings.Contains(p.Detail, less) {
		t.Errorf("by %s: %s", other, p.Detail)
	}
}

// checkDependence: each number is the mean of the predictions for the rows with that value.
func (f *fixture) checkDependence(t *testing.T, s *system, rows string) {
	got := mastertest.Decode[api.PartialDependence](t, s.explained(api.PathPartialDependence, and(rows, `"column":" A ","grid_resolution":4`)))
	if len(got.Values) != 4 || got.Column != "a" || got.Rows != 20 || !slices.IsSorted(got.Values) || !slices.Equal(got.Classes, f.rows.Classes) {
		t.Fatalf("%+v", got)
	}
	for k, v := range got.Values {
		d := f.rows.Select(slices.Collect(indices(20)))
		for i := range 20 {
			d.X.Set(i, 0, v)
		}
		p := s.Predict(request(d, 20, []int{0, 1, 2}))
		want := make([]float64, max(len(f.rows.Classes), 1))
		for i := range 20 {
			for o := range want {
				if p.Proba.Dense != nil {
					want[o] += p.Proba.At(i, o) / 20
				} else {
					want[o] += p.Y.Values[i] / 20
				}
			}
		}
		for o := range want {
			if math.Abs(want[o]-got.Average[o][k]) > 1e-12 {
				t.Errorf("at %v, output %d: %v, want %v", v, o, got.Average[o][k], want[o])
			}
		}
	}
	all := mastertest.Decode[api.PartialDependence](t, s.explained(api.PathPartialDependence, and(rows, `"column":"b"`)))
	distinct := map[float64]bool{}
	for i := range 20 {
		distinct[f.rows.X.At(i, 1)] = true
	}
	if len(all.Values) != len(distinct) { // fewer than the default resolution
		t.Errorf("%d values of %d", len(all.Values), len(distinct))
	}
}

func indices(n int) func(yield func(int) bool) {
	return func(yield func(int) bool) {
		for i := range n {
			if !yield(i) {
				return
			}
		}
	}
}

// checkRefusals: what is wrong with a request is named with its place.
func (f *fixture) checkRefusals(t *testing.T, s *system, scored, rows string) {
	for _, c := range []struct{ path, body, location, says string }{
		{api.PathPermutationImportance, and(scored, `"n_repeats":0`), "body.n_repeats", "from 1 to 1000"},
		{api.PathPermutationImportance, and(scored, `"n_repeats":2.5`), "body.n_repeats", "whole number"},
		{api.PathPermutationImportance, and(scored, `"n_repeats":null`), "body.n_repeats", "whole number"},
		{api.PathPermutationImportance, and(scored, `"n_repeats":1001`), "body.n_repeats", "from 1 to 1000"},
		{api.PathPermutationImportance, and(scored, `"seed":-1`), "body.seed", "at least 0"},
		{api.PathPermutationImportance, and(scored, `"metric":"beauty"`), "body.metric", "beauty"},
		{api.PathPermutationImportance, and(scored, `"metric":3`), "body.metric", "want the name"},
		{api.PathPermutationImportance, rows, "body.y_true", "missing"},
		{api.PathPermutationImportance, `{"X_pred_columns":["a"],"X_pred_rows":[[1]],"y_true":[1]}`, "body.X_pred_columns", "missing: "},
		{api.PathPartialDependence, rows, "body.column", "missing"},
		{api.PathPartialDependence, and(rows, `"column":"z"`), "body.column", "a"},
		{api.PathPartialDependence, and(rows, `"column":["a"]`), "body.column", "name of a column"},
		{api.PathPartialDependence, and(rows, `"column":"a","grid_resolution":1`), "body.grid_resolution", "from 2"},
		{api.PathPartialDependence, and(rows, `"column":"a","percentiles":[0.9,0.1]`), "body.percentiles", "lower one first"},
		{api.PathPartialDependence, and(rows, `"column":"a","percentiles":[0.1]`), "body.percentiles", "two shares"},
		{api.PathPartialDependence, and(rows, `"column":"a","percentiles":[0,1.5]`), "body.percentiles", "from 0 to 1"},
		{api.PathPartialDependence, `{"X_pred_columns":["b","c"],"X_pred_rows":[[1,2]],"column":"b"}`, "body.X_pred_columns", "missing: a"},
	} {
		p := s.Problem(c.path, c.body, http.StatusUnprocessableEntity)
		if len(p.Errors) == 0 || p.Errors[0].Location != c.location || !strings.Contains(p.Detail, c.says) {
			t.Errorf("%s: %+v, want %s and %q", c.body[max(0, len(c.body)-80):], p, c.location, c.says)
		}
	}
	wide := learner.Dataset{Schema: f.rows.Schema, X: f.rows.X, Y: f.rows.Y}
	var many strings.Builder
	body := scoreRequest(wide, 1)
	row := body[strings.Index(body, "[[")+1 : strings.Index(body, "]]")+1]
	truth := body[strings.Index(body, `"y_true":[`)+len(`"y_true":[`) : strings.LastIndex(body, "]")]
	const rowsOf = 3400 // 1 + 3 * 1000 predictions for each are more than 10 million rows
	fmt.Fprintf(&many, `{"X_pred_columns":["a","b","c"],"X_pred_rows":[%s],"y_true":[%s],"n_repeats":1000}`,
		strings.Join(slices.Repeat([]string{row}, rowsOf), ","), strings.Join(slices.Repeat([]string{truth}, rowsOf), ","))
	if p := s.Problem(api.PathPermutationImportance, many.String(), http.StatusUnprocessableEntity); !strings.Contains(p.Detail, "Send at most 3332 rows") {
		t.Errorf("too much work: %s", p.Detail)
	}
}
