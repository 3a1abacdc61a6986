package bayes

// What parameters are, where a doc tag would make its line too long.

// Docs says what each parameter is.
func (BernoulliParams) Docs() map[string]string {
	return map[string]string{
		"alpha": "rows with and rows without each feature that every class is taken to have beforehand (Laplace, Lidstone); " +
			"below 1e-10 counts as 1e-10, as with scikit-learn's force_alpha=False",
		"binarize":  "a feature is a yes if its value is above this; 0 leaves zeros and ones as they are",
		"fit_prior": "classes are as likely as they are frequent; false: all classes that have rows are equally likely",
	}
}

// Docs says what each parameter is.
func (MultinomialParams) Docs() map[string]string {
	return map[string]string{
		"alpha": "what every feature is taken to have counted in every class beforehand (Laplace, Lidstone); " +
			"below 1e-10 counts as 1e-10, as with scikit-learn's force_alpha=False",
		"fit_prior": "classes are as likely as they are frequent; false: all classes that have rows are equally likely",
	}
}
