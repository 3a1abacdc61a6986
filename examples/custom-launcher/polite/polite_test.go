package polite

import (
	"testing"

	"github.com/gochimera/chimera/launcher/launchertest"
)

// Everything that a launcher must keep to, in one line.
func TestPolite(t *testing.T) { launchertest.Run(t, "polite") }
