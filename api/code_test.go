package api_test

import (
	"flag"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"net/http"
	"os"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/gochimera/chimera/api"
)

var update = flag.Bool("update", false, "write docs/errors.md")

// errorsPage is the table of codes as a Markdown page.
func errorsPage() string {
	var b strings.Builder
	b.WriteString(`# Errors

<!-- Generated from the table in package api by: go generate ./api -->

Every error answer of a master or a worker is ` + "`application/problem+json`" + ` (RFC 9457). Its ` + "`code`" + ` is stable, so
that programs can act on it; ` + "`type`" + ` is ` + "`urn:chimera:problem:`" + ` and the code. The HTTP status of a code is the one
below, unless the detail says otherwise. ` + "`details.errorMessage`" + ` has the class that the Python package would name.

A command of the command line that such an answer ends exits with 5 if it was to fit, else with the status in the last
column.

| code | HTTP status | title | when it happens | what to do | Python class | exit |
|---|---|---|---|---|---|---|
`)
	for _, i := range api.Codes() {
		exit := 1
		if i.AtFault {
			exit = 3
		}
		fmt.Fprintf(&b, "| `%s` | %d %s | %s | %s | %s | `%s` | %d |\n", i.Code, i.Status, http.StatusText(i.Status), i.Title, i.Meaning, i.Remedy, i.Class, exit)
	}
	return b.String()
}

func TestErrorsPageIsUpToDate(t *testing.T) {
	text := errorsPage()
	if *update {
		if err := os.WriteFile("../docs/errors.md", []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile("../docs/errors.md")
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(strings.ReplaceAll(string(want), "\r\n", "\n"), text); diff != "" {
		t.Errorf("docs/errors.md is not up to date, run: go generate ./api (-want +got)\n%s", diff)
	}
}

// A constant without a row in the table would be answered as an internal error.
func TestEveryCodeIsDescribed(t *testing.T) {
	described := map[api.Code]bool{}
	last := 0
	for _, i := range api.Codes() {
		if described[i.Code] {
			t.Errorf("%s is described twice", i.Code)
		}
		described[i.Code] = true
		if i.Status < 400 || http.StatusText(i.Status) == "" || i.Title == "" || i.Class == "" {
			t.Errorf("%s lacks a status, a title or a class: %+v", i.Code, i)
		}
		if i.Status < last {
			t.Errorf("%s, %d, comes after %d; the table is by status", i.Code, i.Status, last)
		}
		last = i.Status
		for what, text := range map[string]string{"meaning": i.Meaning, "remedy": i.Remedy} {
			if !strings.HasSuffix(text, ".") || strings.ContainsAny(text, "|\n") {
				t.Errorf("%s: its %s is %q, want a sentence that fits a table", i.Code, what, text)
			}
		}
		if p := api.NewProblem(i.Code, "x"); p.Status != i.Status || p.Type != "urn:chimera:problem:"+string(i.Code) || p.Details.ErrorMessage != i.Class {
			t.Errorf("a problem of %s is %+v", i.Code, p)
		}
	}
	constants := codeConstants(t)
	if len(constants) < 20 {
		t.Errorf("found %d constants of type Code", len(constants))
	}
	for _, c := range constants {
		if !described[c] {
			t.Errorf("%s has no row in the table", c)
		}
	}
	if got := api.Code("another").Info().Code; got != api.CodeInternal {
		t.Errorf("an unknown code is described as %s", got)
	}
	if p := api.NewProblem("another", "x"); p.Code != "another" || p.Status != http.StatusInternalServerError || p.Type != "urn:chimera:problem:another" {
		t.Errorf("a problem of an unknown code is %+v", p)
	}
}

// codeConstants are the values of the constants of type Code in the source.
func codeConstants(t *testing.T) []api.Code {
	t.Helper()
	file, err := parser.ParseFile(token.NewFileSet(), "code.go", nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	var list []api.Code
	ast.Inspect(file, func(n ast.Node) bool {
		spec, ok := n.(*ast.ValueSpec)
		if !ok {
			return true
		}
		if name, ok := spec.Type.(*ast.Ident); ok && name.Name == "Code" {
			value, err := strconv.Unquote(spec.Values[0].(*ast.BasicLit).Value)
			if err != nil {
				t.Fatal(err)
			}
			list = append(list, api.Code(value))
		}
		return true
	})
	return list
}
