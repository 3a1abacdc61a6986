package foreign

import (
	"bytes"
	"encoding/gob"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
)

// Tensor is a named input or output of an ONNX model. One of the slices is set.
type Tensor struct {
	Name     string
	Shape    []int64
	Float32s []float32
	Float64s []float64
	Int64s   []int64
	Texts    []string
}

// Job is an ONNX model and what goes in.
type Job struct {
	Model  []byte
	Inputs []Tensor
}

// Answer is what comes out, or why nothing does.
type Answer struct {
	Error   string
	Outputs []Tensor
}

// Output is the output of that name; the test fails if there is none.
func (a Answer) Output(tb testing.TB, name string) Tensor {
	tb.Helper()
	for _, o := range a.Outputs {
		if o.Name == name {
			return o
		}
	}
	tb.Fatalf("the model has no output %s: %s", name, a.Error)
	return Tensor{}
}

// runner is how ONNX Runtime is run here. The Go module of its binding carries the shared library for some systems; it has none
// for Linux on amd64, where the one for arm64 runs in an emulator.
type runner struct {
	library string   // in the folder test_data of the module; "" if the environment names one
	env     []string // of the compiler
	before  []string // of the command line
}

// The environment's own library, as the binding's tests call it.
const libraryVariable = "ONNXRUNTIME_SHARED_LIBRARY_PATH"

func newRunner() (runner, error) {
	if os.Getenv(libraryVariable) != "" {
		return runner{}, nil
	}
	switch runtime.GOOS + "/" + runtime.GOARCH {
	case "darwin/arm64":
		return runner{library: "onnxruntime_arm64.dylib"}, nil
	case "windows/amd64":
		return runner{library: "onnxruntime.dll"}, nil
	case "linux/arm64":
		return runner{library: "onnxruntime_arm64.so"}, nil
	case "linux/amd64":
		const compiler, emulator, root = "aarch64-linux-gnu-gcc", "qemu-aarch64", "/usr/aarch64-linux-gnu"
		_, missing := os.Stat(root + "/lib/libstdc++.so.6")
		for _, program := range []string{compiler, emulator} {
			_, err := exec.LookPath(program)
			missing = errors.Join(missing, err)
		}
		return runner{library: "onnxruntime_arm64.so", env: []string{"GOARCH=arm64", "CC=" + compiler}, before: []string{emulator, "-L", root}}, missing
	}
	return runner{}, fmt.Errorf("no shared library for %s/%s is known; name one in %s", runtime.GOOS, runtime.GOARCH, libraryVariable)
}

// Compute computes models with ONNX Runtime, by the program in the folder dir.
func Compute(tb testing.TB, dir string, jobs []Job) []Answer {
	tb.Helper()
	const install = "on Debian apt-get install qemu-user gcc-aarch64-linux-gnu libc6-dev-arm64-cross libstdc++6-arm64-cross, or set " + libraryVariable
	r, err := newRunner()
	if err != nil {
		Need(tb, "ONNX Runtime", install, err)
	}
	program := filepath.Join(tb.TempDir(), "onnxruntime")
	if runtime.GOOS == "windows" {
		program += ".exe"
	}
	inModule := func(args ...string) string {
		cmd := exec.CommandContext(tb.Context(), "go", args...)
		cmd.Dir = dir
		cmd.Env = append(os.Environ(), append(r.env, "CGO_ENABLED=1", "GOFLAGS=", "GOWORK=off")...)
		var problems bytes.Buffer
		cmd.Stderr = &problems
		out, err := cmd.Output()
		if err != nil {
			Need(tb, "ONNX Runtime", install, fmt.Errorf("go %s: %w: %s", strings.Join(args, " "), err, problems.String()))
		}
		return strings.TrimSpace(string(out))
	}
	inModule("build", "-o", program, ".")
	library := os.Getenv(libraryVariable)
	if library == "" {
		library = filepath.Join(inModule("list", "-m", "-f", "{{.Dir}}", "github.com/yalue/onnxruntime_go"), "test_data", r.library)
	}
	var in, out, problems bytes.Buffer
	encoder := gob.NewEncoder(&in)
	for _, j := range jobs {
		if err := encoder.Encode(j); err != nil {
			tb.Fatal(err)
		}
	}
	command := slices.Concat(r.before, []string{program, library})
	cmd := exec.CommandContext(tb.Context(), command[0], command[1:]...)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = &in, &out, &problems
	if err := cmd.Run(); err != nil {
		tb.Fatalf("ONNX Runtime: %v: %s", err, problems.String())
	}
	var answers []Answer
	decoder := gob.NewDecoder(&out)
	for {
		var a Answer
		if err := decoder.Decode(&a); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			tb.Fatal(err)
		}
		answers = append(answers, a)
	}
	if len(answers) != len(jobs) {
		tb.Fatalf("ONNX Runtime answered %d of %d jobs: %s", len(answers), len(jobs), problems.String())
	}
	return answers
}
