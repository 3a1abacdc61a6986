package wire

import (
	"fmt"
	"net/http"
	"strings"
	"unicode/utf8"
)

// Limits bounds what a predict body may hold. A zero field means no limit, for
// Problems the default.
type Limits struct {
	Bytes    int64 // of the body
	Rows     int
	Problems int // how many problems are listed; 20 if zero
}

const defaultProblems = 20

// maxValue is how many bytes of a bad value an error shows, so that an answer
// stays small whatever the request holds.
const maxValue = 64

// BodyError says why a request's body cannot be used. At most Limits.Problems
// of its problems are listed; Total counts them all.
type BodyError struct {
	Status   int // 400: not JSON; 413: over a limit; 422: JSON that does not say which rows
	Problems []Problem
	Total    int
}

// Problem is one thing that is wrong with a body.
type Problem struct {
	Path    string `json:"path"`            // for example X_pred_rows[3][1]; empty for the body as a whole
	Loc     []any  `json:"loc"`             // the same as the Python package gives it: "body", "X_pred_rows", 3, 1
	Message string `json:"message"`         // what was expected and what was found
	Value   string `json:"value,omitempty"` // the offending JSON, cut after 64 bytes
}

// Error names the first problem and counts the others.
func (e *BodyError) Error() string {
	if len(e.Problems) == 0 {
		return "the body cannot be used"
	}
	s := e.Problems[0].String()
	if e.Total > 1 {
		s += fmt.Sprintf(" (and %d more)", e.Total-1)
	}
	return s
}

// String names the place, then what is wrong there.
func (p Problem) String() string {
	if p.Path == "" {
		return p.Message
	}
	return p.Path + ": " + p.Message
}

// newProblem makes the problem at a path of field names (string) and indices
// (int).
func newProblem(path []any, value []byte, format string, args ...any) Problem {
	var b strings.Builder
	for _, step := range path {
		switch step := step.(type) {
		case int:
			fmt.Fprintf(&b, "[%d]", step)
		default:
			fmt.Fprintf(&b, "%v", step)
		}
	}
	return Problem{
		Path:    b.String(),
		Loc:     append([]any{"body"}, path...),
		Message: fmt.Sprintf(format, args...),
		Value:   excerpt(value),
	}
}

// excerpt is the beginning of a value, valid UTF-8 and no longer than maxValue
// bytes.
func excerpt(value []byte) string {
	if len(value) <= maxValue {
		return strings.ToValidUTF8(string(value), "?")
	}
	const ellipsis = "…"
	cut := maxValue - len(ellipsis)
	for cut > 0 && !utf8.RuneStart(value[cut]) {
		cut--
	}
	return strings.ToValidUTF8(string(value[:cut]), "?") + ellipsis
}

// problems gathers what is wrong with the content of a body.
type problems struct {
	listed []Problem
	limit  int
	total  int
}

func (p *problems) add(path []any, value []byte, format string, args ...any) {
	p.total++
	if len(p.listed) < p.limit {
		p.listed = append(p.listed, newProblem(path, value, format, args...))
	}
}

func (p *problems) err() error {
	if p.total == 0 {
		return nil
	}
	return &BodyError{Status: http.StatusUnprocessableEntity, Problems: p.listed, Total: p.total}
}

// refuse is a BodyError with a single problem of the body as a whole.
func refuse(status int, format string, args ...any) error {
	return &BodyError{Status: status, Problems: []Problem{newProblem(nil, nil, format, args...)}, Total: 1}
}
