package cli

import (
	"errors"
	"fmt"
	"testing"

	"github.com/gochimera/chimera/cmd/chimera/internal/program"
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
