package launcher_test

import (
	"testing"

	"github.com/gochimera/chimera/launcher/launchertest"
)

func TestProcessConforms(t *testing.T) { launchertest.Run(t, "process") }

func TestInProcessConforms(t *testing.T) { launchertest.Run(t, "inprocess") }

func TestExternalConforms(t *testing.T) { launchertest.Run(t, "external") }
