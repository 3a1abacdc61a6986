package prepare

// What settings are, for the reference of chimera.yaml and the schema for editors.

// Docs says what each setting is.
func (Settings) Docs() map[string]string {
	return map[string]string{
		"mode": "`auto` does what the learners need where the settings below are auto; `none` takes numbers as they are, as the Python package does, and refuses " +
			"texts",
		"impute": "what takes the place of a missing cell; auto: nothing where the learners accept missing values, else the mean of numbers and the most " +
			"frequent category",
		"fill_value": "what takes the place of a missing cell with impute: constant",
		"indicator":  "whether a column with missing cells gets a second one that is 1 where a cell was missing",
		"encode": "what becomes of categories; auto: ordinal codes for learners that split on them (trees), else one-hot; target is the mean target of a " +
			"category, out of fold in training",
		"scale":         "what numbers are divided by; auto: standard for learners that want one scale, unless their master standardises",
		"min_frequency": "categories that are rarer are one category together: below 1 a share of the rows, else a number of them; 0 keeps all",
		"max_categories": "a column with more categories than this is dropped with a note, or refused if its encoding is given; frequency and target take up to " +
			"65536",
		"unknown": "what a category that was not seen in training is: nothing of it is known (ignore), or an error",
		"kernel_approximation": "what makes of the features others whose scalar products are approximately the kernel exp(-gamma |x - y|^2), so that a linear " +
			"learner is a kernel machine; rbf-sampler: random waves; nystroem: comparisons with rows that are drawn, which become part of the model",
		"gamma":        "how fast the approximated kernel falls with the distance of two rows; scale: 1 / (features * variance of all their numbers)",
		"n_components": "how many features the kernel's approximation has; nystroem has fewer if there are not as many rows that differ",
		"drop":         "columns that are not used",
		"columns":      "settings of single columns, by their names; what one does not say is as above",
	}
}

// Docs says what each setting is.
func (Column) Docs() map[string]string {
	return map[string]string{
		"kind":          "what the column is; what its cells are in all workers' rows unless it is given",
		"impute":        "what takes the place of its missing cells",
		"fill_value":    "what takes the place of its missing cells with impute: constant",
		"indicator":     "whether a second column is 1 where a cell was missing",
		"encode":        "what becomes of its categories",
		"scale":         "what its numbers are divided by",
		"min_frequency": "its categories that are rarer are one category together",
		"unknown":       "what a category that was not seen in training is",
	}
}
