package config_test

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/gochimera/chimera/config"
)

// What a registered launcher's traits ask for is checked as for those that come
// with Chimera.
func TestRegisteredLauncher(t *testing.T) {
	config.RegisterLaunchers(t,
		config.LauncherInfo{Name: "test-farm", Summary: "A machine of a farm.", LauncherTraits: config.LauncherTraits{RunsMains: true}},
		config.LauncherInfo{Name: "test-directory", Summary: "Found in a directory.", LauncherTraits: config.LauncherTraits{StartsNothing: true}},
		config.LauncherInfo{Name: "test-threads", Summary: "A thread."},
	)
	for _, tt := range []struct{ name, yaml, says string }{
		{"it builds mains", "launcher: test-farm\nworkers: [{name: a, learner: dummy-regressor}]\n", ""},
		{"it starts workers", "launcher: test-farm\nworkers: [{name: a, url: 'http://h:1'}]\n", "the launcher is test-farm, which starts the workers itself"},
		{"it starts nothing", "launcher: test-directory\nworkers: [{name: a}]\n", "missing: the launcher is test-directory, which starts nothing"},
		{"it starts nothing, and there are urls", "launcher: test-directory\nworkers: [{name: a, url: 'http://h:1'}]\n", ""},
		{"it builds no mains", "launcher: test-threads\nworkers: [{name: a}]\n", "the test-threads launcher cannot run a main of the worker's own"},
		{"a near miss", "launcher: test-fram\nworkers: 2\n", `did you mean "test-farm"?`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, err := config.Parse("c.yaml", []byte(tt.yaml), config.Options{})
			if (err == nil) != (tt.says == "") || err != nil && !strings.Contains(err.Error(), tt.says) {
				t.Errorf("got %v, want %q", err, tt.says)
			}
		})
	}
	names := config.LauncherNames()
	want := []string{"process", "inprocess", "docker", "swarm", "external", "kubernetes", "test-directory", "test-farm", "test-threads"}
	if !slices.Equal(names, want) {
		t.Errorf("launchers %v, want %v", names, want)
	}
	if page := config.Markdown(); !strings.Contains(page, "| `test-farm` | A machine of a farm. |") {
		t.Error("the reference does not list it")
	}
}

// A project with packages may have its launcher in one of them, which a program
// that links them knows: the error says so to who can run one.
func TestUnregisteredLauncher(t *testing.T) {
	for _, tt := range []struct {
		name, yaml string
		want       bool
	}{
		{"with packages", "launcher: mainframe\npackages: [./mine]\nworkers: 2\n", true},
		{"without", "launcher: mainframe\nworkers: 2\n", false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, err := config.Parse("c.yaml", []byte(tt.yaml), config.Options{})
			var one *config.Error
			if !errors.As(err, &one) || one.Linked != tt.want {
				t.Errorf("got %#v, want Linked %t", one, tt.want)
			}
		})
	}
}

func TestRegisterLauncherPanics(t *testing.T) {
	for _, tt := range []struct {
		info config.LauncherInfo
		says string
	}{
		{config.LauncherInfo{Summary: "x"}, `"" is not a launcher's name`},
		{config.LauncherInfo{Name: "Big Farm", Summary: "x"}, `"Big Farm" is not a launcher's name`},
		{config.LauncherInfo{Name: "farm"}, `launcher "farm" has no Summary`},
		{config.LauncherInfo{Name: "docker", Summary: "x"}, `launcher "docker" is registered twice`},
	} {
		func() {
			defer func() {
				if text, _ := recover().(string); !strings.Contains(text, tt.says) {
					t.Errorf("panic %q, want %q", text, tt.says)
				}
			}()
			config.RegisterLauncher(tt.info)
		}()
	}
}
