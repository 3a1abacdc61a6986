package parameterserver

// Docs says what each setting is.
func (Settings) Docs() map[string]string {
	return map[string]string{
		"mode": "a step is one gradient on all rows, on batch_size rows of each worker, or local_epochs of descent on each " +
			"worker and the mean of their parameters (federated averaging)",
		"batch_size": "rows of a mini-batch on each worker; 0 is 32 with mode minibatch, and all rows with mode local, which makes a " +
			"local epoch one step",
		"local_epochs": "epochs on each worker before their parameters are averaged, with mode local",
		"weighting":    "whether a worker counts by its rows, or as much as any other",
		"aggregation": "how the workers' gradients become one, number by number; median and trimmed_mean withstand a worker that lies, " +
			"and count all workers alike",
		"trim":               "how many of the largest and of the smallest answers trimmed_mean leaves out",
		"solver":             "how the master steps; with mode local it is sgd",
		"momentum":           "of momentum and nesterov",
		"beta_1":             "of adam: decay of the mean gradient",
		"beta_2":             "of adam: decay of the mean square",
		"solver_epsilon":     "of adagrad and adam: keeps the division defined",
		"learning_rate":      "how the learning rate goes on from step to step (optimal: from row to row)",
		"learning_rate_init": "learning rate at the start; optimal does not use it",
		"power_t":            "exponent of invscaling",
		"step_size":          "steps after which learning_rate: step multiplies by gamma",
		"gamma":              "what learning_rate: step multiplies by",
		"penalty":            "penalty on the coefficients, added to the mean loss; intercepts have none",
		"alpha":              "strength of the penalty",
		"l1_ratio":           "share of l1 in elasticnet",
		"max_iter":           "most steps (with mode local: rounds)",
		"tol":                "an epoch whose loss is not lower than the best by this much is no improvement",
		"n_iter_no_change":   "epochs without improvement before it stops; 0 goes on to max_iter",
		"gradient_tol":       "stop when the norm of the gradient, penalty included, is not larger (with mode local: that of a round's update); 0 is never",
		"max_gradient_norm":  "gradients are scaled down to this norm; 0 is no limit",
		"standardize":        "whether features are brought to mean 0 and variance 1, by moments merged over the workers",
		"warm_start":         "whether a fit goes on from the model that serves",
		"early_stopping": "whether each worker holds validation_fraction of its rows out, and improvement is theirs; the best parameters " +
			"are kept",
		"validation_fraction": "share of each worker's rows that early_stopping holds out",
		"quorum": "workers that must answer for a step to count; 0 is all of them. With fewer than all, a worker that is late or " +
			"down is left out of the step",
		"wire": "numbers on the wire; float32 is half the bytes and seven digits",
	}
}
