package sgd

import "maps"

// What parameters are, where a doc tag would make its line too long.

// Docs says what each parameter is.
func (ClassifierParams) Docs() map[string]string {
	return docs(map[string]string{
		"loss": "the loss that is minimised; log_loss (logistic regression) and modified_huber give probabilities, the others give 1 to the predicted class. With " +
			"more than two classes log_loss uses the softmax, the others separate each class from the rest; scikit-learn's default is hinge",
		"learning_rate":       learningRate + "; scikit-learn's default is optimal",
		"tol":                 tol + "; scikit-learn's is an amount",
		"eta0":                "learning rate at the beginning; not used by optimal; squared_hinge may need a lower one, such as 0.05",
		"validation_fraction": "share of the rows, of each class, that early_stopping holds back",
		"class_weight":        "balanced: each class has the same total weight, however many rows it has; in Fit only, not in gradients for a parameter server",
	})
}

// Docs says what each parameter is.
func (RegressorParams) Docs() map[string]string {
	return docs(map[string]string{
		"loss": "the loss that is minimised; huber and epsilon_insensitive withstand outliers, but a step moves " +
			"by at most eta0 times epsilon, or eta0: choose eta0 in units of the target",
		"epsilon": "epsilon of the loss, in units of the target; huber: the residual from which it is linear; " +
			"the epsilon-insensitive losses: the residual up to which they are 0",
		"learning_rate":       learningRate,
		"tol":                 tol + "; scikit-learn's is an amount, by default 0.001",
		"eta0":                "learning rate at the beginning; not used by optimal",
		"validation_fraction": "share of the rows that early_stopping holds back",
	})
}

const (
	tol = "an epoch that lowers the loss by less than this share of the initial loss is no improvement; 0 goes on to max_iter, unless " +
		"there is early_stopping"
	learningRate = "constant: eta0; invscaling: eta0 / step^power_t; optimal: 1 / (alpha (t0 + step)), t0 by Bottou's rule; adaptive: eta0, divided " +
		"by 5 whenever there is no improvement"
)

// docs adds the parameters that mean the same for both learners to those of one.
func docs(own map[string]string) map[string]string {
	maps.Copy(own, map[string]string{
		"penalty":          "penalty on the coefficients; l1 and elasticnet make some exactly 0",
		"alpha":            "strength of the penalty, relative to the mean loss; learning_rate optimal depends on it too",
		"l1_ratio":         "share of l1 in elasticnet",
		"fit_intercept":    "whether there is an intercept, which is not penalised; without one the columns are scaled, but not centred",
		"max_iter":         "maximum number of epochs",
		"n_iter_no_change": "epochs without improvement after which to stop",
		"shuffle":          "whether the rows are shuffled before each epoch",
		"power_t":          "exponent of invscaling",
		"early_stopping":   "whether to hold rows back and stop when their loss no longer falls; the parameters that were best for them are kept",
		"average":          "whether the model is the mean of the parameters over all steps",
		"batch_size": "rows per step, which uses their mean gradient; 1 is plain stochastic gradient descent, all rows or more is " +
			"gradient descent; scikit-learn's steps have 1",
		"standardize": "whether each column is first scaled to mean 0 and variance 1, as scikit-learn does not; " +
			"the coefficients are reported on the scale of the data",
	})
	return own
}
