package gobuild

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestTexts(t *testing.T) {
	t.Setenv("CHIMERA_CACHE", t.TempDir())
	dir := project(t, map[string]string{"w/a": "as it is in the project"})
	say := func(text string) []byte { return []byte("package main\n\nfunc main() { print(\"" + text + "\") }\n") }
	texts := map[string][]byte{"w/a": say("one"), "w/v2": say("two"), "none": say("three")}

	first, err := Texts(t.Context(), dir, texts)
	if err != nil {
		t.Fatal(err)
	}
	for folder, want := range map[string]string{"w/a": "one", "w/v2": "two", "none": "three"} {
		if got := says(t, first[folder]); got != want {
			t.Errorf("%s says %q, want %q", folder, got, want)
		}
	}
	if _, err := os.Stat(filepath.Join(dir, "none")); !os.IsNotExist(err) {
		t.Errorf("it wrote into the project: %v", err)
	}

	again, err := Texts(t.Context(), dir, texts)
	if err != nil || again["w/v2"] != first["w/v2"] {
		t.Errorf("unchanged, it was built as %s and as %s, %v", first["w/v2"], again["w/v2"], err)
	}
	left, err := filepath.Glob(filepath.Join(filepath.Dir(first["none"]), stagePrefix+"*"))
	if err != nil || len(left) > 0 {
		t.Errorf("the cache keeps %v, %v", left, err)
	}

	texts["none"] = []byte("package main\n\nfunc main() { nothing() }\n")
	var failed *Error
	if _, err := Texts(t.Context(), dir, texts); !errors.As(err, &failed) || !strings.Contains(failed.Output, "undefined: nothing") {
		t.Errorf("what does not compile: %v", err)
	}
}
