package master

import (
	"fmt"

	"github.com/gochimera/chimera/distribute/parameterserver"
	"github.com/gochimera/chimera/learner"
	"github.com/gochimera/chimera/learner/optimise"
	"github.com/gochimera/chimera/learner/penalty"
)

// ownPenalty is the penalty of the learner's own objective, if the settings follow it.
func (p *Master) ownPenalty() (own learner.Penalty, follows bool, err error) {
	if !p.settings.Followed.Objective {
		return own, false, nil
	}
	model, err := p.newLearner()
	if err != nil {
		return own, false, err
	}
	name := p.learner.Info.Name
	penalised, ok := model.(learner.Penalised)
	if !ok {
		return own, false, fmt.Errorf("%s declares parameters of a penalty, but does not say what it is (learner.Penalised); "+
			"leave them out, and say parameter_server: {penalty: ..., alpha: ...}", name)
	}
	if own = penalised.Penalty(); own.L1 > 0 && p.settings.Optimiser != optimise.NameSGD {
		return own, false, fmt.Errorf("the penalty of %s is on absolute values (l1), whose minimum the solver %s does not find; "+
			"choose parameter_server: {solver: sgd}", name, p.settings.Optimiser)
	}
	return own, true, nil
}

// newPenalty is the penalty on the mean loss, of parameters as they are trained. A learner's own is on
// coefficients for features as they are, so it goes by their scale where they are standardised.
func (t *training) newPenalty() (penalty.Penalty, error) {
	own, follows, err := t.master.ownPenalty()
	if err != nil {
		return penalty.Penalty{}, err
	}
	if !follows {
		return penalty.Penalty{Kind: penalty.Kind(t.set.Penalty), Alpha: t.set.Alpha, L1Ratio: t.set.L1Ratio}, nil
	}
	p := penalty.Penalty{Kind: penalty.None}
	if sum := own.L1 + own.L2; sum > 0 {
		p = penalty.Penalty{Kind: penalty.ElasticNet, Alpha: sum, L1Ratio: own.L1 / sum, Implicit: t.set.Optimiser == optimise.NameSGD}
	}
	if own.Beside == learner.TotalLoss {
		p.Alpha /= t.weighs
	}
	t.perBatch = own.Beside == learner.BatchLoss
	if t.scaling != nil && isLinear(t.blocks) {
		p.Scale = t.scaling.Scale
	}
	t.Log.Info("the penalty is that of the learner's own objective, for features as they are", "learner", t.master.learner.Info.Name,
		"l1", own.L1, "l2", own.L2, "beside", own.Beside.String(), "rows_weigh", t.weighs)
	return p, nil
}

// ofStep is the penalty beside the mean loss of one step's rows, which weigh so much.
func (t *training) ofStep(p penalty.Penalty, weight float64) penalty.Penalty {
	if t.perBatch && weight > 0 {
		p.Alpha /= weight
	}
	return p
}

// units brings settings that follow the learner's parameters into the units of the steps, once it is known
// how many are an epoch.
func (t *training) units() {
	epoch := t.perEpoch
	if t.set.Mode == parameterserver.LocalMode {
		epoch = 1
		if t.set.Followed.Epochs { // a round is local_epochs of them
			t.set.MaxIter = (t.set.MaxIter + t.set.LocalEpochs - 1) / t.set.LocalEpochs
		}
	}
	if t.set.Followed.Epochs {
		t.set.MaxIter *= epoch
	}
	if t.set.Followed.StepEpochs && !t.set.Followed.RateEpochs {
		t.set.StepSize *= epoch
	}
}

// clock is the time of the learning rate at a step: rows are those before it, of all epochs and of those that
// are whole.
func (t *training) clock(step int, rows, whole float64) int {
	switch {
	case t.set.LearningRate == optimise.NameOptimal:
		return int(rows)
	case t.set.Followed.RateEpochs && t.set.LearningRate == optimise.NameInvScaling:
		return int(whole)
	case t.set.Followed.RateEpochs:
		return step / t.perEpoch
	default:
		return step
	}
}
