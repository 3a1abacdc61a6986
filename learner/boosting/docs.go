package boosting

// What parameters are, where a doc tag would make its line too long.

const (
	lossDoc        = "what the trees make small"
	categoricalDoc = "features whose values are categories, of which any may go left in a split: names, or places from 0; a category that was " +
		"not there in training goes where a missing value does"
	monotonicDoc = "1, -1 or 0 for each feature, or for some by name: answers do not fall (1) or do not rise (-1) as its value rises; " +
		"of two classes, the probability of the second"
)

// Docs says what each parameter is.
func (ClassifierParams) Docs() map[string]string {
	return map[string]string{"loss": lossDoc, "class_weight": "balanced gives every class the same total weight; min_samples_leaf does not count it"}
}

// Docs says what each parameter is.
func (RegressorParams) Docs() map[string]string {
	return map[string]string{
		"loss":     lossDoc + "; poisson: for counts and other targets that are not negative, answers are the exp of the sum of trees",
		"quantile": "with the loss quantile: the share of rows whose targets are to be below their answers",
	}
}

// Docs says what each parameter is.
func (Growth) Docs() map[string]string {
	return map[string]string{
		"learning_rate":        "by what the answers of each tree are multiplied",
		"max_iter":             "number of iterations, each of which grows a tree; of more than two classes, one for each class",
		"max_leaf_nodes":       "maximum number of leaves of a tree; 0 is no limit",
		"max_depth":            "maximum number of levels below the root; 0 is no limit",
		"min_samples_leaf":     "minimum number of rows on each side of a split; a row of weight w counts as w",
		"l2_regularization":    "added to the sum of second derivatives in a leaf, which makes its answer smaller",
		"max_bins":             "number of bins that the values of a feature are put into; one more is for missing values",
		"max_features":         "share of the features that each node looks at, drawn for it",
		"subsample":            "share of the rows that each iteration learns from, drawn for it; equal rows are drawn together",
		"categorical_features": categoricalDoc,
		"monotonic_cst":        monotonicDoc,
		"grow_policy":          "which leaf is split next: leafwise the one that gains most, depthwise the one nearest to the root",
		"early_stopping":       "hold rows out, and stop when the loss on them no longer falls",
		"validation_fraction":  "share of the rows that early_stopping holds out; equal rows are held out together",
		"n_iter_no_change":     "early_stopping stops after so many iterations without a loss smaller by tol",
		"tol":                  "by how much the loss must fall to count as smaller, with early_stopping",
	}
}
