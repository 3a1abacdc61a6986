package split

import (
	"fmt"
	"math"
	"strconv"
	"strings"
)

// Kind is a way to deal rows out.
type Kind string

// The kinds.
const (
	Contiguous Kind = "contiguous" // blocks in the file's order
	IID        Kind = "iid"        // at random, equally many
	Stratified Kind = "stratified" // at random, equally many of each class
	Dirichlet  Kind = "dirichlet"  // at random, each class in shares drawn from Dir(alpha)
	Size       Kind = "size"       // at random, as many as the given shares say
	Replicate  Kind = "replicate"  // all rows to every worker
)

// Strategy is a kind with its parameters.
type Strategy struct {
	Kind   Kind
	Alpha  float64   // of Dirichlet: > 0; small is uneven
	Shares []float64 // of Size: one per worker, > 0, in any unit
}

// Names are the strategies as a user writes them.
func Names() []string {
	return []string{string(Contiguous), string(IID), string(Stratified), "dirichlet(0.5)", "size(3,1)", string(Replicate)}
}

// ParseStrategy reads a strategy such as "iid", "dirichlet(0.5)" or
// "size(3,1,1)". The error is an *Error.
func ParseStrategy(text string) (Strategy, error) {
	name, rest, hasArguments := strings.Cut(strings.TrimSpace(text), "(")
	s := Strategy{Kind: Kind(strings.TrimSpace(name))}
	var arguments []float64
	if hasArguments {
		inner, closed := strings.CutSuffix(strings.TrimSpace(rest), ")")
		if !closed {
			return Strategy{}, refuse("--by %s: the parenthesis is not closed", text)
		}
		for field := range strings.SplitSeq(inner, ",") {
			v, err := strconv.ParseFloat(strings.TrimSpace(field), 64)
			if err != nil || !(v > 0) || math.IsInf(v, 0) {
				return Strategy{}, refuse("--by %s: want positive numbers in the parentheses, got %q", text, strings.TrimSpace(field))
			}
			arguments = append(arguments, v)
		}
	}
	switch s.Kind {
	case Dirichlet:
		if len(arguments) != 1 {
			return Strategy{}, refuse("--by %s: want one number, as in dirichlet(0.5); smaller is more uneven", text)
		}
		s.Alpha = arguments[0]
	case Size:
		if len(arguments) == 0 {
			return Strategy{}, refuse("--by %s: want one share per worker, as in size(3,1,1)", text)
		}
		s.Shares = arguments
	case Contiguous, IID, Stratified, Replicate:
		if hasArguments {
			return Strategy{}, refuse("--by %s: %s takes nothing in parentheses", text, s.Kind)
		}
	default:
		return Strategy{}, refuse("--by %s: want one of contiguous, iid, stratified, dirichlet(alpha), size(a,b,...), replicate", text)
	}
	return s, nil
}

// String is the strategy as a user writes it.
func (s Strategy) String() string {
	switch s.Kind {
	case Dirichlet:
		return fmt.Sprintf("dirichlet(%v)", s.Alpha)
	case Size:
		shares := make([]string, len(s.Shares))
		for i, v := range s.Shares {
			shares[i] = strconv.FormatFloat(v, 'g', -1, 64)
		}
		return "size(" + strings.Join(shares, ",") + ")"
	default:
		return string(s.Kind)
	}
}

// byClass reports whether the strategy looks at classes.
func (s Strategy) byClass() bool { return s.Kind == Stratified || s.Kind == Dirichlet }

// Holdout is how many rows are kept for a test: a share of them, or their
// number. The zero value keeps none.
type Holdout struct {
	Share float64 // > 0 and < 1
	Rows  int
}

// ParseHoldout reads "0.2" as a share and "100" as a number of rows; "0" and ""
// hold nothing out. The error is an *Error.
func ParseHoldout(text string) (Holdout, error) {
	text = strings.TrimSpace(text)
	if text == "" || text == "0" {
		return Holdout{}, nil
	}
	if n, err := strconv.Atoi(text); err == nil && n > 0 {
		return Holdout{Rows: n}, nil
	}
	if v, err := strconv.ParseFloat(text, 64); err == nil && v > 0 && v < 1 {
		return Holdout{Share: v}, nil
	}
	return Holdout{}, refuse("--holdout %s: want a share between 0 and 1, or a number of rows", text)
}

// of is the number of rows to hold out of n.
func (h Holdout) of(n int) int {
	if h.Rows > 0 {
		return h.Rows
	}
	return int(math.Round(h.Share * float64(n)))
}

// Error says why a split cannot be made with the given options.
type Error struct{ Reason string }

// Error is the reason.
func (e *Error) Error() string { return e.Reason }

func refuse(format string, args ...any) error { return &Error{fmt.Sprintf(format, args...)} }
