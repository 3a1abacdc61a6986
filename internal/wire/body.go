package wire

import (
	"fmt"
	"net/http"
	"strings"
	"unicode/utf8"

	"github.com/gochimera/chimera/internal/cell"
)

// RowsLimits bounds what a predict body may hold. A zero field means no limit, for
// Faults the default.
type RowsLimits struct {
	Bytes   int64 // of the body
	Rows    int
	Columns int
	Faults  int // how many faults are listed; 20 if zero

	// Missing are the cells that stand for a missing value, beside null and NaN; nil are the usual ones.
	Missing *cell.Missing
}

const defaultFaults = 20

// maxValue is how many bytes of a bad value an error shows, so that an answer
// stays small whatever the request holds.
const maxValue = 64

// BodyError says why a request's body cannot be used. At most RowsLimits.Faults
// of its faults are listed; Total counts them all.
type BodyError struct {
	Status int // 400: not JSON; 413: over a limit; 422: JSON that does not say which rows
	Faults []BodyFault
	Total  int
}

// BodyFault is one thing that is wrong with a body.
type BodyFault struct {
	Path    string `json:"path"`            // for example X_pred_rows[3][1]; empty for the body as a whole
	Loc     []any  `json:"loc"`             // the same as the Python package gives it: "body", "X_pred_rows", 3, 1
	Message string `json:"message"`         // what was expected and what was found
	Value   string `json:"value,omitempty"` // the offending JSON, cut after 64 bytes
}

// Error names the first fault and counts the others.
func (e *BodyError) Error() string {
	if len(e.Faults) == 0 {
		return "the body cannot be used"
	}
	s := e.Faults[0].String()
	if e.Total > 1 {
		s += fmt.Sprintf(" (and %d more)", e.Total-1)
	}
	return s
}

// String names the place, then what is wrong there.
func (f BodyFault) String() string {
	if f.Path == "" {
		return f.Message
	}
	return f.Path + ": " + f.Message
}

// newFault makes the fault at a path of field names (string) and indices
// (int).
func newFault(path []any, value []byte, format string, args ...any) BodyFault {
	var b strings.Builder
	for _, step := range path {
		switch step := step.(type) {
		case int:
			fmt.Fprintf(&b, "[%d]", step)
		default:
			fmt.Fprintf(&b, "%v", step)
		}
	}
	return BodyFault{
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

// faults gathers what is wrong with the content of a body.
type faults struct {
	listed []BodyFault
	limit  int
	total  int
}

func (f *faults) add(path []any, value []byte, format string, args ...any) {
	f.total++
	if len(f.listed) < f.limit {
		f.listed = append(f.listed, newFault(path, value, format, args...))
	}
}

func (f *faults) err() error {
	if f.total == 0 {
		return nil
	}
	return &BodyError{Status: http.StatusUnprocessableEntity, Faults: f.listed, Total: f.total}
}

// refuse is a BodyError with a single fault of the body as a whole.
func refuse(status int, format string, args ...any) error {
	return &BodyError{Status: status, Faults: []BodyFault{newFault(nil, nil, format, args...)}, Total: 1}
}
