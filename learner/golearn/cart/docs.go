package cart

// What parameters are, where a doc tag would make its line too long.

// Docs says what each parameter is.
func (ClassifierParams) Docs() map[string]string {
	return map[string]string{
		"criterion": "impurity that a split lowers",
		"max_depth": "maximum number of levels below the root; 0 is no limit",
		"max_rows":  "more training rows than these are refused, each counted as often as it weighs; the time grows with their square",
	}
}

// Docs says what each parameter is.
func (RegressorParams) Docs() map[string]string {
	return map[string]string{
		"criterion": "error around the mean that a split lowers; the mean, not the median, for absolute_error too",
		"max_depth": "maximum number of levels below the root; 0 is no limit",
		"max_rows":  "more training rows than these are refused, each counted as often as it weighs; the time grows with their square",
	}
}
