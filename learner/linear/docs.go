package linear

// What parameters are, where a doc tag would make its line too long.

// Docs says what each parameter is.
func (LassoParams) Docs() map[string]string {
	return map[string]string{
		"alpha":         "strength of the penalty; 0 is linear-regression",
		"fit_intercept": "whether there is an intercept, which is not penalised; without one the data is taken as centred",
		"max_iter":      "maximum number of passes over the coefficients",
		"tol":           "stop when the duality gap is at most this share of the targets' sum of squares",
	}
}

// Docs says what each parameter is.
func (ElasticNetParams) Docs() map[string]string {
	return map[string]string{
		"alpha":         "strength of the penalty; 0 is linear-regression",
		"l1_ratio":      "share of the penalty that is on absolute values; 1 is lasso, 0 is ridge",
		"fit_intercept": "whether there is an intercept, which is not penalised; without one the data is taken as centred",
		"max_iter":      "maximum number of passes over the coefficients",
		"tol":           "stop when the duality gap is at most this share of the targets' sum of squares",
	}
}

// Docs says what each parameter is.
func (LDAParams) Docs() map[string]string {
	return map[string]string{
		"tol": "directions along which rows deviate less from the mean of their class are left out, of features that are scaled to deviate by 1",
	}
}

// Docs says what each parameter is.
func (LinearSVCParams) Docs() map[string]string {
	return map[string]string{
		"loss":          "loss of a row on the wrong side of its margin: the distance (hinge) or its square (squared_hinge)",
		"C":             "inverse strength of the penalty",
		"class_weight":  "balanced gives every class the same total weight",
		"fit_intercept": "whether there are intercepts, which are penalised like coefficients",
		"max_iter":      "maximum number of iterations; with hinge, of passes over the rows and steps of the interior point that takes over from them",
		"tol": "stop when no derivative is larger: of the mean loss by the coefficient of a standardised feature, or, with hinge, " +
			"when those by the rows' dual variables are no further apart, or the duality gap shows that they are so on the mean",
	}
}

// Docs says what each parameter is.
func (LogisticRegressionParams) Docs() map[string]string {
	return map[string]string{
		"penalty":       "penalty on the coefficients: on their squares (l2), none, on their absolute values (l1), or on both (elasticnet)",
		"C":             "inverse strength of the penalty",
		"l1_ratio":      "share of the penalty that is on absolute values, if penalty is elasticnet",
		"class_weight":  "balanced gives every class the same total weight",
		"fit_intercept": "whether there are intercepts, which are not penalised",
		"max_iter":      "maximum number of iterations",
		"tol":           "stop when no derivative of the mean loss, by the coefficient of a standardised feature, is larger",
	}
}

// Docs says what each parameter is.
func (RidgeParams) Docs() map[string]string {
	return map[string]string{
		"alpha":         "strength of the penalty; 0 is linear-regression",
		"fit_intercept": "whether there is an intercept, which is not penalised; without one the data is taken as centred",
	}
}
