package node

import (
	"fmt"
	"math"
	"slices"
	"strconv"

	"gonum.org/v1/gonum/floats"

	"github.com/gochimera/chimera/internal/dataio"
	"github.com/gochimera/chimera/learner"
)

// The attacks: what a worker does that means harm, in the forms that the literature on robust
// aggregation uses.
const (
	// AttackSignFlip sends -strength times the answer.
	AttackSignFlip = "sign_flip"
	// AttackScaled sends strength times the answer, and of the moments of its rows.
	AttackScaled = "scaled"
	// AttackGaussian sends Gaussian noise instead of the answer (Blanchard et al. 2017), with strength
	// times its root mean square as the standard deviation.
	AttackGaussian = "gaussian"
	// AttackLabelFlip trains on wrong targets: the class at the other end of the list, or the target
	// mirrored at the mean.
	AttackLabelFlip = "label_flip"
	// AttackALittleIsEnough sends the mean minus strength standard deviations, number by number (Baruch,
	// Baruch, Goldberg, "A Little Is Enough: Circumventing Defenses For Distributed Learning", 2019).
	// There, attackers know each other's gradients; here the worker estimates both from its own, on
	// parts of its rows.
	AttackALittleIsEnough = "a_little_is_enough"
)

// strengths are the default strengths of the attacks; 1.5 is what Baruch et al. use.
var strengths = map[string]float64{
	"": 0, "none": 0, AttackSignFlip: 1, AttackScaled: 10, AttackGaussian: 10, AttackLabelFlip: 0, AttackALittleIsEnough: 1.5,
}

// AttackParts is the number of parts of its rows from which a worker estimates the spread of the
// gradients.
const AttackParts = 8

// attack is the part of the faults that means harm.
type attack struct {
	Attack   string  `json:"attack"`
	Strength float64 `json:"attack_strength"` // 0 is the default of the attack
}

// checkAttack also fills in the default strength.
func (a *attack) checkAttack() error {
	usual, known := strengths[a.Attack]
	switch {
	case !known:
		return fmt.Errorf("unknown attack %q: want none, %s, %s, %s, %s or %s",
			a.Attack, AttackSignFlip, AttackScaled, AttackGaussian, AttackLabelFlip, AttackALittleIsEnough)
	case !(a.Strength >= 0) || math.IsInf(a.Strength, 1):
		return fmt.Errorf("an attack_strength of %v: want a number >= 0", a.Strength)
	case a.Strength == 0:
		a.Strength = usual
	}
	return nil
}

// Estimates reports whether the attack of a step needs an estimate of the gradients' spread.
func (f *Faults) Estimates(step int) bool {
	return f.Attack == AttackALittleIsEnough && f.strikes(f.CorruptRate, "corrupt", step)
}

// Little turns the mean of many gradients, or updates, into one that is just so far from it that it
// passes for one of them: mean - strength x deviation.
func (f *Faults) Little(mean, deviation []float64) {
	floats.AddScaled(mean, -f.Strength, deviation)
}

// attackAnswer changes an answer to a step.
func (f *Faults) attackAnswer(step int, answer []float64) {
	switch f.Attack {
	case AttackSignFlip:
		floats.Scale(-f.Strength, answer)
	case AttackScaled:
		floats.Scale(f.Strength, answer)
	case AttackGaussian:
		deviation := f.Strength * floats.Norm(answer, 2) / math.Sqrt(float64(len(answer)))
		random := learner.NewRand(learner.Seed(f.seed, "attack", strconv.Itoa(step)))
		for i := range answer {
			answer[i] = deviation * random.NormFloat64()
		}
	}
}

// SpoilMoments changes the moments of the worker's rows. They are asked for once a fit, so no rate
// applies.
func (f *Faults) SpoilMoments(mean, m2 []float64) {
	if f.Attack == AttackScaled {
		floats.Scale(f.Strength, mean)
		floats.Scale(f.Strength, m2)
	}
}

// flipLabels returns the rows with wrong targets if that is the attack.
func (f *Faults) flipLabels(rows *dataio.Table) *dataio.Table {
	if f.Attack != AttackLabelFlip {
		return rows
	}
	flipped := *rows
	flipped.Y = slices.Clone(rows.Y)
	sum := float64(len(rows.Classes) - 1) // of a class and the one that takes its place
	if rows.Classes == nil {
		sum = 0
		for _, y := range rows.Y {
			sum += 2 * y / float64(len(rows.Y))
		}
	}
	for i, y := range flipped.Y {
		flipped.Y[i] = sum - y
	}
	return &flipped
}
