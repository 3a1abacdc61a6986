package master_test

import (
	"encoding/json"
	"fmt"
	"math"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/gochimera/chimera/api"
	"github.com/gochimera/chimera/distribute/aggregation/master"
	"github.com/gochimera/chimera/internal/mastertest"
	"github.com/gochimera/chimera/learner"
	"github.com/gochimera/chimera/prepare"
	"github.com/gochimera/chimera/registry"
)

// A worker whose summary is of no rows that it could have is out, with the reason; the others are prepared as if it were not there, and the quorum
// decides whether that is a fit.
func TestSummariesThatLie(t *testing.T) {
	rows, targets := mastertest.Mixed(60, true)
	shards := mastertest.MixedShards(rows, targets, 3)
	const encode = "prepare: {columns: {colour: {encode: target}}}\n"
	c := mastertest.Start(t, master.New(), registry.Default, "logistic-regression", encode+"aggregation: {quorum: 2}\n", shards...)
	c.Workers[1].Kill()
	want := prepared(t, c.Fit()) // without the second
	c.Workers[1].Start(t)
	for name, tt := range map[string]struct {
		lie  func(*prepare.Summary)
		says string
	}{
		"rows":       {func(s *prepare.Summary) { s.Rows *= 2 }, "rows, want"},
		"columns":    {func(s *prepare.Summary) { s.Columns = s.Columns[:2] }, "2 columns"},
		"missing":    {func(s *prepare.Summary) { s.Columns[0].Missing = -1 }, `column "age": -1 missing`},
		"sum":        {func(s *prepare.Summary) { s.Columns[2].Sum = []float64{math.MaxFloat64} }, `column "size"`},
		"squares":    {func(s *prepare.Summary) { s.Columns[2].Squares = []float64{-4} }, "sum of squares"},
		"categories": {func(s *prepare.Summary) { s.Columns[1].Categories.Labels[0] = "zebra" }, `column "colour"`},
		"counts":     {func(s *prepare.Summary) { s.Columns[1].Categories.Counts[0]++ }, "add up"},
		"targets": {func(s *prepare.Summary) {
			for k := range s.Targets {
				if s.Targets[k].Rows > 0 {
					s.Targets[k].Classes = []int{0, s.Targets[k].Rows + 1}
					return
				}
			}
		}, "targets"},
		"targets of a category": {func(s *prepare.Summary) { s.Columns[1].Categories.Targets[0] = nil }, "0 folds"},
		"too many categories":   {func(s *prepare.Summary) { s.Columns[1].Categories = &prepare.Categories{Over: true} }, "more than"},
	} {
		t.Run(name, func(t *testing.T) {
			mastertest.LieAt(t, c.Workers[1], api.PathSummary, tt.lie)
			c.Over(master.New())
			c.Serve(threeOf("logistic-regression")+encode+"aggregation: {quorum: 2}\n", registry.Default)
			fit := c.Fit()
			if len(fit.Failures) != 1 || fit.Failures[0].Worker != "w2" || !strings.Contains(fit.Failures[0].Reason, tt.says) {
				t.Errorf("%+v, want a failure of w2 that says %q", fit.Failures, tt.says)
			}
			if got := prepared(t, fit); got != want {
				t.Errorf("prepared as %s, want %s", got, want)
			}
			c.Over(master.New())
			c.Serve(threeOf("logistic-regression")+encode+"aggregation: {quorum: 3}\n", registry.Default)
			p := c.Problem(c.Paths().Fit, "", http.StatusBadGateway)
			if !slices.ContainsFunc(p.Workers, func(f api.WorkerFailure) bool { return f.Worker == "w2" && strings.Contains(f.Reason, tt.says) }) {
				t.Errorf("%+v, want w2 to be named", p)
			}
		})
	}
}

// threeOf are three workers with a learner, for chimera.yaml.
func threeOf(name string) string {
	list := "workers:\n"
	for i := range 3 {
		list += fmt.Sprintf("  - {name: w%d, learner: %s}\n", i+1, name)
	}
	return list
}

// prepared is what a fit says of the preparation.
func prepared(t *testing.T, fit api.FitResponse) string {
	t.Helper()
	text, err := json.Marshal(fit.Prepared)
	if err != nil || len(fit.Prepared) == 0 {
		t.Fatalf("%v in %+v", err, fit)
	}
	return string(text)
}

// So is a worker whose description of its rows or of its learner cannot be right.
func TestSchemasThatLie(t *testing.T) {
	rows, targets := mastertest.Mixed(60, true)
	c := mastertest.Start(t, master.New(), registry.Default, "tree-classifier", "aggregation: {quorum: 2}\n", mastertest.MixedShards(rows, targets, 3)...)
	c.Workers[1].Kill()
	want := prepared(t, c.Fit())
	c.Workers[1].Start(t)
	for name, tt := range map[string]struct {
		lie  func(*api.WorkerSchema)
		says string
	}{
		"texts":      {func(s *api.WorkerSchema) { s.TextColumns = []string{"poem"} }, "no column poem"},
		"missing":    {func(s *api.WorkerSchema) { s.MissingColumns = []string{"poem"} }, "no column poem"},
		"traits":     {func(s *api.WorkerSchema) { s.Traits = &learner.Traits{} }, "knows it otherwise"},
		"one trait":  {func(s *api.WorkerSchema) { s.Traits.AllowsMissing = false }, "knows it otherwise"},
		"other rows": {func(s *api.WorkerSchema) { s.Rows++ }, "rows"},
	} {
		t.Run(name, func(t *testing.T) {
			mastertest.LieAt(t, c.Workers[1], api.PathSchema, tt.lie)
			c.Over(master.New())
			c.Serve(threeOf("tree-classifier")+"aggregation: {quorum: 2}\n", registry.Default)
			fit := c.Fit()
			if len(fit.Failures) != 1 || fit.Failures[0].Worker != "w2" || !strings.Contains(fit.Failures[0].Reason, tt.says) {
				t.Errorf("%+v, want a failure of w2 that says %q", fit.Failures, tt.says)
			}
			if got := prepared(t, fit); got != want {
				t.Errorf("prepared as %s, want %s", got, want)
			}
		})
	}
}
