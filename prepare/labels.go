package prepare

import (
	"strings"

	"github.com/gochimera/chimera/learner"
)

// labelOf is the category that a text names. What JSON cannot carry is replaced before a summary is made, so
// that it is the same category everywhere.
func labelOf(text string) learner.Label { return learner.NewLabel(strings.ToValidUTF8(text, "\uFFFD")) }
