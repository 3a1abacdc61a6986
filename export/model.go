package export

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"gonum.org/v1/gonum/floats"

	"github.com/gochimera/chimera/learner"
	"github.com/gochimera/chimera/learner/moments"
	"github.com/gochimera/chimera/prepare"
)

// Model is a fitted model to be exported.
type Model struct {
	Name string // by which other programs show it, such as a project's; may be empty
	// Features are the names of what learners see, in their order: if there is a Preparation, of what it makes.
	Features []string
	Classes  []learner.Label // in the order of the learners' probabilities; nil for regression
	// Preparation is what becomes of a row's columns before learners see them; nil if they see the columns.
	Preparation *prepare.Preparation
	Members     []Member
	Weights     []float64 // of the members in a mean; nil if they count alike
	Combine     Combine   // how the answers of several members become one; "" is Mean
	// Threshold, of two classes, is the probability from which on the label is the second; 0 for the more probable one.
	Threshold float64
}

// Member is one learner of a model.
type Member struct {
	Name    string            // of its worker, for messages
	Kind    string            // the name of the learner, as in tree-classifier, for messages
	Learner learner.Estimator // fitted
	// Features are the model's in the order in which this learner sees them; nil for the model's own order.
	Features []string
	// Scaling takes the features to the scale of the learner; nil if it was fitted on them as they are.
	Scaling *moments.Scaling
}

// Combine is how the answers of several members become one.
type Combine string

// The combinations.
const (
	Mean Combine = "mean" // of the values or of the probabilities, by the members' weights
	Vote Combine = "vote" // the share of the members whose most probable class it is
)

// Error says why a model, or one member of it, cannot be exported.
type Error struct {
	Member string // "" for the whole model
	Kind   string // of the member's learner
	Reason string
}

// Error names the member, then the reason.
func (e *Error) Error() string {
	switch {
	case e.Member == "":
		return "the model cannot be exported: " + e.Reason
	case e.Kind == "":
		return fmt.Sprintf("the model of %s cannot be exported: %s", e.Member, e.Reason)
	}
	return fmt.Sprintf("the model of %s (%s) cannot be exported: %s", e.Member, e.Kind, e.Reason)
}

func refuse(format string, args ...any) error { return &Error{Reason: fmt.Sprintf(format, args...)} }

// Check reports what is wrong with the model besides its learners. The error is an *Error.
func (m *Model) Check() error {
	switch {
	case len(m.Members) == 0:
		return refuse("it has no members")
	case len(m.Features) == 0:
		return refuse("it has no features")
	case m.Combine != "" && m.Combine != Mean && m.Combine != Vote:
		return refuse("its members' answers are combined by %s, which no format knows: fit it with combine mean, weighted or vote", m.Combine)
	case m.Combine == Vote && len(m.Classes) == 0:
		return refuse("its members vote, which goes for classes only")
	case m.Threshold != 0 && len(m.Classes) != 2:
		return refuse("a threshold is for two classes, and it has %d", len(m.Classes))
	case !(m.Threshold >= 0 && m.Threshold <= 1):
		return refuse("the threshold %v is no probability", m.Threshold)
	}
	if name := twice(m.Features); name != "" {
		return refuse("two of its features are called %q", name)
	}
	if m.Preparation != nil {
		if m.Preparation.Kernel != nil {
			return refuse("its features are components of an approximated kernel (prepare.kernel_approximation), which no format has here: " +
				"write a model of the prepared features, and prepare rows with Chimera")
		}
		if made := m.Preparation.Features(); !slices.Equal(made, m.Features) {
			return refuse("its preparation makes the features %s, but its learners see %s", list(made), list(m.Features))
		}
	}
	for i := range m.Members {
		one := &m.Members[i]
		if one.Learner == nil {
			return &Error{Member: m.named(i), Reason: "there is none"}
		}
		if one.Features != nil && !slices.Equal(slices.Sorted(slices.Values(one.Features)), slices.Sorted(slices.Values(m.Features))) {
			return &Error{Member: m.named(i), Kind: one.Kind, Reason: fmt.Sprintf("it sees the features %s, and the model has %s",
				list(one.Features), list(m.Features))}
		}
		if s := one.Scaling; s != nil && (len(s.Mean) != len(m.Features) || len(s.Scale) != len(m.Features)) {
			return &Error{Member: m.named(i), Kind: one.Kind, Reason: fmt.Sprintf("its scaling is of %d columns, not of %d", len(s.Mean), len(m.Features))}
		}
	}
	return m.checkWeights()
}

func (m *Model) checkWeights() error {
	if m.Weights == nil {
		return nil
	}
	if len(m.Weights) != len(m.Members) {
		return refuse("it has %d members and %d weights", len(m.Members), len(m.Weights))
	}
	if m.Combine == Vote {
		return refuse("its members vote, where weights do not count")
	}
	sum := 0.0
	for i, w := range m.Weights {
		if !(w >= 0) || math.IsInf(w, 0) {
			return &Error{Member: m.named(i), Kind: m.Members[i].Kind, Reason: fmt.Sprintf("its weight is %v, want a number >= 0", w)}
		}
		sum += w
	}
	if sum == 0 || math.IsInf(sum, 0) {
		return refuse("the weights of its members add up to %v", sum)
	}
	return nil
}

// shares are the weights divided by their sum.
func (m *Model) shares() []float64 {
	shares := slices.Clone(m.Weights)
	if shares == nil {
		shares = slices.Repeat([]float64{1}, len(m.Members))
	}
	floats.Scale(1/floats.Sum(shares), shares)
	return shares
}

// Columns are the names of the columns that a row has before it is prepared.
func (m *Model) Columns() []string {
	if m.Preparation == nil {
		return m.Features
	}
	return m.Preparation.Names()
}

// OfFeatures is the model of the prepared features: that of rows which somebody else has prepared.
func (m *Model) OfFeatures() *Model {
	of := *m
	of.Preparation = nil
	return &of
}

// named is what messages call a member.
func (m *Model) named(i int) string {
	if name := m.Members[i].Name; name != "" {
		return name
	}
	return fmt.Sprintf("member %d", i+1)
}

// twice is a name that is there twice, or "".
func twice(names []string) string {
	seen := make(map[string]bool, len(names))
	for _, name := range names {
		if seen[name] {
			return name
		}
		seen[name] = true
	}
	return ""
}

// list shows names, but not hundreds of them.
func list(names []string) string {
	const most = 8
	if len(names) > most {
		return fmt.Sprintf("%s and %d more", strings.Join(names[:most], ", "), len(names)-most)
	}
	return strings.Join(names, ", ")
}
