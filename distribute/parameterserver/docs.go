package parameterserver

// Docs documents each setting.
func (Settings) Docs() map[string]string {
	return map[string]string{
		"mode": "what a step is: one gradient on all rows, one on batch_size rows of each worker, or local_epochs of descent on each " +
			"worker and then the mean of their parameters (federated averaging)",
		"batch_size": "rows of a mini-batch on each worker; 0 means 32 with mode minibatch, and all rows with mode local, where a " +
			"local epoch is then one step",
		"local_epochs": "epochs on each worker before their parameters are averaged, with mode local",
		"weighting":    "whether workers are weighted by their rows or all alike",
		"aggregation": "how the workers' gradients are combined. All but mean tolerate faulty workers and weight all workers alike: median and " +
			"trimmed_mean number by number, geometric_median, krum, multi_krum and bulyan whole gradients. They also combine moments, losses " +
			"and numbers of rows by the median (or the trimmed mean), and take a class only if more workers than may be faulty have it",
		"trim": "number of largest and of smallest answers that trimmed_mean drops",
		"faulty": "number of workers that may be faulty with a robust aggregation other than trimmed_mean: geometric_median needs 2*faulty + 1 " +
			"workers, krum and multi_krum 2*faulty + 3, bulyan 4*faulty + 3",
		"solver":             "the master's optimiser; with mode local it is sgd",
		"momentum":           "momentum of the solvers momentum and nesterov",
		"beta_1":             "adam: decay of the mean gradient",
		"beta_2":             "adam: decay of the mean squared gradient",
		"solver_epsilon":     "adagrad and adam: added to the denominator to avoid division by zero",
		"learning_rate":      "schedule of the learning rate over steps (optimal: over rows)",
		"learning_rate_init": "initial learning rate; not used by optimal",
		"power_t":            "exponent of learning_rate: invscaling",
		"step_size":          "steps after which learning_rate: step multiplies by gamma",
		"gamma":              "factor of learning_rate: step",
		"penalty": "penalty on the coefficients, added to the mean loss; intercepts have none. Without penalty, alpha and l1_ratio, a learner's own " +
			"parameters that are written under params say, on its own scale: ridge's alpha, C of logistic-regression",
		"alpha":            "strength of the penalty",
		"l1_ratio":         "share of l1 in elasticnet",
		"max_iter":         "largest number of steps (with mode local: rounds)",
		"tol":              "an epoch is an improvement if its loss is lower than the best by at least this much",
		"n_iter_no_change": "epochs without improvement after which training stops; 0 means that it runs to max_iter",
		"gradient_tol": "stop when the norm of the gradient, including the penalty, is at most this (with mode local: " +
			"the norm of a round's update); 0 means never",
		"max_gradient_norm": "gradients are clipped to this norm; 0 means no limit",
		"standardize":       "whether features are scaled to mean 0 and variance 1, with moments over all workers",
		"warm_start":        "whether a fit continues from the model in service",
		"early_stopping": "whether each worker holds out validation_fraction of its rows, whose loss decides when to stop; the best parameters " +
			"are kept",
		"validation_fraction": "share of each worker's rows that early_stopping holds out",
		"quorum": "number of workers that must answer a step; 0 means all. With fewer than all, a worker that is late or " +
			"down is left out of the step",
		"max_recoveries": "how many times a fit continues after a worker was lost that the quorum needs, before it fails",
		"recovery_timeout": "longest wait for a lost worker to come back; 0 means that the fit fails at once. Who cannot come is not waited for: see the setting " +
			"restart",
		"checkpoint_every": "how often the master writes down where a fit is, so that it can be gone on with if the program is killed: a length of time " +
			"(30s), \"100 steps\", \"5 epochs\", or a number of epochs; the last two checkpoints are kept, in chimera_checkpoints; 0 means never",
		"wire": "type of the numbers that are sent; float32 halves the bytes and keeps seven digits",
	}
}
