package master_test

import (
	"context"
	"net/http"
	"testing"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"

	"github.com/gochimera/chimera/api"
	"github.com/gochimera/chimera/distribute/aggregation/master"
	"github.com/gochimera/chimera/internal/mastertest"
	"github.com/gochimera/chimera/learner"
	_ "github.com/gochimera/chimera/learner/bayes"
	_ "github.com/gochimera/chimera/learner/linear"
	"github.com/gochimera/chimera/registry"
)

// A cell that only the learners refuse is named in the caller's rows, whatever the order of its columns: also if a master that was started anew
// does not know the model's.
func TestCellsThatLearnersRefuseAreNamed(t *testing.T) {
	shard := mastertest.Shard{X: "apples,pears\n3,0\n0,2\n1,1\n4,1\n", Y: "y\na\nb\na\nb\n"}
	c := mastertest.Start(t, master.New(), registry.Default, "multinomial-nb", "", shard, shard)
	c.Fit()
	const body = `{"X_pred_columns": ["id", "pears", "apples"], "X_pred_rows": [[1, 2, 3], [2, 0, 1], [3, 1, -1]]}`
	check := func(when string) {
		t.Helper()
		p := c.Problem(c.Paths().Predict, body, api.CodeUnusableData.Info().Status)
		if len(p.Errors) != 1 || p.Errors[0].Location != "body.X_pred_rows[2][2]" {
			t.Errorf("%s: %+v", when, p)
		}
	}
	check("after the fit")
	c.Over(master.New())
	c.Serve("workers:\n  - {name: w1, learner: multinomial-nb}\n  - {name: w2, learner: multinomial-nb}\n", registry.Default)
	check("of a master started anew")
}

// doubling answers twice the first cell, which may be infinite.
type doubling struct{ drifting }

func (doubling) Predict(_ context.Context, x *mat.Dense) ([]float64, error) {
	y := mat.Col(nil, 0, x)
	floats.Scale(2, y)
	return y, nil
}

// A row that a learner answers with an infinity, which it should refuse, is named too.
func TestInfiniteAnswersAreNamed(t *testing.T) {
	reg := &registry.Registry{}
	registry.RegisterIn(reg, "doubling", registry.Entry[struct{}, doubling]{Task: learner.Regression, Summary: "A test.",
		Traits: learner.Traits{KeepsScale: true}, New: func(struct{}, learner.Env) (doubling, error) { return doubling{}, nil }})
	shard := mastertest.Shard{X: "x\n1\n2\n3\n4\n", Y: "y\n2\n4\n6\n8\n"}
	c := mastertest.Start(t, master.New(), reg, "doubling", "", shard, shard)
	c.Fit()
	p := c.Problem(c.Paths().Predict, `{"X_pred_columns": ["x"], "X_pred_rows": [[1], [1e308]]}`, http.StatusBadGateway)
	if len(p.Errors) != 1 || p.Errors[0].Location != "body.X_pred_rows[1]" {
		t.Errorf("%+v", p)
	}
}

// A target that cannot be scored is named by its place.
func TestTargetsThatCannotBeScoredAreNamed(t *testing.T) {
	shard := mastertest.Shard{X: "x\n1\n2\n3\n4\n", Y: "y\n2\n4\n6\n8\n"}
	c := mastertest.Start(t, master.New(), registry.Default, "linear-regression", "", shard, shard)
	c.Fit()
	p := c.Problem(c.Paths().Predict, `{"X_pred_columns": ["x"], "X_pred_rows": [[1], [1e308]]}`, api.CodeUnusableData.Info().Status)
	if len(p.Errors) != 1 || p.Errors[0].Location != "body.X_pred_rows[1]" {
		t.Errorf("a row that the learner refuses: %+v", p)
	}
	for truth, want := range map[string]string{`[1, 2, "many"]`: "body.y_true[2]", `[1, -1.7e308, 2]`: "body.y_true[1]"} {
		p := c.Problem(c.Paths().Score, `{"X_pred_columns": ["x"], "X_pred_rows": [[1], [8e307], [3]], "y_true": `+truth+`}`, http.StatusUnprocessableEntity)
		if len(p.Errors) != 1 || p.Errors[0].Location != want {
			t.Errorf("%s: %+v, want %s", truth, p, want)
		}
	}
}
