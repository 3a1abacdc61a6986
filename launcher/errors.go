package launcher

import (
	"fmt"
	"strings"
	"time"
)

// PlanError lists why a plan cannot be launched.
type PlanError struct {
	Problems []string
}

// Error joins the problems.
func (e *PlanError) Error() string {
	return "the workers cannot be launched: " + strings.Join(e.Problems, "; ")
}

// ExitError is a worker that ended before it was ready.
type ExitError struct {
	Exit
	Port int // it was told to listen on; 0 is any free one
}

// Error says how it ended, with its last words, which hold the reason.
func (e *ExitError) Error() string {
	return fmt.Sprintf("worker %s%s was not ready yet and %s%s", e.Worker, onPort(e.Port), e.how(), lastWords(e.LastWords))
}

// DataError is a worker that ended before it was ready because its training data is bad.
type DataError struct {
	Worker string
	Reason string // what the worker said: file, line and cell
}

// Error says what is wrong.
func (e *DataError) Error() string { return fmt.Sprintf("worker %s: %s", e.Worker, e.Reason) }

// NotReadyError is a worker that lives and did not become ready in time.
type NotReadyError struct {
	Worker    string
	Port      int    // it was told to listen on; 0 is any free one
	URL       string // empty: it never listened
	After     time.Duration
	Last      error  // what it answered last, if it listened
	LastWords string // the end of its log, at most 20 lines
}

// Error says how far the worker came.
func (e *NotReadyError) Error() string {
	how := "it never said that it listens"
	if e.URL != "" {
		how = "it listens on " + e.URL
	}
	if e.Last != nil {
		how += fmt.Sprintf(" (%v)", e.Last)
	}
	if e.LastWords != "" {
		how += lastWords(e.LastWords)
	}
	return fmt.Sprintf("worker %s%s was not ready within %v: %s", e.Worker, onPort(e.Port), e.After, how)
}

// Unwrap is what the worker answered last.
func (e *NotReadyError) Unwrap() error { return e.Last }

func onPort(port int) string {
	if port == 0 {
		return ""
	}
	return fmt.Sprintf(" (port %d)", port)
}

// ConfigHashError is a worker whose main was generated from another
// configuration than the plan's.
type ConfigHashError struct {
	Worker, URL string
	Want, Got   string
}

// Error says what to do.
func (e *ConfigHashError) Error() string {
	return fmt.Sprintf("worker %s at %s was generated from another configuration (%s, want %s): run `go generate`, then start again",
		e.Worker, e.URL, e.Got, e.Want)
}

// NameError is a node that says it is another one: another worker, or a master.
type NameError struct {
	URL       string
	Want, Got string
}

// Error says what to look at.
func (e *NameError) Error() string {
	return fmt.Sprintf("at %s, where worker %s should be, answers %s: check the workers' addresses", e.URL, e.Want, e.Got)
}

// UnreachableError says that none of the workers could be reached.
type UnreachableError struct {
	Workers []Endpoint // each with its reason in Down
}

// Error lists each worker's reason.
func (e *UnreachableError) Error() string {
	var b strings.Builder
	b.WriteString("no worker can be reached; are they running?")
	for _, w := range e.Workers {
		fmt.Fprintf(&b, "\n  %s at %s: %v", w.Name, w.URL, w.Down)
	}
	return b.String()
}

// Unwrap lists the reasons.
func (e *UnreachableError) Unwrap() []error {
	reasons := make([]error, 0, len(e.Workers))
	for _, w := range e.Workers {
		reasons = append(reasons, w.Down)
	}
	return reasons
}
