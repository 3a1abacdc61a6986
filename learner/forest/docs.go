package forest

// What parameters are, where a doc tag would make its line too long.

const (
	impurity = "impurity that a split lowers"
	logLoss  = "; log_loss is another name of entropy"
)

// Docs says what each parameter is.
func (ClassifierParams) Docs() map[string]string { return docs(impurity + logLoss) }

// Docs says what each parameter is.
func (RegressorParams) Docs() map[string]string { return docs(impurity) }

// Docs says what each parameter is.
func (ExtraTreesClassifierParams) Docs() map[string]string { return docs(impurity + logLoss) }

// Docs says what each parameter is.
func (ExtraTreesRegressorParams) Docs() map[string]string { return docs(impurity) }

// docs is what the parameters of all forests are, which differ in their criteria alone.
func docs(criterion string) map[string]string {
	return map[string]string{
		"criterion":         criterion,
		"n_estimators":      "trees",
		"max_depth":         "levels below the root; 0 is no limit",
		"min_samples_split": "rows that a node must have to be split; rows of weight w count as w",
		"min_samples_leaf":  "rows that each side of a split must have; rows of weight w count as w",
		"max_features":      "features drawn at each node: a count, a share written with a point, or all, sqrt, log2",
		"max_leaf_nodes":    "leaves of a tree, the best split made first; 0 is no limit",
		"bootstrap":         "each tree grows from rows drawn with replacement; false: from all rows",
		"oob_score":         "compute the score on rows that a tree did not draw; needs bootstrap",
	}
}
