package validate

import (
	"fmt"
	"go/ast"
	gobuild "go/build"
	"go/parser"
	"go/token"
	"path"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/gochimera/chimera/config"
	"github.com/gochimera/chimera/distribute"
)

// runner is the package whose Run starts a program's master.
const runner = "github.com/gochimera/chimera"

// Program checks that the project's program, if there is one and it can be told from its text, runs the
// kind of master that chimera.yaml says, as the program itself does when it starts. The error is a config.Errors.
func Program(cfg *config.Config) error {
	kind, at, ok := runs(cfg.Dir)
	if !ok || kind == string(cfg.Master) {
		return nil
	}
	place := fmt.Sprintf("%s:%d:%d", filepath.Base(at.Filename), at.Line, at.Column)
	if !cfg.Given("master") {
		return config.Errors{cfg.Problem("master", fmt.Sprintf("not given, which means %s, but %s runs the %s master", cfg.Master, place, kind), "add master: "+kind)}
	}
	return config.Errors{cfg.Problem("master", fmt.Sprintf("%s, but %s runs the %s master", cfg.Master, place, kind), "change one of them")}
}

// runs is the kind of master that the program in dir runs, and where it says so. It cannot be told if
// there is no program here, if it does not compile, or if it does not name one kind in its calls of Run.
func runs(dir string) (kind string, at token.Position, ok bool) {
	program, err := gobuild.ImportDir(dir, 0)
	if err != nil || program.Name != "main" {
		return "", at, false
	}
	files := token.NewFileSet()
	for _, name := range append(program.GoFiles, program.CgoFiles...) {
		file, err := parser.ParseFile(files, filepath.Join(dir, name), nil, parser.SkipObjectResolution)
		if err != nil {
			return "", at, false
		}
		told := true
		ast.Inspect(file, func(n ast.Node) bool {
			call, is := n.(*ast.CallExpr)
			if !is || len(call.Args) == 0 || called(file, call) != runner+".Run" {
				return true
			}
			one := ""
			if master, is := call.Args[0].(*ast.CallExpr); is {
				one = made(called(file, master))
			}
			if one == "" || kind != "" && one != kind {
				told = false
				return false
			}
			kind, at = one, files.Position(call.Args[0].Pos())
			return true
		})
		if !told {
			return "", at, false
		}
	}
	return kind, at, kind != ""
}

// called is the function that a call calls, with its package's import path before the dot; empty if it
// is none of another package.
func called(file *ast.File, call *ast.CallExpr) string {
	function, ok := call.Fun.(*ast.SelectorExpr)
	if !ok {
		return ""
	}
	pkg, ok := function.X.(*ast.Ident)
	if !ok {
		return ""
	}
	for _, i := range file.Imports {
		from, err := strconv.Unquote(i.Path.Value)
		if err != nil {
			continue
		}
		name := path.Base(from)
		if i.Name != nil {
			name = i.Name.Name
		}
		if name == pkg.Name {
			return from + "." + function.Sel.Name
		}
	}
	return ""
}

// made is the kind of master that a function makes; empty if it is none that is known here.
func made(function string) string {
	for _, k := range distribute.List() {
		_, call, _ := strings.Cut(k.Master.Call, ".")
		name, _, _ := strings.Cut(call, "(")
		if function == k.Master.Package+"."+name {
			return k.Name
		}
	}
	return ""
}
