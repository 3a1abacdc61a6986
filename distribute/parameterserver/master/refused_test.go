package master_test

import (
	"strings"
	"testing"

	"github.com/gochimera/chimera/api"
	"github.com/gochimera/chimera/internal/mastertest"
)

// A row with values that are too large for the model is named by its place in the caller's rows.
func TestRowsTooLargeAreNamed(t *testing.T) {
	t.Parallel()
	rows := mastertest.ToyRows(40, 0)
	c := server{learner: "sgd-regressor", settings: "max_iter: 20"}.start(t, mastertest.Split(rows, 2)...)
	c.Fit()
	for j := range rows.Features {
		rows.X.Set(7, j, 1.7e308)
	}
	p := c.Problem(c.Paths().Predict, mastertest.Request(rows), api.CodeUnusableData.Info().Status)
	if len(p.Errors) != 1 || !strings.HasPrefix(p.Errors[0].Location, "body.X_pred_rows[7]") {
		t.Errorf("%+v", p)
	}
}
