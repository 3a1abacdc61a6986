package config

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/gochimera/chimera/internal/setting"
)

// checkProject checks what the project's folder must have.
func (l *loader) checkProject() {
	for i, p := range l.cfg.Packages {
		path := index("packages", i)
		if l.unusable(path) {
			continue
		}
		imported, err := ImportPath(l.cfg.Dir, p)
		if err != nil {
			l.fail(path, err.Error(), "")
			continue
		}
		if !slices.Contains(l.cfg.Imports, imported) {
			l.cfg.Imports = append(l.cfg.Imports, imported)
		}
	}
	needless := knownLauncher(string(l.cfg.Launcher)) && !l.cfg.Launcher.traits().RunsMains
	for i, w := range l.cfg.Workers {
		path := index("workers", i)
		hasMain := w.Learner == "" && w.URL == "" && !needless // a main of its own
		if !hasMain || !ValidName(w.Name) || l.unusable(path+".learner") || l.unusable("learner") {
			continue
		}
		present, handwritten, err := mains(filepath.Join(l.cfg.Dir, WorkersFolder, w.Name))
		switch {
		case err != nil:
			l.fail(path, "cannot read its main: "+err.Error(), "")
		case !present:
			problem := fmt.Sprintf("worker %s has no learner, and no main in %s/%s", w.Name, WorkersFolder, w.Name)
			l.fail(path, problem, "name a learner with learner:, here or at the top level")
		case !handwritten && l.cfg.File != "":
			problem := fmt.Sprintf("worker %s has no learner, but %s/%s was generated when it had one", w.Name, WorkersFolder, w.Name)
			l.fail(path, problem, "name a learner with learner:, here or at the top level")
		}
	}
}

// Module is a Go module on disk.
type Module struct {
	Path string // as in its go.mod
	Dir  string // absolute
}

// FindModule finds the module that dir is in: the nearest go.mod upward.
func FindModule(dir string) (Module, error) {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return Module{}, err
	}
	for d := dir; ; d = filepath.Dir(d) {
		text, err := os.ReadFile(filepath.Join(d, "go.mod"))
		if err == nil {
			path := modulePath(string(text))
			if path == "" {
				return Module{}, fmt.Errorf("%s names no module", display(filepath.Join(d, "go.mod")))
			}
			return Module{Path: path, Dir: d}, nil
		}
		if !errors.Is(err, fs.ErrNotExist) {
			return Module{}, err
		}
		if filepath.Dir(d) == d {
			return Module{}, fmt.Errorf("there is no go.mod in %s or above it: run go mod init", display(dir))
		}
	}
}

// modulePath reads the module directive of a go.mod (go.dev/ref/mod): on one
// line, or in a block.
func modulePath(text string) string {
	inBlock := false
	for line := range strings.Lines(text) {
		line, _, _ = strings.Cut(line, "//")
		fields := strings.Fields(line)
		switch {
		case len(fields) == 0:
			continue
		case inBlock && len(fields) == 1:
			return unquoted(fields[0])
		case fields[0] == "module" && len(fields) == 2 && fields[1] == "(":
			inBlock = true
		case fields[0] == "module" && len(fields) == 2:
			return unquoted(fields[1])
		}
	}
	return ""
}

func unquoted(s string) string {
	if u, err := strconv.Unquote(s); err == nil {
		s = u
	}
	if !importRule.MatchString(s) {
		return ""
	}
	return s
}

// importRule is narrower than the language: what a module path may have
// (go.dev/ref/mod), without empty, "." and ".." elements.
var importRule = regexp.MustCompile(`^[A-Za-z0-9_~-][A-Za-z0-9._~-]*(/[A-Za-z0-9_~-][A-Za-z0-9._~-]*)*$`)

// ImportPath is the import path of a package as a project names it: an import
// path, which is returned as it is, or a folder, such as ./centroid, of the
// module that the project's folder is in.
func ImportPath(project, name string) (string, error) {
	if slash := filepath.ToSlash(name); slash != "." && slash != ".." && !strings.HasPrefix(slash, "./") && !strings.HasPrefix(slash, "../") {
		if !importRule.MatchString(name) {
			return "", fmt.Errorf("want an import path such as example.com/me/centroid, or a folder of this module such as ./centroid, got %s", setting.Quote(name))
		}
		return name, nil
	}
	module, err := FindModule(project)
	if err != nil {
		return "", err
	}
	root, err := filepath.EvalSymlinks(module.Dir)
	if err != nil {
		return "", err
	}
	home, err := filepath.EvalSymlinks(project)
	if err != nil {
		return "", err
	}
	folder, err := filepath.EvalSymlinks(filepath.Join(project, filepath.FromSlash(name)))
	if errors.Is(err, fs.ErrNotExist) {
		return "", fmt.Errorf("there is no folder %s in the project", setting.Clip(name))
	}
	if err != nil {
		return "", err
	}
	rel, err := filepath.Rel(root, folder)
	if err != nil || !filepath.IsLocal(rel) {
		return "", fmt.Errorf("%s is outside the module %s", setting.Clip(name), module.Path)
	}
	if folder == home {
		return "", fmt.Errorf("%s is the project's main package, which cannot be imported: give the learner a folder of its own", setting.Clip(name))
	}
	for d := folder; d != root; d = filepath.Dir(d) {
		if _, err := os.Stat(filepath.Join(d, "go.mod")); err == nil {
			return "", fmt.Errorf("%s is in a module of its own: name it by its import path, and require it in go.mod", setting.Clip(name))
		}
	}
	if present, _, err := mains(folder); err != nil {
		return "", err
	} else if !present {
		return "", fmt.Errorf("there are no Go files in %s", setting.Clip(name))
	}
	imported := module.Path + "/" + filepath.ToSlash(rel)
	if rel == "." {
		imported = module.Path
	}
	if !importRule.MatchString(imported) {
		return "", fmt.Errorf("%s cannot be an import path: use letters, digits, dots, hyphens and underscores", setting.Quote(imported))
	}
	return imported, nil
}
