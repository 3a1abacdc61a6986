package gobuild

import (
	"os/exec"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"slices"
	"testing"
)

func TestOwn(t *testing.T) {
	cgo := debug.BuildSetting{Key: "CGO_ENABLED", Value: "1"}
	for _, tt := range []struct {
		name     string
		settings []debug.BuildSetting
		want     Own
	}{
		{"go run", []debug.BuildSetting{cgo}, Own{Cgo: true, Paths: true}},
		{"without cgo", []debug.BuildSetting{{Key: "CGO_ENABLED", Value: "0"}}, Own{Paths: true}},
		{"-trimpath", []debug.BuildSetting{{Key: "-trimpath", Value: "true"}, cgo}, Own{Cgo: true}},
		{"another build system", nil, Own{}},
	} {
		if got := ownOf(tt.settings); got != tt.want {
			t.Errorf("%s: %+v, want %+v", tt.name, got, tt.want)
		}
	}
}

// Workers that are compiled like the running program share its packages, so
// the go command compiles nothing but their mains.
func TestBuildSharesPackages(t *testing.T) {
	if _, err := exec.LookPath("gcc"); err != nil {
		t.Skip("no C compiler")
	}
	t.Setenv("CHIMERA_CACHE", t.TempDir())
	dir := project(t, map[string]string{"w/a": "a"})
	write(t, filepath.Join(dir, "w/a/main.go"), "package main\n\nimport \"net\"\n\nfunc main() { print(len(net.IPv4zero)) }\n")
	for _, like := range []Own{{}, {Paths: true}, {Cgo: true, Paths: true}} {
		r := Request{Dir: dir, Mains: []Main{{Folder: "w/a"}}, Like: like}
		got, err := Build(t.Context(), r)
		if err != nil {
			t.Fatal(err)
		}
		if text := says(t, got[0]); text != "16" {
			t.Errorf("%+v: the worker says %q", like, text)
		}
		if _, needs := needsLibraries(t, got[0]); runtime.GOOS == "linux" && needs != like.Cgo {
			t.Errorf("%+v: needs libraries: %v", like, needs)
		}
		args := flags(like.Cgo, r)
		if slices.Contains(args, "-trimpath") == like.Paths {
			t.Errorf("%+v: go %q", like, args)
		}
		contained, err := Build(t.Context(), Request{Dir: dir, Mains: r.Mains, Like: like, Target: Target{OS: "linux", Arch: runtime.GOARCH}})
		if err != nil {
			t.Fatal(err)
		}
		if _, needs := needsLibraries(t, contained[0]); needs || (like.Cgo && contained[0] == got[0]) {
			t.Errorf("%+v: the executable for containers needs libraries", like)
		}
	}
}

// A program that was compiled with cgo elsewhere runs where there is no C compiler.
func TestBuildLikeThisWithoutCompiler(t *testing.T) {
	t.Setenv("CHIMERA_CACHE", t.TempDir())
	t.Setenv("CC", "no-such-compiler -O2")
	r := Request{Dir: project(t, map[string]string{"w/a": "a"}), Mains: []Main{{Folder: "w/a"}}, Like: Own{Cgo: true, Paths: true}}
	got, err := Build(t.Context(), r)
	if err != nil {
		t.Fatal(err)
	}
	if text := says(t, got[0]); text != "a" {
		t.Errorf("the worker says %q", text)
	}
}
