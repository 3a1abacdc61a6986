package linear

import "github.com/gochimera/chimera/learner"

// Link says that the score is the answer; "" before Fit.
func (m *Regressor) Link() learner.Link {
	if !m.fitted {
		return ""
	}
	return learner.IdentityLink
}

// Link says that the scores are logits: of the second of two classes, or of all for a softmax; "" before Fit.
func (m *LogisticRegression) Link() learner.Link {
	switch {
	case !m.fitted:
		return ""
	case m.model.classes == 2:
		return learner.LogisticLink
	default:
		return learner.SoftmaxLink
	}
}

// Link says that the scores are logits, as those of logistic regression; "" before Fit.
func (m *LDA) Link() learner.Link {
	switch {
	case !m.fitted:
		return ""
	case m.model.classes == 2:
		return learner.LogisticLink
	default:
		return learner.SoftmaxLink
	}
}

// Link says that the scores are distances, whose largest wins; "" before Fit.
func (m *LinearSVC) Link() learner.Link {
	if !m.fitted {
		return ""
	}
	return learner.MarginLink
}

var (
	_ learner.Linked = (*LinearRegression)(nil)
	_ learner.Linked = (*LogisticRegression)(nil)
	_ learner.Linked = (*LDA)(nil)
	_ learner.Linked = (*LinearSVC)(nil)
)
