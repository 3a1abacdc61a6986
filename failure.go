package chimera

import (
	"errors"
	"fmt"

	"github.com/gochimera/chimera/config"
	"github.com/gochimera/chimera/internal/dataio"
	"github.com/gochimera/chimera/internal/handshake"
	"github.com/gochimera/chimera/launcher"
	"github.com/gochimera/chimera/launcher/docker"
)

// portError is a master's port that is in use.
type portError struct{ port int }

// Error says what to do about it.
func (e *portError) Error() string {
	return fmt.Sprintf("port %d is in use: end what uses it, or choose another port for the master", e.port)
}

// settingError is an invalid setting that does not come from chimera.yaml.
type settingError struct{ error }

// Unwrap returns the error itself.
func (e *settingError) Unwrap() error { return e.error }

// reasonOf is the reason that the program reports to the command line for an error of Run.
func reasonOf(err error) handshake.Reason {
	switch {
	case is[*portError](err), is[*docker.PortError](err):
		return handshake.PortInUse
	case is[config.Errors](err), is[*settingError](err):
		return handshake.Configuration
	case isData(err):
		return handshake.Data
	default:
		return handshake.Other
	}
}

// isData reports whether an error is about a worker's training data: one that a worker has reported, or,
// of one in this process, its own.
func isData(err error) bool { return is[*launcher.DataError](err) || is[*dataio.Error](err) }

func is[E error](err error) bool {
	var e E
	return errors.As(err, &e)
}
