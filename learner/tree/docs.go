package tree

// What parameters are, where a doc tag would make its line too long.

const (
	impurity = "impurity that a split lowers"
	logLoss  = "; log_loss is another name of entropy"
)

// Docs says what each parameter is.
func (ClassifierParams) Docs() map[string]string { return docs(impurity + logLoss) }

// Docs says what each parameter is.
func (RegressorParams) Docs() map[string]string { return docs(impurity) }

// docs is what the parameters of all trees are, which differ in their criteria alone.
func docs(criterion string) map[string]string {
	return map[string]string{
		"criterion":             criterion,
		"max_depth":             "levels below the root; 0 is no limit",
		"min_samples_split":     "rows that a node must have to be split; rows of weight w count as w",
		"min_samples_leaf":      "rows that each side of a split must have; rows of weight w count as w",
		"max_leaf_nodes":        "leaves, the best split made first; 0 is no limit",
		"max_features":          "features drawn at each node: a count, a share written with a point, or all, sqrt, log2",
		"min_impurity_decrease": "a split must lower the impurity by this, times all rows over the rows of the node",
		"ccp_alpha":             "cost of a leaf in minimal cost-complexity pruning; 0 is no pruning",
	}
}
