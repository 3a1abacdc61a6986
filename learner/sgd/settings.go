package sgd

import (
	"math"

	"github.com/gochimera/chimera/learner"
	"github.com/gochimera/chimera/learner/loss"
	"github.com/gochimera/chimera/learner/optimise"
	"github.com/gochimera/chimera/learner/penalty"
)

// settings are the parameters that both learners have.
type settings struct {
	loss               string
	penalty            penalty.Penalty
	intercept          bool
	maxIter            int
	tol                float64
	nIterNoChange      int
	shuffle            bool
	learningRate       string
	eta0, powerT       float64
	earlyStopping      bool
	validationFraction float64
	average            bool
	batchSize          int
	standardize        bool
}

// adaptive is the learning rate that is divided by adaptiveFactor whenever
// patience runs out, until it is below adaptiveLeast.
const (
	adaptive       = "adaptive"
	adaptiveFactor = 5
	adaptiveLeast  = 1e-6
)

func (s settings) check() error {
	if err := s.penalty.Check(); err != nil {
		return err
	}
	if s.learningRate == optimise.NameOptimal && s.penalty.Alpha == 0 {
		return &learner.ParamError{Param: "learning_rate",
			Reason: "optimal goes by alpha, which must be > 0 then, also without a penalty; raise alpha or choose another learning rate"}
	}
	if _, err := s.schedule(loss.Targets{Loss: loss.SquaredError{}}); err != nil {
		return &learner.ParamError{Param: "learning_rate", Reason: err.Error()}
	}
	return nil
}

// schedule is the learning rate; its time is counted in steps.
func (s settings) schedule(l loss.Rows) (optimise.Schedule, error) {
	name := s.learningRate
	if name == adaptive {
		name = optimise.NameConstant
	}
	return optimise.NewSchedule(optimise.ScheduleSettings{Name: name, Eta0: s.eta0, PowerT: s.powerT, Alpha: s.penalty.Alpha, Slope: slope(l, s.penalty.Alpha)})
}

// slope is how steep a loss is where optimise.Optimal wants to know it.
func slope(l loss.Rows, alpha float64) float64 {
	var one loss.Loss
	switch l := l.(type) {
	case loss.Targets:
		one = l.Loss
	case loss.OneVsRest:
		one = l.Loss
	default:
		return 1 // the softmax's at most
	}
	_, slope := one.At(-math.Pow(alpha, -0.25), 1)
	return math.Abs(slope)
}
