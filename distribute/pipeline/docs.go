package pipeline

// Docs documents each setting.
func (Settings) Docs() map[string]string {
	return map[string]string{
		"schedule": "order in which stages process micro-batches: 1f1b runs backward passes as soon as it can and holds few activations, " +
			"gpipe runs all forward passes and then all backward passes; both compute the same bits",
		"micro_batches":      "number of parts of a mini-batch that are in the pipeline at the same time; more of them mean less idle time",
		"batch_size":         "rows of a mini-batch; at most the number of rows",
		"solver":             "the optimiser of every stage; scikit-learn's sgd is nesterov here",
		"alpha":              "strength of the l2 penalty, divided by the rows of a batch; with adamw it is the weight decay; intercepts have none",
		"learning_rate_init": "initial learning rate",
		"learning_rate": "schedule of the learning rate over epochs; adaptive divides it by 5 whenever n_iter_no_change " +
			"epochs brought no improvement, and stops at 1e-6",
		"power_t":           "invscaling: the rate is divided by (rows seen + 1) to this power",
		"step_size":         "step: epochs after which the rate is multiplied by gamma",
		"gamma":             "step: factor of the rate",
		"momentum":          "momentum of the solvers momentum and nesterov",
		"beta_1":            "adam and adamw: decay of the mean gradient",
		"beta_2":            "adam and adamw: decay of the mean squared gradient",
		"solver_epsilon":    "adagrad, adam and adamw: added to the denominator to avoid division by zero",
		"max_gradient_norm": "the gradient of the whole network is clipped to this norm; 0 means no limit",
		"max_iter":          "largest number of epochs; with cosine the rate reaches 0 then",
		"tol":               "smallest change of the loss (of the score with early_stopping) that counts as an improvement",
		"n_iter_no_change":  "epochs without improvement after which training stops; 0 means that it runs to max_iter",
		"early_stopping": "whether validation_fraction of the rows is held out; their score decides when to stop, and the " +
			"parameters that scored best are kept",
		"validation_fraction": "share of the rows that early_stopping holds out",
		"shuffle":             "whether the rows are shuffled in each epoch",
		"standardize":         "whether the first stage scales features to mean 0 and variance 1",
		"checkpoint_every": "how often all stages are written down, so that a fit can continue after one of them was lost or the program was killed: " +
			"a length of time (30s), \"100 steps\", \"5 epochs\", or a number of epochs; the last two checkpoints are kept, in chimera_checkpoints; " +
			"0 means never, and then it starts over",
		"max_recoveries": "how many times a fit continues after a stage was lost, before it fails; tries that get no further than before are one recovery",
		"recovery_timeout": "longest wait of a recovery, or of the beginning of a fit, for a stage to come back, with growing pauses between tries; " +
			"a stage that nobody starts again is not waited for; 0 means that the fit fails at once",
	}
}
