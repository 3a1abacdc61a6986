package tree

// Criterion names the impurity that a split is to lower.
type Criterion string

// The criteria. LogLoss is another name of Entropy.
const (
	Gini          Criterion = "gini"
	Entropy       Criterion = "entropy"
	LogLoss       Criterion = "log_loss"
	SquaredError  Criterion = "squared_error"
	AbsoluteError Criterion = "absolute_error" // from the median, which leaves predict
	Poisson       Criterion = "poisson"        // half the Poisson deviance from the mean; targets are from 0 on
)
