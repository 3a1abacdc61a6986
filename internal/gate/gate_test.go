package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// What go test -json prints of a package that holds, one whose test fails and
// one that does not compile.
const run1 = `{"Action":"build-output","ImportPath":"m/c","Output":"c.go:1:1: bad\n"}
{"Action":"build-fail","ImportPath":"m/c"}
not an event
{"Action":"output","Package":"m/a","Test":"TestA","Output":"=== RUN   TestA\n"}
{"Action":"output","Package":"m/b","Test":"TestBad","Output":"    b_test.go:3: wrong\n"}
{"Action":"output","Package":"m/b","Test":"TestGood","Output":"    chatter\n"}
{"Action":"output","Package":"m/b","Test":"TestHangs","Output":"    began\n"}
{"Action":"pass","Package":"m/a","Test":"TestA/one","Elapsed":2}
{"Action":"pass","Package":"m/a","Test":"TestA/two","Elapsed":1}
{"Action":"pass","Package":"m/a","Test":"TestA","Elapsed":3}
{"Action":"pass","Package":"m/b","Test":"TestGood","Elapsed":0.5}
{"Action":"fail","Package":"m/b","Test":"TestBad","Elapsed":1.5}
{"Action":"output","Package":"m/a","Output":"PASS\n"}
{"Action":"output","Package":"m/a","Output":"ok  \tm/a\t3.1s\n"}
{"Action":"pass","Package":"m/a","Elapsed":3.1}
{"Action":"output","Package":"m/b","Output":"-test.shuffle 17\n"}
{"Action":"output","Package":"m/b","Output":"FAIL\tm/b\t9s\n"}
{"Action":"fail","Package":"m/b","Elapsed":9}
`

func TestReport(t *testing.T) {
	var out strings.Builder
	r := newReport(&out)
	if err := r.read(strings.NewReader(run1)); err != nil {
		t.Fatal(err)
	}
	want := "c.go:1:1: bad\nnot an event\nok  \tm/a\t3.1s\n    b_test.go:3: wrong\n    began\n-test.shuffle 17\nFAIL\tm/b\t9s\n"
	if d := cmp.Diff(want, out.String()); d != "" {
		t.Errorf("printed (-want +got):\n%s", d)
	}
	out.Reset()
	r.slowest(&out, 3)
	want = "slowest packages:\n     9.00 s  m/b\n     3.10 s  m/a\nslowest tests:\n     2.00 s  m/a TestA/one\n     1.50 s  m/b TestBad\n" +
		"     1.00 s  m/a TestA/two\n"
	if d := cmp.Diff(want, out.String()); d != "" {
		t.Errorf("slow (-want +got):\n%s", d)
	}
}

