package gobuild

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"
)

// Main is a main package to build.
type Main struct {
	Folder string // relative to Request.Dir; its last element names the executable
	Cgo    bool   // built with cgo, which needs a C compiler

	name string // of the executable, where the folder's does not do
}

// Target is the system that executables are for. The zero value is this
// machine. Any other is that of a container: what is built for it is linked
// statically, cgo or not, since an empty file system has no libraries.
type Target struct {
	OS, Arch string // as GOOS and GOARCH
}

// String is the target as the go command writes it.
func (t Target) String() string { return t.OS + "/" + t.Arch }

// static reports whether mains with cgo must be linked statically.
func (t Target) static() bool { return t != Target{} }

// system is the target, by name.
func (t Target) system() Target {
	if t == (Target{}) {
		return Target{OS: runtime.GOOS, Arch: runtime.GOARCH}
	}
	return t
}

// Request says what to build.
type Request struct {
	Dir      string              // the project's folder, absolute
	Mains    []Main              // a folder may come several times; the last elements of different folders differ
	Target   Target              // what they will run on
	Like     Own                 // how to compile for this machine; containers have their own way
	Progress func(line string)   // what is going on ("go: downloading ...", "75 packages compiled, the last is net/http"); may be nil
	Begun    func(folder string) // a main's own package is being compiled, so that it is linked next; may be nil
	// Texts are the main.go of mains that are not in the project: by the folder in which the compiler alone sees it, whatever is there.
	Texts map[string][]byte
	Dense bool // without HTTP/2, and functions begin at multiples of 16 bytes instead of 32, which makes a program a twentieth smaller

	plan string // the file that puts the texts into the project for the compiler; empty if there are none
}

// Error is a build that failed.
type Error struct {
	Dir    string // where it ran; file names in Output are relative to it
	Output string // of the go command, as it is
	Err    error
}

// Error shows the compiler's messages as they are.
func (e *Error) Error() string {
	if e.Output == "" {
		return fmt.Sprintf("building the workers in %s: %v", e.Dir, e.Err)
	}
	return fmt.Sprintf("building the workers in %s failed:\n%s", e.Dir, e.Output)
}

// Unwrap is the go command's own error.
func (e *Error) Unwrap() error { return e.Err }

// NoGoError says that there is no go command.
type NoGoError struct{ Err error }

// Error says what to do.
func (e *NoGoError) Error() string {
	return fmt.Sprintf("the go command, which builds the workers, was not found (%v): install Go from https://go.dev/dl and put it in PATH", e.Err)
}

// Unwrap is the error of the search.
func (e *NoGoError) Unwrap() error { return e.Err }

// NoCompilerError says that workers need a C compiler and there is none.
type NoCompilerError struct {
	Folders []string // of the workers that need it
	Foreign Target   // what it must compile for, if that is not this machine
	Err     error
}

// Error names the workers and says what to do.
func (e *NoCompilerError) Error() string {
	if e.Foreign != (Target{}) {
		return fmt.Sprintf("%s need cgo, and no C compiler for %s is known (%v): set CC to one, or choose learners that need no cgo",
			strings.Join(e.Folders, ", "), e.Foreign, e.Err)
	}
	return fmt.Sprintf("%s need cgo, and no C compiler was found (%v): install one (such as gcc), set CC to yours, or choose learners that need no cgo",
		strings.Join(e.Folders, ", "), e.Err)
}

// Unwrap is the error of the search.
func (e *NoCompilerError) Unwrap() error { return e.Err }

// Build builds every main and returns the executables' absolute paths, in the
// order of r.Mains. Errors are *Error, *NoGoError, *NoCompilerError, ctx's own,
// or those of the cache folder.
func Build(ctx context.Context, r Request) ([]string, error) {
	tool, err := exec.LookPath("go")
	if err != nil {
		return nil, &NoGoError{Err: err}
	}
	asked := r.Mains
	var at map[string]int
	r.Mains, at = distinct(asked)
	if err := findCompiler(ctx, tool, r); err != nil {
		return nil, err
	}
	if r, err = r.possible(ctx, tool); err != nil {
		return nil, err
	}
	c, err := openCache(r.Dir, r.Target, r.folder())
	if err != nil {
		return nil, err
	}
	stage, err := c.stage(r.Mains)
	if err != nil {
		return nil, err
	}
	defer func() { _ = os.RemoveAll(stage) }() // a leftover is pruned by a later launch
	work, err := os.MkdirTemp(stage, "work-")
	if err != nil {
		return nil, fmt.Errorf("folder to build the workers in: %w", err)
	}
	if len(r.Texts) > 0 {
		if r.plan, err = overlay(r.Dir, stage, r.Mains, r.Texts); err != nil {
			return nil, fmt.Errorf("files to build the workers from: %w", err)
		}
	}
	for _, cmd := range commands(r, stage) {
		if err := run(ctx, tool, r, cmd, work); err != nil {
			return nil, err
		}
	}
	built, err := c.publish(stage, r.Mains)
	if err != nil {
		return nil, err
	}
	paths := make([]string, 0, len(asked))
	for _, m := range asked {
		paths = append(paths, built[at[m.Folder]])
	}
	return paths, nil
}

