package tree

// What parameters are, where a doc tag would make its line too long.

const (
	impurity = "impurity that a split lowers"
	logLoss  = "; log_loss is another name of entropy"
	losses   = "; with absolute_error leaves answer the median, and poisson is half the Poisson deviance, for targets from 0 on"
)

// Docs says what each parameter is.
func (ClassifierParams) Docs() map[string]string {
	all := docs(impurity + logLoss)
	all["class_weight"] = "balanced gives every class the same total weight; min_samples_split and min_samples_leaf count it as they count row weights"
	return all
}

// Docs says what each parameter is.
func (RegressorParams) Docs() map[string]string { return docs(impurity + losses) }

// docs is what the parameters of all trees are, which differ in their criteria alone.
func docs(criterion string) map[string]string {
	return map[string]string{
		"criterion":             criterion,
		"splitter":              "best rates every threshold; histogram only those between max_bins quantiles of a feature, which is faster",
		"max_bins":              "bins that splitter histogram makes of a feature with more distinct values, without the one of missing values",
		"max_depth":             "maximum number of levels below the root; 0 is no limit",
		"min_samples_split":     "minimum number of rows in a node that is split; a row of weight w counts as w",
		"min_samples_leaf":      "minimum number of rows on each side of a split; a row of weight w counts as w",
		"max_leaf_nodes":        "maximum number of leaves, the best splits made first; 0 is no limit",
		"max_features":          "features drawn at each node: a count, a share written with a decimal point, or all, sqrt, log2",
		"min_impurity_decrease": "a split must lower the impurity by at least this, times all rows over the rows of the node",
		"ccp_alpha":             "cost of a leaf in minimal cost-complexity pruning; 0 is no pruning",
		"feature_resolution":    "thresholds come between values that differ as float32, as in float32 libraries, or exact: between all that differ",
	}
}
