package loss

import "github.com/gochimera/chimera/learner"

// The losses of this package, under the names that scikit-learn has for them.
func init() {
	regression := func(name, summary, reference string, of func(epsilon float64) Loss) {
		Register(name, Entry{
			Task: learner.Regression, Summary: summary, Reference: reference,
			New: func(s Settings) (Loss, error) { return of(s.Epsilon), nil },
		})
	}
	regression("squared_error", "Half the square of the residual.", "Gauss 1809",
		func(float64) Loss { return SquaredError{} })
	regression("huber", "Half the square of the residual up to epsilon, then linear.", "Huber 1964",
		func(epsilon float64) Loss { return Huber{epsilon} })
	regression("epsilon_insensitive", "How far the residual is beyond epsilon.", "Vapnik 1995",
		func(epsilon float64) Loss { return EpsilonInsensitive{epsilon} })
	regression("squared_epsilon_insensitive", "The square of how far the residual is beyond epsilon.", "Vapnik 1995",
		func(epsilon float64) Loss { return SquaredEpsilonInsensitive{epsilon} })

	classification := func(name, summary, reference string, l Loss, several func(int) (Classes, error)) {
		Register(name, Entry{
			Task: learner.Classification, Summary: summary, Reference: reference,
			New: func(Settings) (Loss, error) { return l, nil }, Several: several,
		})
	}
	classification("log_loss", "Logistic regression: of more than two classes, the softmax.", "Cox 1958", LogLoss{},
		func(classes int) (Classes, error) {
			if classes > 2 {
				return Softmax{classes}, nil
			}
			return OneVsRest{LogLoss{}, classes}, nil
		})
	classification("hinge", "The loss of support vector machines.", "Cortes and Vapnik 1995", Hinge{}, nil)
	classification("squared_hinge", "The square of the hinge loss.", "", SquaredHinge{}, nil)
	classification("modified_huber", "The squared hinge, linear for rows that are very wrong; gives probabilities.", "Zhang 2004", ModifiedHuber{}, nil)
	classification("perceptron", "The loss that the perceptron goes down.", "Rosenblatt 1958", Perceptron{}, nil)
}