// module is a module with the files, in which the test then is.
func module(t *testing.T, files map[string]string) {
	t.Helper()
	dir := t.TempDir()
	files["go.mod"] = "module m\n\ngo 1.26\n"
	for name, text := range files {
		file := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	t.Chdir(dir)
}

const aTest = "package %\n\nimport \"testing\"\n\nfunc TestA(t *testing.T) {}\n"

func testOf(pkg, imports string) string {
	return strings.NewReplacer("%", pkg, "import \"testing\"", "import (\n\t\"testing\"\n"+imports+")").Replace(aTest)
}

// Tests run again without cgo if their program has other files then, however
// far away, or if they or what they import run the go command.
func TestNocgo(t *testing.T) {
	module(t, map[string]string{
		"adapter/a.go":      "//go:build cgo\n\npackage adapter\n",
		"adapter/doc.go":    "package adapter\n",
		"near/a_test.go":    testOf("near", "\t_ \"m/adapter\"\n"),
		"middle/a.go":       "package middle\n\nimport _ \"m/adapter\"\n",
		"far/a_test.go":     testOf("far_test", "\t_ \"m/middle\"\n"),
		"plain/a_test.go":   testOf("plain", "\t_ \"net/http\"\n"), // the standard library differs, and is tested elsewhere
		"builder/a.go":      "package builder\n\nimport \"os/exec\"\n\nfunc Build() { _ = exec.Command(\"go\", \"build\").Run() }\n",
		"builds/a_test.go":  testOf("builds", "\t_ \"m/builder\"\n"),
		"builds/a.go":       "package builds\n\nimport _ \"m/builder\"\n",
		"further/a_test.go": testOf("further", "\t_ \"m/builds\"\n"), // builds is tested, whose setting it is
		"own/a_test.go":     "//go:build cgo\n\n" + testOf("own", ""),
		"less/a_test.go":    testOf("less", ""),
		"less/c_test.go":    "//go:build cgo\n\npackage less\n",
		"script/a_test.go":  testOf("script", ""),
		"embed/embed.go":    "package embed\n",
		"embed/a_test.go":   testOf("embed", ""),
		"script/a.go":       "package script\n",
		"untested/a_cgo.go": "package untested\n",

		"script/testdata/script/one.txtar": "exec go version\n",
	})
	var out strings.Builder
	if err := run(t.Context(), []string{"nocgo", "./..."}, &out); err != nil {
		t.Fatal(err)
	}
	want := "m/builds\nm/far\nm/less\nm/near\nm/script\n"
	if d := cmp.Diff(want, out.String()); d != "" {
		t.Errorf("to be run again (-want +got):\n%s", d)
	}
}

// Every package is compiled, and linked into a program.
func TestLink(t *testing.T) {
	program := func(imports string) string {
		return "package main\n\nimport _ \"" + imports + "\"\n\nfunc main() {}\n"
	}
	module(t, map[string]string{
		"lib/a.go":       "package lib\n",
		"more/a.go":      "package more\n\nimport _ \"m/lib\"\n",
		"only/a_test.go": testOf("only", ""),
		"x/main.go":      program("m/lib"),
		"y/main.go":      program("m/more"),
		"z/main.go":      program("net/textproto"),
		"z/again/m.go":   program("net/textproto"),
	})
	var out strings.Builder
	if err := run(t.Context(), []string{"link", "./..."}, &out); err != nil {
		t.Fatal(err)
	}
	want := "m/lib\nm/more\nm/y\nm/z\n"
	if d := cmp.Diff(want, out.String()); d != "" {
		t.Errorf("to be built (-want +got):\n%s", d)
	}
}

// A failed run of tests is an error, whatever was printed of it.
func TestTest(t *testing.T) {
	module(t, map[string]string{
		"good/a_test.go": testOf("good", ""),
		"bad/a_test.go":  "package bad\n\nimport \"testing\"\n\nfunc TestBad(t *testing.T) { t.Error(\"it is wrong\") }\n",
	})
	var out strings.Builder
	if err := run(t.Context(), []string{"report", "go", "test", "-vet=off", "./good"}, &out); err != nil || !strings.Contains(out.String(), "ok  \tm/good") {
		t.Errorf("%v, printed:\n%s", err, &out)
	}
	out.Reset()
	if err := run(t.Context(), []string{"report", "go", "test", "-vet=off", "./..."}, &out); err == nil || !strings.Contains(out.String(), "it is wrong") {
		t.Errorf("error %v, printed:\n%s", err, &out)
	}
}

// Every target is found and run, and one that fails is an error with its output and its input stored.
func TestFuzz(t *testing.T) {
	module(t, map[string]string{
		"plain/a_test.go": testOf("plain", ""),
		"a/a_test.go": `package a

import "testing"

func FuzzGood(f *testing.F) {
	f.Fuzz(func(*testing.T, string) {})
}

func FuzzBad(f *testing.F) {
	f.Add("x")
	f.Fuzz(func(t *testing.T, s string) {
		if s != "x" {
			t.Error("it is wrong")
		}
	})
}
`,
	})
	var out strings.Builder
	err := run(t.Context(), []string{"fuzz", "2000x", "./..."}, &out)
	if err == nil || !strings.Contains(err.Error(), "m/a FuzzBad") || strings.Contains(err.Error(), "FuzzGood") {
		t.Errorf("error %v", err)
	}
	if text := out.String(); !strings.Contains(text, "it is wrong") || !strings.Contains(text, "ok  m/a FuzzGood  execs: 2000") {
		t.Errorf("printed:\n%s", text)
	}
	if stored, err := filepath.Glob("a/testdata/fuzz/FuzzBad/*"); err != nil || len(stored) != 1 {
		t.Errorf("stored %q, %v", stored, err)
	}
	if err := run(t.Context(), []string{"fuzz", "1x", "./plain"}, &out); err == nil {
		t.Error("no target, and no error")
	}
}

func TestUsage(t *testing.T) {
	for _, args := range [][]string{
		nil, {"report"}, {"report", "./..."}, {"tests", "./..."}, {"fuzz", "./..."}, {"fuzz", "2s", "./..."}, {"fuzz", "0x", "./..."},
	} {
		if err := run(t.Context(), args, &strings.Builder{}); err == nil || !strings.Contains(err.Error(), "want") {
			t.Errorf("%q: error %v", args, err)
		}
	}
}
