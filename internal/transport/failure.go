package transport

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/go-json-experiment/json"

	"github.com/gochimera/chimera/api"
	"github.com/gochimera/chimera/internal/wire"
)

// StatusError is an answer that is not 2xx: ours, or that of a node of the
// Python package.
type StatusError struct {
	Status  int
	Problem *api.Problem // what the node answered, if it could be read
	Text    string       // the reason in one line

	After time.Duration // when another try may do better; 0 if it does not say
}

// Error is the reason.
func (e *StatusError) Error() string { return e.Text }

// Code is the problem's code, if the node sent one.
func (e *StatusError) Code() api.Code {
	if e.Problem == nil {
		return ""
	}
	return e.Problem.Code
}

// statusError reads the three error forms there are: ours, and the Python
// package's {"message","details"} and {"detail"}.
func statusError(res *http.Response, body []byte) *StatusError {
	status := res.StatusCode
	e := &StatusError{Status: status}
	if seconds, err := strconv.ParseUint(res.Header.Get("Retry-After"), 10, 31); err == nil { // or else it is a date, as no node of ours says it
		e.After = time.Duration(seconds) * time.Second
	}
	var p api.Problem
	if err := json.Unmarshal(body, &p); err == nil {
		e.Problem = &p
		e.Text = p.Detail
		if e.Text == "" {
			e.Text = p.Message
		}
	}
	if e.Text == "" {
		e.Text = strings.TrimSpace(string(body))
	}
	e.Text = strings.Join(strings.Fields(e.Text), " ")
	if len(e.Text) > 500 {
		e.Text = strings.ToValidUTF8(e.Text[:500], "") + "…"
	}
	if e.Problem == nil || e.Problem.Code == "" {
		e.Text = strings.TrimSpace(fmt.Sprintf("HTTP %d %s", status, e.Text))
	}
	return e
}

// ErrTimeout is wrapped by an error of a call that its deadline ended.
var ErrTimeout = errors.New("no answer in time")

// explain marks deadlines, and says what a bare "EOF" means.
func explain(ctx context.Context, err error) error {
	if end, limited := ctx.Deadline(); limited && errors.Is(err, os.ErrDeadlineExceeded) && !time.Now().Before(end) {
		<-ctx.Done() // the connection, which has the same deadline, was a moment faster
	}
	if cause := context.Cause(ctx); errors.Is(cause, ErrTimeout) {
		return cause // it says which limit it was
	}
	if errors.Is(ctx.Err(), context.DeadlineExceeded) || errors.Is(err, context.DeadlineExceeded) {
		return fmt.Errorf("%w: %w", ErrTimeout, err)
	}
	if cause := context.Cause(ctx); cause != nil {
		return cause
	}
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return fmt.Errorf("the connection was closed before the answer came: %w", err)
	}
	return err
}

// Refused reports whether nothing listens at the address that was called: the machine is there, the
// program is not.
func Refused(err error) bool {
	const windows = 10061 // what Windows calls ECONNREFUSED (WSAECONNREFUSED); no other system has the number
	var number syscall.Errno
	return errors.Is(err, syscall.ECONNREFUSED) || errors.As(err, &number) && number == windows
}

// Temporary reports whether a second try of the same call may do better:
// nothing was answered, or the node answered that it is not ready yet.
func Temporary(err error) bool {
	if err == nil || errors.Is(err, context.Canceled) {
		return false
	}
	var s *StatusError
	if errors.As(err, &s) {
		return s.Status == http.StatusServiceUnavailable || Damaged(err)
	}
	return !errors.Is(err, ErrTimeout)
}

// Damaged reports whether a call failed because the request or its answer was
// damaged on the way. A request that was refused for it did nothing.
func Damaged(err error) bool {
	var s *StatusError
	if !errors.As(err, &s) {
		return errors.Is(err, wire.ErrDamaged)
	}
	switch s.Code() {
	case api.CodeDamaged, api.CodeMalformedBody: // no program of ours sends what cannot be read
		return true
	default:
		return s.Status == http.StatusBadRequest && s.Problem == nil // net/http itself could not read the header
	}
}
