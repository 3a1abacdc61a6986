package gobuild

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// hangEnv makes the test binary a tool that the go command runs and that never
// ends: it connects to the address in the variable and waits there.
const hangEnv = "GOBUILD_TEST_HANG"

func TestMain(m *testing.M) {
	if address := os.Getenv(hangEnv); address != "" {
		conn, err := new(net.Dialer).DialContext(context.Background(), "tcp", address)
		if err == nil {
			_, _ = conn.Read(make([]byte, 1))
		}
		os.Exit(1)
	}
	os.Exit(m.Run())
}

// project is a module whose mains print their text.
func project(t *testing.T, mains map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	write(t, filepath.Join(dir, "go.mod"), "module example.com/project\n\ngo 1.26\n")
	for folder, text := range mains {
		write(t, filepath.Join(dir, folder, "main.go"), "package main\n\nfunc main() { print(\""+text+"\") }\n")
	}
	return dir
}

func write(t *testing.T, file, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

func says(t *testing.T, executable string) string {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), executable).CombinedOutput()
	if err != nil {
		t.Fatalf("%s: %v", executable, err)
	}
	return string(out)
}

func TestBuild(t *testing.T) {
	t.Setenv("CHIMERA_CACHE", t.TempDir())
	t.Setenv("GOOS", "plan9") // a user who cross-compiles still gets workers for this machine
	// Names that go build would change (v2) or that look like one another's.
	mains := []Main{{Folder: "w/v2"}, {Folder: "w/tree1"}, {Folder: "w/tree1-0123456789abcdef"}, {Folder: "w/v3"}}
	texts := map[string]string{}
	for _, m := range mains {
		texts[m.Folder] = m.Folder
	}
	r := Request{Dir: project(t, texts), Mains: mains}

	first, err := Build(t.Context(), r)
	if err != nil {
		t.Fatal(err)
	}
	for i, m := range mains {
		if got := says(t, first[i]); got != m.Folder {
			t.Errorf("%s says %q", m.Folder, got)
		}
	}

	before := modTimes(t, first)
	again, err := Build(t.Context(), r)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(first, again); d != "" {
		t.Errorf("an unchanged project was built elsewhere:\n%s", d)
	}
	for i, at := range modTimes(t, again) {
		if at.Before(before[i]) {
			t.Errorf("%s does not count as used just now", again[i])
		}
	}

	write(t, filepath.Join(r.Dir, "w/tree1/main.go"), "package main\n\nfunc main() { print(\"changed\") }\n")
	changed, err := Build(t.Context(), r)
	if err != nil {
		t.Fatal(err)
	}
	if got := says(t, changed[1]); got != "changed" {
		t.Errorf("the changed worker says %q", got)
	}
	if got := says(t, first[1]); got != "w/tree1" {
		t.Errorf("the executable of the first launch now says %q", got)
	}
	if changed[0] != first[0] || changed[2] != first[2] {
		t.Error("a change to one worker moved another")
	}
	noStage(t, filepath.Dir(first[0]))
}

func modTimes(t *testing.T, files []string) (times []time.Time) {
	t.Helper()
	for _, f := range files {
		info, err := os.Stat(f)
		if err != nil {
			t.Fatal(err)
		}
		times = append(times, info.ModTime())
	}
	return times
}

func noStage(t *testing.T, dir string) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if e.IsDir() {
			t.Errorf("%s was left behind", e.Name())
		}
	}
}

func TestBuildsAtOnce(t *testing.T) {
	t.Setenv("CHIMERA_CACHE", t.TempDir())
	r := Request{Dir: project(t, map[string]string{"w/a": "a", "w/b": "b"}), Mains: []Main{{Folder: "w/a"}, {Folder: "w/b"}}}
	const n = 3
	var got [n][]string
	var errs [n]error
	var wg sync.WaitGroup
	for i := range n {
		wg.Go(func() { got[i], errs[i] = Build(t.Context(), r) })
	}
	wg.Wait()
	if err := errors.Join(errs[:]...); err != nil {
		t.Fatal(err)
	}
	for i := range n {
		if !slices.Equal(got[i], got[0]) {
			t.Errorf("builds of the same code differ: %v and %v", got[i], got[0])
		}
	}
	if a, b := says(t, got[0][0]), says(t, got[0][1]); a != "a" || b != "b" {
		t.Errorf("the workers say %q and %q", a, b)
	}
	noStage(t, filepath.Dir(got[0][0]))
}

