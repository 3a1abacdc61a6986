package mlp

// What parameters are, where a doc tag would make its line too long.

// Docs says what each parameter is.
func (Perceptron) Docs() map[string]string {
	return map[string]string{
		"hidden_layer_sizes": "units of each hidden layer; an empty list makes a linear model",
		"activation":         "activation of the hidden layers",
		"init": "range of the first weights of the hidden layers: glorot, as in scikit-learn, " +
			"or he, wider, which deep networks of relu or gelu may need",
		"dropout":    "share of the units of each hidden layer that each row leaves out in training",
		"layer_norm": "whether each hidden layer is normalised before its activation",
	}
}

// Docs says what each parameter is.
func (Training) Docs() map[string]string {
	return map[string]string{
		"solver":              "optimiser; scikit-learn's sgd is nesterov here",
		"alpha":               "strength of the l2 penalty, divided by the rows of a batch; with adamw the decay of the weights",
		"learning_rate_init":  "learning rate at the beginning",
		"learning_rate":       "how the learning rate changes from epoch to epoch",
		"power_t":             "invscaling: the rate is divided by (rows seen + 1) to this power",
		"step_size":           "step: epochs after which the rate is multiplied by gamma",
		"gamma":               "step: what the rate is multiplied by",
		"batch_size":          "rows of a mini-batch; at most all rows",
		"max_iter":            "maximum number of epochs; cosine: the rate is 0 after them",
		"tol":                 "improvement of the loss (of the score with early_stopping) that counts as one",
		"n_iter_no_change":    "epochs without improvement after which training ends",
		"early_stopping":      "whether to set rows aside, judge training by the score on them instead of the loss, and keep the parameters that scored best",
		"validation_fraction": "early_stopping: share of the rows to set aside, of each class alike",
		"shuffle":             "whether the rows are shuffled before each epoch",
		"momentum":            "momentum, nesterov: share of the velocity that is kept",
		"beta_1":              "adam, adamw: decay of the running mean",
		"beta_2":              "adam, adamw: decay of the running mean square",
		"epsilon":             "adam, adamw: keeps the division of the optimiser defined; the loss has delta",
		"precision": "of the matrix products in training: float32 takes down to half the time on amd64 with AVX2, more elsewhere, and leaves gradients " +
			"with six digits; parameters and predictions are of float64 either way",
	}
}
