package launcher_test

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/gochimera/chimera/launcher"
)

func TestRegistry(t *testing.T) {
	var names []string
	for _, info := range launcher.List() {
		names = append(names, info.Name)
		if l, err := info.New(launcher.Setup{}); err != nil || l.Name() != info.Name || info.Summary == "" {
			t.Errorf("%s: %v, %v, summary %q", info.Name, l, err, info.Summary)
		}
	}
	if !slices.IsSorted(names) || !slices.Contains(names, "process") || !slices.Contains(names, "inprocess") || !slices.Contains(names, "external") {
		t.Errorf("registered are %v", names)
	}
	_, err := launcher.Lookup("prcess")
	var unknown *launcher.UnknownError
	if !errors.As(err, &unknown) || !strings.Contains(err.Error(), `unknown launcher "prcess"; did you mean "process"`) {
		t.Errorf("got %v", err)
	}
}

func TestRegisterPanics(t *testing.T) {
	create := func(launcher.Setup) (launcher.Launcher, error) { return launcher.External{}, nil }
	for _, tt := range []struct {
		name, says string
		entry      launcher.Entry
	}{
		{"", "is not a launcher's name", launcher.Entry{Summary: "x", New: create}},
		{"farm", "has no Summary", launcher.Entry{New: create}},
		{"farm", "has no New", launcher.Entry{Summary: "x"}},
		{"process", "is registered twice", launcher.Entry{Summary: "x", New: create}},
	} {
		func() {
			defer func() {
				if text, _ := recover().(string); !strings.Contains(text, tt.says) {
					t.Errorf("panic %q, want %q", text, tt.says)
				}
			}()
			launcher.Register(tt.name, tt.entry)
		}()
	}
}
