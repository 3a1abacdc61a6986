package cli

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"testing"

	"github.com/gochimera/chimera/api"
	"github.com/gochimera/chimera/client"
	"github.com/gochimera/chimera/cmd/chimera/internal/cv"
	"github.com/gochimera/chimera/cmd/chimera/internal/program"
	"github.com/gochimera/chimera/cmd/chimera/internal/trial"
	"github.com/gochimera/chimera/internal/dataio"
	"github.com/gochimera/chimera/internal/handshake"
)

// The status of a program that ended is that of the reason which it reported; what
// it printed does not count.
func TestStatusOfAProgram(t *testing.T) {
	for reason, want := range map[handshake.Reason]int{
		handshake.PortInUse: badInput, handshake.Configuration: badInput, handshake.Other: failed, "": failed, "of a later version": failed,
	} {
		err := fmt.Errorf("run: %w", &program.ExitError{Err: errors.New("exit status 1"), Reason: reason, Output: "port 80 is in use"})
		if got := statusOf(err); got != want {
			t.Errorf("reason %q: status %d, want %d", reason, got, want)
		}
	}
}

// A fold that fails is a fit that failed, whatever the reason; an interruption stays one.
func TestStatusOfFolds(t *testing.T) {
	for _, reason := range []error{
		&trial.FitError{Err: errors.New("it failed")}, &cv.MetricError{}, &dataio.Error{Reason: "a row that the model refuses"},
		&client.Problem{Code: api.CodeUnusableData},
		&program.ExitError{Err: errors.New("exit status 1"), Reason: handshake.Data}, &program.SilentError{},
		&client.UnreachableError{}, fs.ErrNotExist, errors.New("anything"),
	} {
		if got := statusOf(failedFit(fmt.Errorf("repeat 1, fold 1: %w", reason))); got != fitFailed {
			t.Errorf("%T: status %d, want %d", reason, got, fitFailed)
		}
	}
	if got := statusOf(failedFit(fmt.Errorf("fold 1: %w", context.Canceled))); got != interrupted {
		t.Errorf("interrupted: status %d", got)
	}
	if err := failedFit(nil); err != nil {
		t.Error(err)
	}
}
