//go:build unix

package cli

import (
	"bufio"
	"errors"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"

	"github.com/gochimera/chimera/config"
)

// fits is the package of the project's learner. Through a pipe that all processes of a run inherit it reports
// to the test that it is asked for its description, and that it fits, which then takes as long as it may.
const fits = `package centroid

import (
	"context"
	"errors"
	"os"
	"syscall"

	"gonum.org/v1/gonum/mat"

	"github.com/gochimera/chimera/learner"
	"github.com/gochimera/chimera/registry"
)

func init() {
	if len(os.Args) > 1 && os.Args[1] == "describe" {
		_, _ = syscall.Write(9, []byte("asked\n"))
	}
	registry.Register("nearest-centroid", registry.Entry[struct{}, endless]{Task: learner.Classification, Summary: "Fits until it is stopped.", New: newEndless})
}

type endless struct{}

func newEndless(struct{}, learner.Env) (endless, error) { return endless{}, nil }

func (endless) Fit(ctx context.Context, _ learner.Dataset) error {
	if _, err := syscall.Write(9, []byte("fitting\n")); err != nil { // not by an os.File, which closes the pipe when it is collected
		return err
	}
	<-ctx.Done()
	return ctx.Err()
}

func (endless) Predict(context.Context, *mat.Dense) ([]float64, error) { return nil, errors.New("never fitted") }
`

// Whatever way the command line ends, the program that it started ends, and the
// program's workers with it: when nobody has the pipe open any more, all are gone.
func TestNothingOutlivesTheCommandLine(t *testing.T) {
	if testing.Short() {
		t.Skip("it builds a project")
	}
	t.Parallel()
	temporary := t.TempDir()
	env := append(os.Environ(), "GOFLAGS="+goFlags, "GOPROXY=off", "CHIMERA_CACHE="+t.TempDir(), "CHIMERA_MASTER_PORT=0", "CHIMERA_PROJECT=",
		"TMPDIR="+temporary)
	dir := endlessProject(t, env)
	interrupt := func(group int) error { return syscall.Kill(-group, syscall.SIGINT) } // as a terminal's Ctrl-C
	terminate := func(pid int) error { return syscall.Kill(pid, syscall.SIGTERM) }
	kill := func(pid int) error { return syscall.Kill(pid, syscall.SIGKILL) }
	for _, tt := range []struct {
		name    string
		command []string
		end     func(int) error
	}{
		{"run, killed", []string{"chimera", "run", "--fit"}, kill},
		{"run with workers inside, killed", []string{"chimera", "run", "--fit", "--launcher", "inprocess"}, kill},
		{"fit --local, killed", []string{"chimera", "fit", "--local"}, kill},
		{"validate, killed", []string{"chimera", "validate"}, kill},
		{"run, Ctrl-C", []string{"chimera", "run", "--fit"}, interrupt},
		{"go run, Ctrl-C", []string{"go", "run", ".", "fit"}, interrupt},
		{"go run, terminated", []string{"go", "run", ".", "fit"}, terminate},
		{"go run, killed", []string{"go", "run", ".", "fit"}, kill},
		{"go tool, Ctrl-C", []string{"go", "tool", "chimera", "run", "--fit"}, interrupt}, // which passes it on: it arrives twice
		{"go tool, killed", []string{"go", "tool", "chimera", "run", "--fit"}, kill},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if strings.HasPrefix(tt.name, "go ") && !strings.HasSuffix(tt.name, ", Ctrl-C") && runtime.GOOS != "linux" {
				t.Skip("only on Linux a program can tell that the go command runs it")
			}
			ours, theirs, err := os.Pipe()
			if err != nil {
				t.Fatal(err)
			}
			defer func() { _ = ours.Close() }()
			cmd := exec.CommandContext(t.Context(), tt.command[0], tt.command[1:]...)
			var stderr strings.Builder
			cmd.Dir, cmd.Env, cmd.Stderr = dir, env, &stderr
			cmd.ExtraFiles = []*os.File{6: theirs} // number 9
			cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
			if err := cmd.Start(); err != nil {
				t.Fatal(err)
			}
			_ = theirs.Close()
			lines := bufio.NewScanner(ours)
			if !lines.Scan() {
				t.Fatalf("it never began: %v\n%s", cmd.Wait(), &stderr)
			}
			if err := tt.end(cmd.Process.Pid); err != nil {
				t.Fatal(err)
			}
			if _, err := io.Copy(io.Discard, ours); err != nil {
				t.Fatal(err)
			}
			_ = cmd.Wait() // it was killed or interrupted
			if left, err := os.ReadDir(temporary); err != nil || len(left) > 0 && tt.command[0] != "go" {
				t.Errorf("the folder for temporary files has %v, %v", left, err)
			}
			if strings.Contains(stderr.String(), "by force") {
				t.Errorf("workers did not end by themselves:\n%s", &stderr)
			}
			// an orderly end, which removes containers too, takes the address away
			if _, err := os.Stat(filepath.Join(dir, filepath.FromSlash(config.MasterFile))); !errors.Is(err, fs.ErrNotExist) {
				t.Errorf("the program did not end in its own way: the master's address is still there (%v)", err)
			}
		})
	}
}

// endlessProject is a project of two workers that fit until they are stopped.
// Its program fits when it is told to on its command line.
func endlessProject(t *testing.T, env []string) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "endless")
	command(t, "", env, "chimera", "init", dir, "--workers", "2")
	for name, change := range map[string]func(string) string{
		"centroid/centroid.go":      func(string) string { return fits },
		"centroid/centroid_test.go": func(string) string { return "package centroid\n" },
		"main.go": func(text string) string {
			text = strings.Replace(text, `"log"`, "\"context\"\n\t\"log\"\n\t\"os\"", 1)
			return strings.Replace(text, "8080)", `8080, chimera.OnReady(func(ctx context.Context, up chimera.Up) error {
				if len(os.Args) == 1 {
					return nil
				}
				_, err := up.Master.Fit(ctx)
				return err
			}))`, 1)
		},
	} {
		file := filepath.Join(dir, filepath.FromSlash(name))
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(change(string(text))), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	command(t, dir, env, "chimera", "generate")
	return dir
}

func command(t *testing.T, dir string, env []string, name string, args ...string) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), name, args...)
	cmd.Dir, cmd.Env = dir, env
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%s %v: %v\n%s", name, args, err, out)
	}
}
