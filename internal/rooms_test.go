package internal_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"maps"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write README.md")

const module = "github.com/gochimera/chimera"

// listed is a package as go list describes it.
type listed struct {
	ImportPath, Name, Doc              string
	Imports, TestImports, XTestImports []string
}

// TestRoomsShareThePackages holds that every package here has at least two
// rooms that import it, tests included, and that the page says which.
func TestRoomsShareThePackages(t *testing.T) {
	packages := list(t)
	page := strings.Builder{}
	page.WriteString(`# What rooms share

<!-- Generated from the packages' imports and comments by: go generate ./internal -->

A package is here if two rooms import it and nobody outside this module needs it. One that a single room imports is in
that room, in a folder internal of its own, as ` + "`cmd/chimera/internal`" + ` is of the command line. A room is a folder at the
top; below learner/ and distribute/ each family and each kind is one.

| package | what it does | the rooms that share it |
|---|---|---|
`)
	count := 0
	for _, p := range packages {
		name, here := strings.CutPrefix(p.ImportPath, module+"/internal/")
		if !here || strings.Contains(name, "/") || p.Name == "main" { // a command is not imported
			continue
		}
		count++
		rooms := importers(packages, p.ImportPath)
		if len(rooms) < 2 {
			t.Errorf("internal/%s is imported by %v only: move it into that room", name, rooms)
		}
		fmt.Fprintf(&page, "| [%s](%s/) | %s | %s |\n", name, name, sentence(name, p.Doc), strings.Join(rooms, ", "))
	}
	if count < 5 {
		t.Fatalf("found %d packages", count)
	}
	if *update {
		if err := os.WriteFile("README.md", []byte(page.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	text, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	if strings.ReplaceAll(string(text), "\r\n", "\n") != page.String() {
		t.Errorf("README.md is not up to date, run: go generate ./internal\nwant\n%s", page.String())
	}
}

// list describes the packages of this module.
func list(t *testing.T) (packages []listed) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "go", "list", "-json=ImportPath,Name,Doc,Imports,TestImports,XTestImports", module+"/...")
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	for dec := json.NewDecoder(bytes.NewReader(out)); ; {
		var p listed
		if err := dec.Decode(&p); errors.Is(err, io.EOF) {
			return packages
		} else if err != nil {
			t.Fatal(err)
		}
		packages = append(packages, p)
	}
}

// importers are the rooms that import a package. Those that only their tests do are
// marked.
func importers(packages []listed, path string) []string {
	rooms := map[string]bool{} // whether other files than tests import it
	for _, p := range packages {
		own := p.ImportPath == path || strings.HasPrefix(p.ImportPath, path+"/")
		if own {
			continue
		}
		if slices.Contains(p.Imports, path) {
			rooms[room(p.ImportPath)] = true
		} else if slices.Contains(p.TestImports, path) || slices.Contains(p.XTestImports, path) {
			rooms[room(p.ImportPath)] = rooms[room(p.ImportPath)]
		}
	}
	names := slices.Sorted(maps.Keys(rooms))
	for i, name := range names {
		if !rooms[name] {
			names[i] += " (tests)"
		}
	}
	return names
}

// room is the room that a package is in.
func room(path string) string {
	parts := strings.Split(strings.TrimPrefix(strings.TrimPrefix(path, module), "/"), "/")
	switch {
	case parts[0] == "":
		return "chimera"
	case len(parts) > 1 && (parts[0] == "internal" || parts[0] == "learner" || parts[0] == "distribute"):
		return parts[0] + "/" + parts[1]
	default:
		return parts[0]
	}
}

// sentence is the first sentence of a package's comment, without its name.
func sentence(name, doc string) string {
	return strings.ReplaceAll(strings.TrimPrefix(strings.TrimSuffix(doc, "."), "Package "+name+" "), "|", `\|`)
}
