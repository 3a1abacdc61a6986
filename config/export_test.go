package config

import (
	"reflect"
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

// Paths are the paths of all settings.
func Paths() map[string]bool {
	all := map[string]bool{}
	for path := range paths(reflect.TypeFor[Config]()) {
		all[path] = true
	}
	return all
}

// TextRules are the rules for text, by name.
func TextRules() map[string]func(string) bool {
	all := map[string]func(string) bool{}
	for name, r := range textRules {
		all[name] = r.Valid
	}
	return all
}
