package docs

import (
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// variable is a name as Go code has it, in a string or in a field's tag.
var variable = regexp.MustCompile(`["\x60]?CHIMERA_[A-Z][A-Z_]*[A-Z]\b`)

// Every variable that the code names is on the page, and nothing is that the code does not.
func TestEveryVariableIsDocumented(t *testing.T) {
	named := map[string]string{} // by what file
	err := filepath.WalkDir("..", func(path string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && (d.Name() == "testdata" || path != ".." && strings.HasPrefix(d.Name(), ".")):
			return filepath.SkipDir
		case d.IsDir() || filepath.Ext(path) != ".go" || strings.HasSuffix(path, "_test.go"):
			return nil
		}
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		for _, name := range variable.FindAllString(string(text), -1) {
			named[strings.Trim(name, "\"`")] = path
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	page, err := fs.ReadFile(files, "environment.md")
	if err != nil {
		t.Fatal(err)
	}
	var documented []string
	for _, name := range variable.FindAllString(string(page), -1) {
		documented = append(documented, strings.Trim(name, "\"`"))
	}
	for _, name := range slices.Sorted(maps.Keys(named)) {
		if !slices.Contains(documented, name) {
			t.Errorf("environment.md lacks %s, which %s names", name, named[name])
		}
	}
	for _, name := range documented {
		if named[name] == "" {
			t.Errorf("environment.md has %s, which no code names", name)
		}
	}
	if len(named) < 20 {
		t.Errorf("only %d variables were found", len(named))
	}
}
