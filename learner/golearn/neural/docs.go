package neural

// What parameters are, where a doc tag would make its line too long.

// Docs says what each parameter is.
func (Params) Docs() map[string]string {
	return map[string]string{
		"hidden_layer_sizes": "units of each hidden layer; an empty list is a network without hidden layers",
		"learning_rate_init": "step size",
		"max_iter":           "maximum number of passes over the rows",
		"tol": "training ends once the size of the sum of the outputs' errors, averaged over the rows, is below this; the errors of two classes cancel in " +
			"that sum, so 0, which is never, is safest",
	}
}
