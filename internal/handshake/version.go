package handshake

import (
	"fmt"
	"strconv"
	"strings"
)

// Version is that of the handshakes, major.minor. A new minor version adds what
// older readers may ignore; a new major version is for what they must not.
const Version = "1.0"

// major is the major version that this program reads.
const major = 1

// VersionError is a handshake that this program cannot read.
type VersionError struct {
	Got string // the node's version
}

// Error says what to do.
func (e *VersionError) Error() string {
	return fmt.Sprintf("its handshake has version %s, and this program reads versions up to %d: update Chimera here, or build both with the same version",
		e.Got, major)
}

// check refuses a newer major version and text that is not a version; no version at
// all means an old node, and is accepted.
func check(version string) error {
	if version == "" {
		return nil
	}
	first, _, _ := strings.Cut(version, ".")
	if n, err := strconv.Atoi(first); err != nil || n > major {
		return &VersionError{Got: version}
	}
	return nil
}