func TestBuildErrors(t *testing.T) {
	tests := []struct {
		name  string
		spoil func(t *testing.T, r *Request) // makes the build fail
		want  any                            // pointer to the error's type
		says  []string
	}{
		{"code that does not compile", func(t *testing.T, r *Request) {
			t.Helper()
			write(t, filepath.Join(r.Dir, "w/a/main.go"), "package main\n\nfunc main() { undefinedName() }\n")
		}, new(*Error), []string{filepath.FromSlash("w/a/main.go") + ":3:15: undefined: undefinedName"}},
		{"no module", func(t *testing.T, r *Request) {
			t.Helper()
			if err := os.Remove(filepath.Join(r.Dir, "go.mod")); err != nil {
				t.Fatal(err)
			}
		}, new(*Error), []string{"go.mod"}},
		{"no go command", func(t *testing.T, _ *Request) {
			t.Helper()
			t.Setenv("PATH", t.TempDir())
		},
			new(*NoGoError), []string{"go command", "install Go"}},
		{"no C compiler", func(t *testing.T, r *Request) {
			t.Helper()
			t.Setenv("CC", "no-such-compiler -O2")
			r.Mains[0].Cgo = true
		}, new(*NoCompilerError), []string{"w/a", "no-such-compiler", "C compiler"}},
		{"a cache that cannot be made", func(t *testing.T, r *Request) {
			t.Helper()
			t.Setenv("CHIMERA_CACHE", filepath.Join(r.Dir, "go.mod"))
		}, nil, []string{"CHIMERA_CACHE"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Setenv("CHIMERA_CACHE", t.TempDir())
			r := Request{Dir: project(t, map[string]string{"w/a": "a"}), Mains: []Main{{Folder: "w/a"}}}
			tt.spoil(t, &r)
			_, err := Build(t.Context(), r)
			if err == nil {
				t.Fatal("no error")
			}
			if tt.want != nil && !errors.As(err, tt.want) {
				t.Errorf("error is a %T, want %T", err, tt.want)
			}
			for _, want := range tt.says {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("error %q does not say %q", err, want)
				}
			}
		})
	}
}

func TestBuildWithCgo(t *testing.T) {
	if _, err := exec.LookPath("gcc"); err != nil {
		t.Skip("no C compiler")
	}
	t.Setenv("CHIMERA_CACHE", t.TempDir())
	dir := project(t, map[string]string{"w/plain": "plain"})
	write(t, filepath.Join(dir, "w/c/main.go"), "package main\n\n// int three(void) { return 3; }\nimport \"C\"\n\nfunc main() { print(int(C.three())) }\n")
	got, err := Build(t.Context(), Request{Dir: dir, Mains: []Main{{Folder: "w/c", Cgo: true}, {Folder: "w/plain"}}})
	if err != nil {
		t.Fatal(err)
	}
	if a, b := says(t, got[0]), says(t, got[1]); a != "3" || b != "plain" {
		t.Errorf("the workers say %q and %q", a, b)
	}
}

// A cancelled build ends the compilers too, and says so by ctx's error.
func TestBuildCancelled(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("there only the go command itself is ended")
	}
	t.Setenv("CHIMERA_CACHE", t.TempDir())
	r := Request{Dir: project(t, map[string]string{"w/a": "a"}), Mains: []Main{{Folder: "w/a"}}}
	listener, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = listener.Close() }()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	t.Setenv("GOFLAGS", "-toolexec="+self)
	t.Setenv(hangEnv, listener.Addr().String())

	ctx, cancel := context.WithCancel(t.Context())
	var wg sync.WaitGroup
	defer wg.Wait()
	wg.Go(func() {
		defer cancel()
		compiler, err := listener.Accept() // a compiler has been started and hangs
		if err != nil {
			t.Error(err)
			return
		}
		defer func() { _ = compiler.Close() }()
		cancel()
		_ = compiler.SetReadDeadline(time.Now().Add(time.Minute)) // never reached, unless it lives on
		if _, err := compiler.Read(make([]byte, 1)); errors.Is(err, os.ErrDeadlineExceeded) {
			t.Error("the compiler outlived the build")
		}
	})
	if _, err := Build(ctx, r); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v, want context.Canceled", err)
	}
	wg.Wait()
	folders, err := filepath.Glob(filepath.Join(os.Getenv("CHIMERA_CACHE"), "*", "bin"))
	if err != nil || len(folders) != 1 {
		t.Fatalf("cache folders %v, %v", folders, err)
	}
	noStage(t, folders[0])
}

