package cli

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"slices"

	"github.com/gochimera/chimera/api"
	"github.com/gochimera/chimera/client"
	"github.com/gochimera/chimera/cmd/chimera/internal/cv"
	"github.com/gochimera/chimera/cmd/chimera/internal/modelimage"
	"github.com/gochimera/chimera/cmd/chimera/internal/program"
	"github.com/gochimera/chimera/cmd/chimera/internal/scaffold"
	"github.com/gochimera/chimera/cmd/chimera/internal/served"
	"github.com/gochimera/chimera/cmd/chimera/internal/split"
	"github.com/gochimera/chimera/cmd/chimera/internal/validate"
	"github.com/gochimera/chimera/config"
	"github.com/gochimera/chimera/internal/dataio"
	"github.com/gochimera/chimera/internal/handshake"
	"github.com/gochimera/chimera/registry"
)

// Exit statuses.
const (
	succeeded   = 0
	failed      = 1
	misused     = 2
	badInput    = 3
	unreachable = 4
	fitFailed   = 5
	interrupted = 130 // as shells say of a program that SIGINT ended
)

const exitHelp = `Exit status:
  0    it worked
  1    it failed for a reason not listed here
  2    wrong use: an unknown command, flag or number of arguments
  3    bad input: chimera.yaml, training data, a file that is not there or cannot be read, rows that the model refuses
  4    no master answers
  5    the fit failed
  130  interrupted (Ctrl-C)`

// inputError is bad input for which no other package has a type.
type inputError struct{ error }

// Unwrap returns the error itself.
func (e inputError) Unwrap() error { return e.error }

// usageError is wrong use that only the command itself can see.
type usageError struct{ error }

func usageErrorf(format string, args ...any) error { return usageError{fmt.Errorf(format, args...)} }

// unwrapPath is an error of the file system without its path, which the
// error around it has already.
func unwrapPath(err error) error {
	var p *fs.PathError
	if errors.As(err, &p) {
		return p.Err
	}
	return err
}

// fitError is a fit that failed.
type fitError struct{ error }

// Unwrap returns the reason.
func (e fitError) Unwrap() error { return e.error }

// foldError is a fit of a trial, or its score, that failed: of whatever reason, since the command's own input was read before.
type foldError struct{ error }

// Unwrap returns the reason.
func (e foldError) Unwrap() error { return e.error }

// statusOf is the exit status of a command that returned err.
func statusOf(err error) int {
	switch {
	case err == nil:
		return succeeded
	case errors.Is(err, context.Canceled):
		return interrupted
	case is[foldError](err):
		return fitFailed
	case is[usageError](err):
		return misused
	case is[*client.UnreachableError](err):
		return unreachable
	case is[fitError](err):
		return fitFailed
	case isInput(err):
		return badInput
	default:
		return failed
	}
}

func isInput(err error) bool {
	var p *client.Problem
	if errors.As(err, &p) {
		return p.Code.Info().AtFault
	}
	var ended *program.ExitError
	if errors.As(err, &ended) && slices.Contains([]handshake.Reason{handshake.PortInUse, handshake.Configuration, handshake.Data}, ended.Reason) {
		return true // the program reports it
	}
	return is[inputError](err) || is[config.Errors](err) || is[*dataio.Error](err) || is[*split.Error](err) || is[*scaffold.Error](err) ||
		is[*served.Error](err) || is[*served.PortError](err) || is[*modelimage.Error](err) || is[*modelimage.TagError](err) ||
		is[*cv.PlanError](err) ||
		is[*registry.UnknownError](err) || is[*program.BuildError](err) || is[*program.SilentError](err) || is[*validate.BuildError](err) ||
		errors.Is(err, fs.ErrNotExist)
}

// isRefused reports whether the master does not do what it was asked for because of who asks.
func isRefused(err error) bool {
	var p *client.Problem
	return errors.As(err, &p) && (p.Code == api.CodeUnauthenticated || p.Code == api.CodeForbidden)
}

func is[E error](err error) bool {
	var e E
	return errors.As(err, &e)
}
