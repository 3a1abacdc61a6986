package forest

import (
	"github.com/gochimera/chimera/learner"
	"github.com/gochimera/chimera/learner/tree"
)

// Forest is the fitted trees as plain arrays; nil before Fit.
func (m *Classifier) Forest() *learner.Forest { return m.ensemble.plain() }

// Forest is the fitted trees as plain arrays; nil before Fit.
func (m *Regressor) Forest() *learner.Forest { return m.ensemble.plain() }

func (e *ensemble) plain() *learner.Forest {
	if e == nil {
		return nil
	}
	return tree.Mean(e.trees...)
}

var (
	_ learner.Forester = (*Classifier)(nil)
	_ learner.Forester = (*Regressor)(nil)
)
