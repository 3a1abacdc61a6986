package dummy

// What parameters are, where a doc tag would make its line too long.

// Docs says what each parameter is.
func (ClassifierParams) Docs() map[string]string {
	return map[string]string{
		"strategy": "probabilities answered: prior is the class shares, most_frequent is 1 for the largest class",
	}
}

// Docs says what each parameter is.
func (RegressorParams) Docs() map[string]string {
	return map[string]string{
		"strategy": "the number answered: mean, median or quantile of the targets, or a constant",
		"quantile": "which quantile, if strategy is quantile; 0.5 is the median",
		"constant": "the constant, if strategy is constant",
	}
}
