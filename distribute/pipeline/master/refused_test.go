package master_test

import (
	"testing"

	"github.com/gochimera/chimera/api"
	"github.com/gochimera/chimera/internal/mastertest"
)

// A row for which the network has no finite answer is named by its place in the caller's rows, also if it is not in the first piece of
// these that goes through the stages.
func TestRowsWithoutAnAnswerAreNamed(t *testing.T) {
	t.Parallel()
	c := line{
		learner: "mlp-regressor", params: `{"hidden_layer_sizes": [4], "activation": "identity"}`, settings: "max_iter: 3, batch_size: 10",
	}.stages(t, 2, mastertest.ToyRows(40, 0))
	c.Fit()
	rows := mastertest.ToyRows(1100, 0)
	for j := range rows.Features {
		rows.X.Set(1070, j, 1.7e308)
	}
	p := c.Problem(c.Paths().Predict, mastertest.Request(rows), api.CodeUnusableData.Info().Status)
	if len(p.Errors) != 1 || p.Errors[0].Location != "body.X_pred_rows[1070]" {
		t.Errorf("%+v", p)
	}
}
