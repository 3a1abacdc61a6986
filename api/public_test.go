package api_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path"
	"path/filepath"
	"strings"
	"testing"
)

// A program outside this module can name whatever the public types hold: no
// declared type, variable or signature mentions an internal package.
func TestPublicTypesAreNamedOutside(t *testing.T) {
	for _, dir := range []string{".", "../client", "../metrics"} {
		files, err := filepath.Glob(filepath.Join(dir, "*.go"))
		if err != nil || len(files) == 0 {
			t.Fatalf("%s: %d files, %v", dir, len(files), err)
		}
		for _, file := range files {
			if strings.HasSuffix(file, "_test.go") {
				continue
			}
			places, err := mentions(file)
			if err != nil {
				t.Fatal(err)
			}
			for _, place := range places {
				t.Errorf("%s is of an internal package, in a public declaration", place)
			}
		}
	}
}

// mentions are the places at which exported declarations name an internal package.
func mentions(file string) (places []string, err error) {
	set := token.NewFileSet()
	parsed, err := parser.ParseFile(set, file, nil, 0)
	if err != nil {
		return nil, err
	}
	internal := map[string]bool{}
	for _, i := range parsed.Imports {
		if p := strings.Trim(i.Path.Value, `"`); strings.Contains(p, "/internal/") {
			internal[path.Base(p)] = true
		}
	}
	look := func(n ast.Node) {
		ast.Inspect(n, func(n ast.Node) bool {
			if field, ok := n.(*ast.Field); ok && len(field.Names) > 0 && !anyExported(field.Names) {
				return false
			}
			if s, ok := n.(*ast.SelectorExpr); ok {
				if x, ok := s.X.(*ast.Ident); ok && internal[x.Name] {
					places = append(places, set.Position(s.Pos()).String()+": "+x.Name+"."+s.Sel.Name)
				}
			}
			return true
		})
	}
	for _, d := range parsed.Decls {
		switch d := d.(type) {
		case *ast.FuncDecl:
			if d.Name.IsExported() {
				for _, f := range d.Type.Params.List {
					look(f.Type)
				}
				if d.Type.Results != nil {
					look(d.Type.Results)
				}
			}
		case *ast.GenDecl:
			for _, s := range d.Specs {
				if spec, ok := s.(*ast.TypeSpec); ok && spec.Name.IsExported() {
					look(spec.Type)
				}
			}
		}
	}
	return places, nil
}

func anyExported(names []*ast.Ident) bool {
	for _, n := range names {
		if n.IsExported() {
			return true
		}
	}
	return false
}
