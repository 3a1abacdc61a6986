package optimise

import (
	"fmt"
	"math"

	"github.com/gochimera/chimera/learner/numeric"
)

// Schedule is a learning rate that changes over time. Time is counted from 0,
// in steps, epochs or rows seen: the caller decides, and sets the schedule in
// the same unit.
type Schedule interface {
	Rate(t int) float64
}

// The schedules.
const (
	NameConstant   = "constant"
	NameInvScaling = "invscaling"
	NameOptimal    = "optimal"
	NameStep       = "step"
	NameCosine     = "cosine"
)

// ScheduleSettings say which schedule, and how it is set. Each schedule looks
// at its own settings only.
type ScheduleSettings struct {
	Name     string
	Eta0     float64 // all but optimal: the rate at the beginning, > 0
	PowerT   float64 // invscaling: finite
	Alpha    float64 // optimal: the penalty's strength, > 0
	Slope    float64 // optimal: see there; 0 is as good as 1
	StepSize int     // step: the time between two steps, >= 1
	Gamma    float64 // step: what the rate is multiplied by, in (0, 1]
	Total    int     // cosine: the time at which the rate is 0, >= 1
}

// NewSchedule makes the schedule that s names. It refuses an unknown name, and
// a setting of that schedule that is out of range.
func NewSchedule(s ScheduleSettings) (Schedule, error) {
	refuse := func(name, want string, got any) error {
		return fmt.Errorf("learning-rate schedule %s: %s must be %s, not %v", s.Name, name, want, got)
	}
	positive := func(v float64) bool { return v > 0 && numeric.IsFinite(v) }
	if s.Name != NameOptimal && !positive(s.Eta0) {
		return nil, refuse("the initial rate", "finite and > 0", s.Eta0)
	}
	switch s.Name {
	case NameConstant:
		return Constant{Eta0: s.Eta0}, nil
	case NameInvScaling:
		if !numeric.IsFinite(s.PowerT) {
			return nil, refuse("power_t", "finite", s.PowerT)
		}
		return InvScaling{Eta0: s.Eta0, PowerT: s.PowerT}, nil
	case NameOptimal:
		if !positive(s.Alpha) {
			return nil, refuse("alpha", "finite and > 0", s.Alpha)
		}
		if !numeric.IsFinite(s.Slope) {
			return nil, refuse("the slope", "finite", s.Slope)
		}
		return Optimal{Alpha: s.Alpha, Slope: s.Slope}, nil
	case NameStep:
		if s.StepSize < 1 {
			return nil, refuse("step_size", ">= 1", s.StepSize)
		}
		if !(s.Gamma > 0 && s.Gamma <= 1) {
			return nil, refuse("gamma", "in (0, 1]", s.Gamma)
		}
		return StepDecay{Eta0: s.Eta0, StepSize: s.StepSize, Gamma: s.Gamma}, nil
	case NameCosine:
		if s.Total < 1 {
			return nil, refuse("the total time", ">= 1", s.Total)
		}
		return Cosine{Eta0: s.Eta0, Total: s.Total}, nil
	default:
		return nil, fmt.Errorf("unknown learning-rate schedule %q: want one of %s, %s, %s, %s, %s",
			s.Name, NameConstant, NameInvScaling, NameOptimal, NameStep, NameCosine)
	}
}

// Constant is Eta0 for ever.
type Constant struct{ Eta0 float64 }

// Rate is the learning rate at time t.
func (s Constant) Rate(int) float64 { return s.Eta0 }

// InvScaling is Eta0 / (t+1)^PowerT (Robbins and Monro 1951 with PowerT in
// (1/2, 1]; scikit-learn's name).
type InvScaling struct{ Eta0, PowerT float64 }

// Rate is the learning rate at time t.
func (s InvScaling) Rate(t int) float64 { return s.Eta0 / math.Pow(float64(t)+1, s.PowerT) }

// Optimal is 1 / (Alpha (t0 + t)) with t in rows, where t0 is such that the
// first steps are as large as the weights that are to be expected (Bottou,
// "Large-Scale Machine Learning with Stochastic Gradient Descent", 2010; t0 as
// in scikit-learn: 1 / (Alpha w), w = Alpha^(-1/4)), or smaller by Slope where
// the loss is steeper than 1 there (Slope is how steep it is for a score of -w
// and a target of 1).
type Optimal struct{ Alpha, Slope float64 }

// Rate is the learning rate at time t.
func (s Optimal) Rate(t int) float64 {
	typical := math.Pow(s.Alpha, -0.25)
	return 1 / (max(1, s.Slope)/typical + s.Alpha*float64(t))
}

// StepDecay is Eta0, multiplied by Gamma each time that StepSize has passed.
type StepDecay struct {
	Eta0     float64
	StepSize int
	Gamma    float64
}

// Rate is the learning rate at time t.
func (s StepDecay) Rate(t int) float64 { return s.Eta0 * math.Pow(s.Gamma, float64(t/s.StepSize)) }

// Cosine falls from Eta0 to 0 at time Total, along half a period of the cosine
// (Loshchilov and Hutter, "SGDR: Stochastic Gradient Descent with Warm
// Restarts", 2017, equation 5, without restarts), and stays there.
type Cosine struct {
	Eta0  float64
	Total int
}

// Rate is the learning rate at time t.
func (s Cosine) Rate(t int) float64 {
	return s.Eta0 / 2 * (1 + math.Cos(math.Pi*float64(min(t, s.Total))/float64(s.Total)))
}

var (
	_ Schedule = Constant{}
	_ Schedule = InvScaling{}
	_ Schedule = Optimal{}
	_ Schedule = StepDecay{}
	_ Schedule = Cosine{}
)
