package prepare

// FoldOf is the fold of a row.
func FoldOf(seed, row uint64) int { return foldOf(seed, row) }