// folder is where in the cache the executables are. Those that are compiled in
// different ways are kept apart, or each launch would link them again.
func (r Request) folder() string {
	switch {
	case r.apart():
		return "bin-" + r.Target.OS + "-" + r.Target.Arch
	case r.Like != Own{}:
		return "bin-own"
	default:
		return "bin"
	}
}

// apart reports whether the executables are others than those for this
// machine: without cgo all are linked statically, so only cgo makes a difference here.
func (r Request) apart() bool {
	return r.Target.system() != Target{}.system() || r.Target.static() && slices.ContainsFunc(r.Mains, func(m Main) bool { return m.Cgo })
}

// distinct is each folder once, and where it is; a folder is built with cgo if
// any of its mains asks for it.
func distinct(mains []Main) (once []Main, at map[string]int) {
	at = map[string]int{}
	for _, m := range mains {
		i, ok := at[m.Folder]
		if !ok {
			i = len(once)
			at[m.Folder] = i
			once = append(once, Main{Folder: m.Folder})
		}
		once[i].Cgo = once[i].Cgo || m.Cgo
	}
	return once, at
}

// command is one run of the go command.
type command struct {
	cgo  bool
	args []string
}

// commands makes one command for all mains without cgo and one for those with,
// since one for many is faster than one each; compiled like this program with
// cgo, all are with.
func commands(r Request, stage string) []command {
	var all []command
	for _, cgo := range []bool{false, true} {
		like := slices.DeleteFunc(slices.Clone(r.Mains), func(m Main) bool { return (m.Cgo || r.Like.Cgo) != cgo })
		for _, args := range outputs(like, r.Target, stage) {
			all = append(all, command{cgo: cgo, args: append(flags(cgo, r), args...)})
		}
	}
	return all
}

// outputs are the arguments after the flags, for as few runs of go build as it takes to build
// mains into stage. A folder like v2 needs its own: go build would name its executable after the
// folder above.
func outputs(mains []Main, target Target, stage string) [][]string {
	var all [][]string
	together := []string{"-o", stage + string(filepath.Separator)}
	for _, m := range mains {
		folder := "./" + filepath.ToSlash(m.Folder)
		if versionLike.MatchString(filepath.Base(m.Folder)) {
			all = append(all, []string{"-o", filepath.Join(stage, executable(m, target)), folder})
		} else {
			together = append(together, folder)
		}
	}
	if len(together) > 2 {
		all = append(all, together)
	}
	return all
}

// flags are those of one go build. With -v it names each package that it compiles.
func flags(cgo bool, r Request) []string {
	args := []string{"build", "-v", "-buildvcs=false"}
	if !r.Like.Paths {
		args = append(args, "-trimpath")
	}
	if r.plan != "" {
		args = append(args, "-overlay", r.plan)
	}
	linker := "-ldflags=-s -w"
	var tags []string
	if r.Dense {
		linker += " -funcalign=16"
		tags = append(tags, "nethttpomithttp2")
	}
	if cgo && r.Target.static() {
		// Without these tags libc would look for its name services in libraries.
		tags = append(tags, "netgo", "osusergo")
		linker += ` -linkmode external -extldflags "-static"`
	}
	if len(tags) > 0 {
		args = append(args, "-tags="+strings.Join(tags, ","))
	}
	return append(args, linker)
}

var versionLike = regexp.MustCompile(`^v[0-9]+$`)

// executable is the file name of a main's executable.
func executable(m Main, target Target) string {
	name := cmp.Or(m.name, path.Base(filepath.ToSlash(m.Folder)))
	if target.system().OS == "windows" {
		name += ".exe"
	}
	return name
}

// findCompiler looks for the C compiler, if a main needs one, before the go
// command fails for lack of it inside some package.
func findCompiler(ctx context.Context, tool string, r Request) error {
	var need []string
	for _, m := range r.Mains {
		if m.Cgo {
			need = append(need, m.Folder)
		}
	}
	if len(need) == 0 {
		return nil
	}
	if foreign := r.Target.system(); foreign != (Target{}).system() && os.Getenv("CC") == "" {
		return &NoCompilerError{Folders: need, Foreign: foreign, Err: fmt.Errorf("that of this machine is for %s", Target{}.system())}
	}
	return compiler(ctx, tool, r, need)
}

// compiler looks for the C compiler; the error says which folders need it.
func compiler(ctx context.Context, tool string, r Request, need []string) error {
	out, err := targeted(ctx, tool, r, true, "env", "CC").Output()
	if err != nil {
		if ctx.Err() != nil {
			return fmt.Errorf("building the workers: %w", ctx.Err())
		}
		failed := &Error{Dir: r.Dir, Err: fmt.Errorf("go env CC: %w", err)}
		var exit *exec.ExitError
		if errors.As(err, &exit) {
			failed.Output = strings.TrimSpace(string(exit.Stderr))
		}
		return failed
	}
	if _, err := exec.LookPath(firstWord(string(out))); err != nil {
		return &NoCompilerError{Folders: need, Err: err}
	}
	return nil
}

// firstWord is a command without its arguments ("zig cc"); a path with blanks
// is quoted, as the go command asks.
func firstWord(command string) string {
	command = strings.TrimSpace(command)
	if command != "" && (command[0] == '"' || command[0] == '\'') {
		word, _, _ := strings.Cut(command[1:], command[:1])
		return word
	}
	word, _, _ := strings.Cut(command, " ")
	return word
}
