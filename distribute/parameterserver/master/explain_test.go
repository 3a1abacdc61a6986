package master_test

import (
	"math"
	"net/http"
	"strings"
	"testing"

	"github.com/gochimera/chimera/api"
	"github.com/gochimera/chimera/internal/mastertest"
	"github.com/gochimera/chimera/internal/testdata"
)

// The coefficients of the master's model are its parameters, on both scales, and predict what it does on that of the columns.
func TestLinearCoefficients(t *testing.T) {
	train, test := testdata.Load(t, "diabetes")
	for _, settings := range []string{"max_iter: 20", "max_iter: 20, standardize: false"} {
		c := server{learner: "sgd-regressor", settings: settings, more: "prepare: {scale: minmax}\n"}.start(t, train)
		c.Fit()
		status, body := c.Send(http.MethodGet, api.PathLinearCoefficients, "", "")
		if status != http.StatusOK {
			t.Fatal(body)
		}
		got := mastertest.Decode[api.LinearCoefficients](t, body)
		if got.Model == nil || got.Workers != nil || len(got.Model.OriginalCoef) != 1 || len(got.Features) != 10 || got.FitID != c.Status().FitID {
			t.Fatalf("%s", body)
		}
		for j, want := range c.parameters(false)[:10] {
			if got.Model.Coef[0][j] != want {
				t.Errorf("%s: coefficient %d is %v, want %v", settings, j, got.Model.Coef[0][j], want)
			}
		}
		y := c.Predict(mastertest.Request(test)).Y.Values
		for i := range y {
			want := got.Model.OriginalIntercept[0]
			for j, v := range got.Model.OriginalCoef[0] {
				want += v * test.X.At(i, j)
			}
			if math.Abs(want-y[i]) > 1e-9*math.Abs(y[i]) {
				t.Fatalf("%s, row %d: %v, the master predicts %v", settings, i, want, y[i])
			}
		}
	}
}

// A network has no coefficients that could be told one by one: what to ask instead is said.
func TestANetworkDoesNotTell(t *testing.T) {
	train, _ := testdata.Load(t, "iris")
	c := server{learner: "mlp-classifier", params: `{"hidden_layer_sizes": [4]}`, settings: "max_iter: 2"}.start(t, train)
	c.Fit()
	for _, path := range []string{api.PathImportances, api.PathLinearCoefficients, api.PathOutOfBag} {
		status, body := c.Send(http.MethodGet, path, "", "")
		p := mastertest.Decode[api.Problem](t, body)
		if status != http.StatusConflict || p.Code != api.CodeNotExplained || !strings.Contains(p.Detail, api.PathPermutationImportance) || len(p.Workers) > 0 {
			t.Errorf("%s: %d %s", path, status, body)
		}
	}
}
