package loss

import "fmt"

// ForTargets is the loss of regression that scikit-learn has under name.
// epsilon is that of huber and of the epsilon-insensitive losses; others
// ignore it.
func ForTargets(name string, epsilon float64) (Rows, error) {
	switch name {
	case "squared_error":
		return Targets{SquaredError{}}, nil
	case "huber":
		return Targets{Huber{epsilon}}, nil
	case "epsilon_insensitive":
		return Targets{EpsilonInsensitive{epsilon}}, nil
	case "squared_epsilon_insensitive":
		return Targets{SquaredEpsilonInsensitive{epsilon}}, nil
	default:
		return nil, fmt.Errorf("unknown loss %q: want squared_error, huber, epsilon_insensitive or squared_epsilon_insensitive", name)
	}
}

// ForClasses is the loss that scikit-learn has under name, for that many
// classes: the softmax for log_loss of more than two, one against the rest
// for all others.
func ForClasses(name string, classes int) (Classes, error) {
	var l Loss
	switch name {
	case "log_loss":
		if classes > 2 {
			return Softmax{classes}, nil
		}
		l = LogLoss{}
	case "hinge":
		l = Hinge{}
	case "squared_hinge":
		l = SquaredHinge{}
	case "modified_huber":
		l = ModifiedHuber{}
	case "perceptron":
		l = Perceptron{}
	default:
		return nil, fmt.Errorf("unknown loss %q: want log_loss, hinge, squared_hinge, modified_huber or perceptron", name)
	}
	return OneVsRest{l, classes}, nil
}