func TestBuildTellsProgress(t *testing.T) {
	var reported []string
	o := &output{progress: func(line string) { reported = append(reported, line) }}
	for _, p := range []string{"go: downl", "oading a v1\ngo: downloading b v2\n# a\nx.go:1:1: bad\ngo: last"} {
		if n, err := o.Write([]byte(p)); n != len(p) || err != nil {
			t.Fatalf("Write = %d, %v", n, err)
		}
	}
	if d := cmp.Diff([]string{"go: downloading a v1", "go: downloading b v2"}, reported); d != "" {
		t.Errorf("progress (-want +got):\n%s", d)
	}
	if !strings.HasSuffix(o.String(), "x.go:1:1: bad\ngo: last") {
		t.Errorf("kept %q", o)
	}
	if _, err := o.Write(make([]byte, 2*maxOutput)); err != nil || o.kept.Len() != maxOutput {
		t.Errorf("kept %d bytes, want at most %d", o.kept.Len(), maxOutput)
	}
}

// The names of compiled packages are progress, and no part of an error.
func TestBuildTellsPackages(t *testing.T) {
	var lines []string
	o := &output{progress: func(line string) { lines = append(lines, line) }}
	for i := range 2*oneIn + 1 {
		if _, err := fmt.Fprintf(o, "example.com/a-b/p%d.v2\n", i+1); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := o.Write([]byte("# a\nx.go:1:1: bad\n\t^~~~\n")); err != nil {
		t.Fatal(err)
	}
	want := []string{"25 packages compiled, the last is example.com/a-b/p25.v2", "50 packages compiled, the last is example.com/a-b/p50.v2"}
	if d := cmp.Diff(want, lines); d != "" {
		t.Errorf("progress (-want +got):\n%s", d)
	}
	if got := o.String(); got != "# a\nx.go:1:1: bad\n\t^~~~" {
		t.Errorf("kept %q", got)
	}
}

// A main is told of when its own package is compiled, whatever its module is called, and no other package is taken for it.
func TestBuildTellsMains(t *testing.T) {
	var begun []string
	note := func(folder string) { begun = append(begun, filepath.ToSlash(folder)) }
	o := &output{mains: []Main{{Folder: "w/tree1"}, {Folder: filepath.Join("w", "v2")}}, begun: note}
	for _, line := range []string{
		"fmt", "example.com/tree1", "example.com/me/w/v2", "example.com/me/w/tree10", "example.com/me/w/tree1/part", "example.com/me/w/tree1",
	} {
		if _, err := fmt.Fprintln(o, line); err != nil {
			t.Fatal(err)
		}
	}
	if d := cmp.Diff([]string{"w/v2", "w/tree1"}, begun); d != "" {
		t.Errorf("mains (-want +got):\n%s", d)
	}
}

func TestPrune(t *testing.T) {
	c := cache{dir: t.TempDir()}
	age := func(name string, by time.Duration) string {
		file := filepath.Join(c.dir, name)
		write(t, file, "x")
		at := time.Now().Add(-by)
		if err := os.Chtimes(file, at, at); err != nil {
			t.Fatal(err)
		}
		return file
	}
	_, ext := splitExt(executable(Main{Folder: "w/a"}, Target{}))
	for name, by := range map[string]time.Duration{
		"a-0000000000000001" + ext: time.Second,
		"a-0000000000000002" + ext: time.Hour,
		"a-0000000000000003" + ext: 2 * time.Hour,
		"a-0000000000000004" + ext: 3 * time.Hour, // old and not among the newest three
		"b-0000000000000005" + ext: 9 * time.Hour, // of a worker that is not in this plan
		"a-note" + ext:             9 * time.Hour, // nothing of ours
	} {
		age(name, by)
	}
	old, fresh := filepath.Join(c.dir, "build-1"), filepath.Join(c.dir, "build-2")
	for _, dir := range []string{old, fresh} {
		if err := os.Mkdir(dir, 0o700); err != nil {
			t.Fatal(err)
		}
	}
	long := time.Now().Add(-48 * time.Hour)
	if err := os.Chtimes(old, long, long); err != nil {
		t.Fatal(err)
	}
	c.prune([]Main{{Folder: "w/a"}})
	entries, err := os.ReadDir(c.dir)
	if err != nil {
		t.Fatal(err)
	}
	var left []string
	for _, e := range entries {
		left = append(left, strings.TrimSuffix(e.Name(), ext))
	}
	want := []string{"a-0000000000000001", "a-0000000000000002", "a-0000000000000003", "a-note", "b-0000000000000005", "build-2"}
	if d := cmp.Diff(want, left); d != "" {
		t.Errorf("left (-want +got):\n%s", d)
	}
}

func TestFirstWord(t *testing.T) {
	for command, want := range map[string]string{
		"gcc\n": "gcc", "zig cc\n": "zig", `"C:\Program Files\cc.exe" -O2`: `C:\Program Files\cc.exe`, "'a b'": "a b", "\n": "",
	} {
		if got := firstWord(command); got != want {
			t.Errorf("firstWord(%q) = %q, want %q", command, got, want)
		}
	}
}
