package linear_test

import (
	"testing"

	"github.com/gochimera/chimera/learner/learnertest"
	_ "github.com/gochimera/chimera/learner/linear"
)

func TestConformance(t *testing.T) {
	for _, tc := range []struct{ name, learner, params string }{
		{"linear-regression", "linear-regression", `{}`},
		{"linear-regression without intercept", "linear-regression", `{"fit_intercept": false}`},
		{"ridge", "ridge", `{}`},
		{"ridge without intercept", "ridge", `{"alpha": 0.01, "fit_intercept": false}`},
		{"lasso", "lasso", `{}`},
		{"elastic-net", "elastic-net", `{"alpha": 0.1}`},
		{"elastic-net without intercept", "elastic-net", `{"alpha": 0.1, "fit_intercept": false}`},
		{"logistic-regression", "logistic-regression", `{}`},
		{"logistic-regression without intercept", "logistic-regression", `{"fit_intercept": false}`},
		{"logistic-regression l1", "logistic-regression", `{"penalty": "l1", "class_weight": "balanced"}`},
		{"logistic-regression elasticnet", "logistic-regression", `{"penalty": "elasticnet", "l1_ratio": 0.5, "C": 0.1}`},
		{"logistic-regression unpenalised", "logistic-regression", `{"penalty": "none"}`},
		{"lda-classifier", "lda-classifier", `{}`},
		{"linear-svc", "linear-svc", `{}`},
		{"linear-svc without intercept", "linear-svc", `{"fit_intercept": false, "class_weight": "balanced"}`},
		{"linear-svc hinge", "linear-svc", `{"loss": "hinge", "C": 0.01, "tol": 1e-12, "max_iter": 100000}`},
	} {
		t.Run(tc.name, func(t *testing.T) { learnertest.Run(t, tc.learner, learnertest.WithParams(tc.params)) })
	}
}
