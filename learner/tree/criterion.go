package tree

// Criterion names the impurity that a split is to lower.
type Criterion string

// The criteria. LogLoss is another name of Entropy.
const (
	Gini         Criterion = "gini"
	Entropy      Criterion = "entropy"
	LogLoss      Criterion = "log_loss"
	SquaredError Criterion = "squared_error"
)
