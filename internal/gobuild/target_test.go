package gobuild

import (
	"debug/elf"
	"errors"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
)

// needsLibraries reports whether an ELF executable asks for a dynamic linker.
func needsLibraries(t *testing.T, file string) (machine elf.Machine, needs bool) {
	t.Helper()
	f, err := elf.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	return f.Machine, slices.ContainsFunc(f.Progs, func(p *elf.Prog) bool { return p.Type == elf.PT_INTERP })
}

// What is built for a container runs without libraries, with cgo and without.
// It is kept apart from what is built for this machine, unless it is the same.
func TestBuildForContainers(t *testing.T) {
	t.Setenv("CHIMERA_CACHE", t.TempDir())
	t.Setenv("CC", "")
	dir := project(t, map[string]string{"w/plain": "plain"})
	mains := []Main{{Folder: "w/plain"}, {Folder: "w/plain"}}
	if _, err := exec.LookPath("gcc"); err == nil && runtime.GOOS == "linux" {
		write(t, filepath.Join(dir, "w/c/main.go"), "package main\n\n// int two(void) { return 2; }\nimport \"C\"\nimport (\n\t\"net\"\n\t\"os/user\"\n)\n\n"+
			"func main() { _, _ = user.Current(); _, _ = net.LookupHost(\"localhost\"); if C.two() == 2 { print(\"c\") } }\n")
		mains = append(mains, Main{Folder: "w/c", Cgo: true})
	} else {
		t.Log("there is no gcc for Linux here, so mains with cgo were not built")
	}
	here, err := Build(t.Context(), Request{Dir: dir, Mains: mains[:1]})
	if err != nil {
		t.Fatal(err)
	}
	built, err := Build(t.Context(), Request{Dir: dir, Mains: mains, Target: Target{OS: "linux", Arch: runtime.GOARCH}})
	if err != nil {
		t.Fatal(err)
	}
	same := runtime.GOOS == "linux" && len(mains) == 2
	if len(built) != len(mains) || built[0] != built[1] || (built[0] == here[0]) != same {
		t.Errorf("built %v, and %v for this machine", built, here)
	}
	if pure, err := Build(t.Context(), Request{Dir: dir, Mains: mains[:1], Target: Target{OS: "linux", Arch: runtime.GOARCH}}); err != nil ||
		(pure[0] == here[0]) != (runtime.GOOS == "linux") {
		t.Errorf("without cgo built %v, %v, and %v for this machine", pure, err, here)
	}
	for i, file := range built {
		if _, needs := needsLibraries(t, file); needs {
			t.Errorf("%s needs libraries", mains[i].Folder)
		}
		if want := filepath.Base(mains[i].Folder); runtime.GOOS == "linux" && says(t, file) != want {
			t.Errorf("%s says %q, want %q", mains[i].Folder, says(t, file), want)
		}
	}

	other, machine := "arm64", elf.EM_AARCH64
	if runtime.GOARCH == other {
		other, machine = "amd64", elf.EM_X86_64
	}
	cross, err := Build(t.Context(), Request{Dir: dir, Mains: mains[:1], Target: Target{OS: "linux", Arch: other}})
	if err != nil {
		t.Fatal(err)
	}
	if got, needs := needsLibraries(t, cross[0]); got != machine || needs || strings.HasSuffix(cross[0], ".exe") {
		t.Errorf("%s is for %v", cross[0], got)
	}

	// A C compiler for this machine does not make programs for another.
	_, err = Build(t.Context(), Request{Dir: dir, Mains: []Main{{Folder: "w/plain", Cgo: true}}, Target: Target{OS: "linux", Arch: other}})
	var none *NoCompilerError
	if !errors.As(err, &none) || !strings.Contains(err.Error(), "linux/"+other) || !strings.Contains(err.Error(), "set CC") {
		t.Errorf("a foreign C compiler: %v", err)
	}
}
