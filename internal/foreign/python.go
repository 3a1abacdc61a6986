// Package foreign runs other programs on exported models, for tests: Python with its packages and the ONNX Runtime. Where one
// is not installed the test is skipped and says so; with CI=true in the environment it fails instead, so that continuous
// integration cannot pass without it.
//
// The package imports the standard library.
package foreign

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// Need skips the test because something is not installed, or fails it in continuous integration.
func Need(tb testing.TB, what, install string, err error) {
	tb.Helper()
	if os.Getenv("CI") == "true" {
		tb.Fatalf("exported models must be tried in %s in continuous integration (%s): %v", what, install, err)
	}
	tb.Skipf("SKIPPED: no exported model was tried in %s, which is not installed here (%s): %v", what, install, err)
}

// Python is an interpreter that has the packages asked for.
type Python struct{ program string }

// NewPython finds an interpreter with these packages, in the PATH or where Debian's packages go.
func NewPython(tb testing.TB, packages ...string) Python {
	tb.Helper()
	var last error
	for _, program := range []string{"python3", "/usr/bin/python3"} {
		out, err := exec.CommandContext(tb.Context(), program, "-c", "import numpy, "+strings.Join(packages, ", ")).CombinedOutput()
		if err == nil {
			return Python{program}
		}
		last = fmt.Errorf("%s: %w: %s", program, err, bytes.TrimSpace(out))
	}
	debian := make([]string, len(packages))
	for i, p := range packages {
		debian[i] = "python3-" + p
	}
	Need(tb, "Python with "+strings.Join(packages, " and "), "apt-get install "+strings.Join(debian, " "), last)
	return Python{}
}

// Run runs a script, whose sys.argv[1:] are args, and returns what it prints.
func (p Python) Run(tb testing.TB, script string, args ...string) string {
	tb.Helper()
	cmd := exec.CommandContext(tb.Context(), p.program, append([]string{"-c", script}, args...)...)
	cmd.Env = append(os.Environ(), "OMP_NUM_THREADS=1")
	var out, problems bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &problems
	if err := cmd.Run(); err != nil {
		tb.Fatalf("Python: %v\n%s%s", err, out.String(), problems.String())
	}
	return out.String()
}

// WriteFloats writes numbers as numpy.fromfile reads them with dtype '<f8', and returns the file's path.
func WriteFloats(tb testing.TB, name string, values []float64) string {
	tb.Helper()
	data, err := binary.Append(nil, binary.LittleEndian, values)
	if err != nil {
		tb.Fatal(err)
	}
	return WriteFile(tb, name, data)
}

// ReadFloats reads what numpy's tofile wrote of an array of dtype '<f8'.
func ReadFloats(tb testing.TB, path string) []float64 {
	tb.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		tb.Fatal(err)
	}
	values := make([]float64, len(data)/8)
	if _, err := binary.Decode(data, binary.LittleEndian, values); err != nil {
		tb.Fatal(err)
	}
	return values
}

// WriteFile writes a file in a folder of the test's own and returns its path.
func WriteFile(tb testing.TB, name string, data []byte) string {
	tb.Helper()
	path := filepath.Join(tb.TempDir(), name)
	if err := os.WriteFile(path, data, 0o600); err != nil {
		tb.Fatal(err)
	}
	return path
}
