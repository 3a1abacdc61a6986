package knn

// What parameters are, where a doc tag would make its line too long.

// Docs says what each parameter is.
func (Params) Docs() map[string]string {
	return map[string]string{
		"n_neighbors": "number of neighbours; all rows if there are fewer",
		"weights":     "weight of a neighbour: uniform is 1, distance is 1 / its distance (those at distance 0 outvote all others)",
		"algorithm":   "how neighbours are found; the answers are the same, auto chooses the faster way",
		"leaf_size":   "most rows in a leaf of the kd-tree; below 4 counts as 4",
		"metric":      "the distance between two rows",
		"p":           "the power of the minkowski metric: 1 is manhattan, 2 is euclidean",
	}
}
