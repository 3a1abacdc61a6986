package config

import (
	"slices"
	"testing"
)

// RegisterLaunchers registers launchers until the test ends.
func RegisterLaunchers(t *testing.T, infos ...LauncherInfo) {
	t.Helper()
	before := slices.Clone(launchers.list)
	t.Cleanup(func() { launchers.list = before })
	for _, info := range infos {
		RegisterLauncher(info)
	}
}
