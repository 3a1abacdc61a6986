package sgd

import (
	"github.com/gochimera/chimera/learner"
	"github.com/gochimera/chimera/learner/loss"
)

// Link says what the scores stand for under the loss; "" before Fit, and for a loss of one's own that makes
// probabilities of its scores.
func (m *Linear) Link() learner.Link {
	if !m.fitted {
		return ""
	}
	switch l := m.loss.(type) {
	case loss.Targets:
		return learner.IdentityLink
	case loss.Softmax:
		return learner.SoftmaxLink
	case loss.OneVsRest:
		switch l.Loss.(type) {
		case loss.LogLoss:
			return learner.LogisticLink
		case loss.ModifiedHuber:
			return learner.ClippedLink
		case loss.Link:
			return ""
		}
		return learner.MarginLink
	}
	return ""
}

var (
	_ learner.Linked = (*Classifier)(nil)
	_ learner.Linked = (*Regressor)(nil)
)
