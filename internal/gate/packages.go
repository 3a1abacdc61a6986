package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

// pkg is a package as go list describes it.
type pkg struct {
	ImportPath, Dir, Name string
	Standard              bool
	Module                *struct{ Main bool }
	Imports, Deps         []string

	GoFiles, CgoFiles, CFiles, CXXFiles, HFiles, SFiles, SysoFiles, EmbedFiles, TestGoFiles, XTestGoFiles []string
}

// list runs go list with more environment and arguments.
func list(ctx context.Context, env, args []string) ([]pkg, error) {
	cmd := exec.CommandContext(ctx, "go", append([]string{"list", "-json"}, args...)...)
	cmd.Env = append(os.Environ(), env...)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("go list: %w\n%s", err, stderr.Bytes())
	}
	var all []pkg
	for d := json.NewDecoder(bytes.NewReader(out)); ; {
		var p pkg
		if err := d.Decode(&p); errors.Is(err, io.EOF) {
			return all, nil
		} else if err != nil {
			return nil, fmt.Errorf("go list: %w", err)
		}
		all = append(all, p)
	}
}

// toLink is every package that is no program, and the programs that it takes to link each package at least once: a large one first, then
// those with something that is in none before. Vet compiles the mains of the others.
func toLink(listed []pkg) []string {
	var paths []string
	var mains []pkg
	for _, p := range listed {
		switch {
		case len(p.GoFiles)+len(p.CgoFiles) == 0: // tests only
		case p.Name == "main":
			mains = append(mains, p)
		default:
			paths = append(paths, p.ImportPath)
		}
	}
	slices.SortStableFunc(mains, func(a, b pkg) int { return len(b.Deps) - len(a.Deps) })
	linked := map[string]bool{}
	for _, p := range mains {
		before := len(linked)
		for _, d := range p.Deps {
			linked[d] = true
		}
		if len(linked) > before {
			paths = append(paths, p.ImportPath)
		}
	}
	slices.Sort(paths)
	return paths
}

// withoutCgo are the packages whose tests may do something else without cgo:
// their program is made of other files, beyond the standard library, or they
// run the go command, which takes the same setting.
func withoutCgo(ctx context.Context, args []string) ([]string, error) {
	args = append([]string{"-deps", "-test"}, args...)
	with, err := list(ctx, []string{"CGO_ENABLED=1"}, args)
	if err != nil {
		return nil, err
	}
	without, err := list(ctx, []string{"CGO_ENABLED=0"}, args)
	if err != nil {
		return nil, err
	}
	runs, err := runsGo(without)
	if err != nil {
		return nil, err
	}
	return differing(with, without, runs), nil
}

// differing compares the test programs that exist without cgo to those with.
func differing(with, without []pkg, runs map[string]bool) []string {
	before, now := programs(with), programs(without)
	var paths []string
	for path, files := range now {
		if files != before[path] || runs[path] {
			paths = append(paths, path)
		}
	}
	slices.Sort(paths)
	return paths
}

// programs are the files that each package's test program is made of, as text.
func programs(listed []pkg) map[string]string {
	files := map[string]string{}
	for _, p := range listed {
		if !p.Standard && !isProgram(p) {
			files[p.ImportPath] = fmt.Sprint(p.GoFiles, p.CgoFiles, p.CFiles, p.CXXFiles, p.HFiles, p.SFiles, p.SysoFiles, p.EmbedFiles)
		}
	}
	made := map[string]string{}
	for _, p := range listed {
		if !isProgram(p) {
			continue
		}
		var text strings.Builder
		for _, d := range p.Deps {
			if f, ok := files[d]; ok {
				fmt.Fprintln(&text, d, f)
			}
		}
		made[strings.TrimSuffix(p.ImportPath, ".test")] = text.String()
	}
	return made
}

// isProgram reports whether a package is the main of another's tests.
func isProgram(p pkg) bool { return p.Name == "main" && strings.HasSuffix(p.ImportPath, ".test") }

// goCommand is how code starts the go command or finds it.
var goCommand = regexp.MustCompile(`"go", |LookPath\("go"\)|exec go |CGO_ENABLED`)

// runsGo are the packages whose code, tests or test scripts run the go command, or who import a package of this module that does. What
// is further away is tested where it is nearer.
func runsGo(listed []pkg) (map[string]bool, error) {
	direct := map[string]bool{}
	for _, p := range listed {
		if p.Module == nil || !p.Module.Main || isProgram(p) {
			continue
		}
		found, err := mentionsGo(p)
		if err != nil {
			return nil, err
		}
		direct[p.ImportPath] = found
	}
	runs := map[string]bool{}
	for _, p := range listed {
		// A package's tests are in variants of it, such as "m/a [m/a.test]" and "m/a_test [m/a.test]".
		_, of, found := strings.Cut(p.ImportPath, " [")
		if found && (direct[p.ImportPath] || slices.ContainsFunc(p.Imports, func(i string) bool { return direct[i] })) {
			runs[strings.TrimSuffix(of, ".test]")] = true
		}
	}
	return runs, nil
}

func mentionsGo(p pkg) (bool, error) {
	scripts, err := filepath.Glob(filepath.Join(p.Dir, "testdata", "script", "*"))
	if err != nil {
		return false, err
	}
	for _, f := range slices.Concat(p.GoFiles, p.CgoFiles) {
		if !filepath.IsAbs(f) {
			f = filepath.Join(p.Dir, f)
		}
		scripts = append(scripts, f)
	}
	for _, f := range scripts {
		text, err := os.ReadFile(f)
		if err != nil {
			return false, err
		}
		if goCommand.Match(text) {
			return true, nil
		}
	}
	return false, nil
}
