package boosting

// What parameters are, where a doc tag would make its line too long.

// Docs says what each parameter is.
func (ClassifierParams) Docs() map[string]string { return docs() }

// Docs says what each parameter is.
func (RegressorParams) Docs() map[string]string { return docs() }

func docs() map[string]string {
	return map[string]string{
		"loss":              "what the trees make small",
		"learning_rate":     "by what the answers of each tree are multiplied",
		"max_iter":          "number of iterations, each of which grows a tree; of more than two classes, one for each class",
		"max_leaf_nodes":    "maximum number of leaves of a tree; 0 is no limit",
		"max_depth":         "maximum number of levels below the root; 0 is no limit",
		"min_samples_leaf":  "minimum number of rows on each side of a split; a row of weight w counts as w",
		"l2_regularization": "added to the sum of second derivatives in a leaf, which makes its answer smaller",
		"max_bins":          "number of bins that the values of a feature are put into; one more is for missing values",
		"grow_policy":       "which leaf is split next: leafwise the one that gains most, depthwise the one nearest to the root",
	}
}
