package pipeline

// Docs says what each setting is.
func (Settings) Docs() map[string]string {
	return map[string]string{
		"schedule": "in which order stages work off micro-batches: 1f1b goes back as soon as it can and holds few activations, " +
			"gpipe sends all forward and then all back; both compute the same bits",
		"micro_batches":      "parts of a mini-batch that are in the pipeline at the same time; more of them leave less idle time",
		"batch_size":         "rows of a mini-batch; at most all rows",
		"solver":             "how every stage steps; scikit-learn's sgd is nesterov here",
		"alpha":              "strength of the l2 penalty, divided by the rows of a batch; with adamw the decay of the weights; intercepts have none",
		"learning_rate_init": "learning rate at the start",
		"learning_rate": "how the learning rate goes on from epoch to epoch; adaptive divides it by 5 each time that n_iter_no_change " +
			"epochs brought no improvement, and stops at 1e-6",
		"power_t":           "invscaling: the rate is divided by (rows seen + 1) to this power",
		"step_size":         "step: epochs after which the rate is multiplied by gamma",
		"gamma":             "step: what the rate is multiplied by",
		"momentum":          "of momentum and nesterov",
		"beta_1":            "of adam and adamw: decay of the mean gradient",
		"beta_2":            "of adam and adamw: decay of the mean square",
		"solver_epsilon":    "of adagrad, adam and adamw: keeps the division defined",
		"max_gradient_norm": "the gradient of the whole network is scaled down to this norm; 0 is no limit",
		"max_iter":          "most epochs; cosine: the rate is 0 then",
		"tol":               "improvement of the loss (of the score with early_stopping) that counts as one",
		"n_iter_no_change":  "epochs without improvement after which training ends; 0 goes on to max_iter",
		"early_stopping": "whether validation_fraction of the rows are held out, improvement is that of the score on them, and the " +
			"parameters that scored best are kept",
		"validation_fraction": "share of the rows that early_stopping holds out",
		"shuffle":             "whether each epoch takes the rows in an order of its own",
		"standardize":         "whether the first stage brings features to mean 0 and variance 1",
		"checkpoint_every": "epochs after which all stages are stored, so that a fit can go on after one of them was lost; 0 is never, and " +
			"then it begins again",
		"max_recoveries":   "how often a fit goes on after a stage was lost before it fails",
		"recovery_timeout": "longest wait for a lost stage to be back; 0 fails at once",
	}
}
