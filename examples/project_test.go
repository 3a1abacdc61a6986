//go:build unix

package examples_test

import (
	"bufio"
	"bytes"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/gochimera/chimera/telemetry/telemetrytest"
)

// shell runs the commands of a README as somebody types them: one after
// another, in a folder that cd changes.
type shell struct {
	t   *testing.T
	dir string
	env []string
	url string // where the master is that serve has started
}

// command is a line ready to run.
func (s *shell) command(line string) *exec.Cmd {
	env, words := assignments(line)
	for _, v := range s.env { // exec looks commands up in the test's own PATH
		if path, ok := strings.CutPrefix(v, "GOBIN="); ok && words[0] == "chimera" {
			words[0] = filepath.Join(path, "chimera")
		}
	}
	cmd := exec.Command(words[0], words[1:]...)
	cmd.Dir, cmd.Env = s.dir, slices.Concat(os.Environ(), []string{"CHIMERA_MASTER_PORT=0"}, s.env, env)
	return cmd
}

// assignments are the variables that a line sets for its command, and the command.
func assignments(line string) (env, words []string) {
	words = strings.Fields(line)
	for len(words) > 1 && strings.Contains(words[0], "=") {
		env, words = append(env, words[0]), words[1:]
	}
	return env, words
}

// run runs a line and returns what it prints to standard output.
func (s *shell) run(line string) string {
	s.t.Helper()
	if dir, ok := strings.CutPrefix(line, "cd "); ok {
		s.dir = filepath.Join(s.dir, dir)
		return ""
	}
	var stderr bytes.Buffer
	cmd := s.command(line)
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		s.t.Fatalf("%s: %v\n%s%s", line, err, out, &stderr)
	}
	return string(out)
}

// serve starts a line in a process group of its own, as a terminal would, waits
// until the master is ready, and returns what interrupts it.
func (s *shell) serve(line string) (interrupt func()) {
	s.t.Helper()
	interrupt, _ = s.until("Ready", line)
	return interrupt
}

// until starts a line, as serve does, and waits until it prints a line that begins so. What it has written to standard error may be read once
// it is interrupted.
func (s *shell) until(begins, line string) (interrupt func(), said *bytes.Buffer) {
	s.t.Helper()
	cmd := s.command(line)
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	said = &bytes.Buffer{}
	cmd.Stderr = said
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		s.t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(func() { _ = syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }) // what the test has not ended by itself
	ready := false
	for lines := bufio.NewScanner(stdout); !ready && lines.Scan(); {
		if words := strings.Fields(lines.Text()); len(words) == 2 && words[0] == "master" {
			s.url = words[1]
		}
		ready = strings.HasPrefix(lines.Text(), begins)
	}
	if !ready {
		s.t.Fatalf("%q ended before it served: %v\n%s", line, cmd.Wait(), said)
	}
	return func() {
		s.t.Helper()
		if err := syscall.Kill(-cmd.Process.Pid, syscall.SIGINT); err != nil {
			s.t.Error(err)
		}
		_, _ = io.Copy(io.Discard, stdout)
		_ = cmd.Wait() // go run reports the interrupt as its own status; that it ends is what counts
	}, said
}

// wants runs a line and wants its answer to have something in it.
func (s *shell) wants(line, part string) {
	s.t.Helper()
	if out := s.run(line); !strings.Contains(out, part) {
		s.t.Errorf("%s: no %q in\n%s", line, part, out)
	}
}

// The README's way from a table to a model that serves, line by line.
func TestTableOfYourOwn(t *testing.T) {
	t.Parallel()
	bin := t.TempDir()
	collector := telemetrytest.NewCollector(t)
	s := &shell{t: t, dir: root, env: []string{"GOBIN=" + bin, "GOPROXY=off", "OTEL_EXPORTER_OTLP_ENDPOINT=" + collector.URL, "OTEL_BSP_SCHEDULE_DELAY=100"}}
	s.run("go install ./cmd/chimera")
	table, err := os.ReadFile(filepath.Join("mixed", "visits.csv"))
	if err != nil {
		t.Fatal(err)
	}
	s.dir = filepath.Join(t.TempDir(), "chimera") // beside which a folder can be made
	if err := os.MkdirAll(filepath.Join(s.dir, "examples", "mixed"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(s.dir, "examples", "mixed", "visits.csv"), table, 0o600); err != nil {
		t.Fatal(err)
	}
	s.wants("chimera inspect examples/mixed/visits.csv --target returns", "target returns: classification, 2 classes")
	s.wants("chimera init ../visits --data examples/mixed/visits.csv --target returns --drop booking", "made project visits")
	s.run("cd ../visits")
	traced(t, s.dir)
	s.run("go generate")
	s.wants("chimera validate", "project visits: aggregation master, process launcher, workers: 4")
	interrupt := s.serve("go run .")
	s.wants("chimera status", "aggregation master of project visits")
	s.wants("chimera fit", "fitted 4 workers on 600 rows")
	s.wants("chimera score test_data/X_test.csv test_data/y_test.csv", "baseline accuracy")
	s.wants("chimera predict test_data/X_test.csv", "prediction\n")
	predicted := s.run("chimera predict test_data/X_test.csv")
	s.run("chimera score --record --plots plots test_data/X_test.csv test_data/y_test.csv")
	s.wants("chimera models list", "accuracy 0.") // the score that was recorded
	s.wants("chimera runs", "succeeded")
	s.wants("chimera models show latest", "test_data/X_test.csv")
	s.wants("chimera explain importances", "channel")
	s.wants("chimera explain permutation test_data/X_test.csv test_data/y_test.csv", "channel")
	s.wants("chimera explain partial-dependence test_data/X_test.csv --column spent", "SPENT")
	s.run("chimera export --to onnx -o visits.onnx")
	s.run("chimera models export latest -o visits.chimera")
	workersShow(t, s.url, 600)
	interrupt()
	hasTrace(t, collector, 4)
	if alone := s.run("chimera predict --model visits.chimera test_data/X_test.csv"); alone != predicted {
		t.Errorf("the file predicts something else than its master did:\n%s", alone)
	}
	interrupt = s.serve("chimera serve visits.chimera --port 0")
	s.run("chimera predict --url " + s.url + " test_data/X_test.csv")
	modelShows(t, s.url)
	interrupt()
	interrupt = s.serve("go run .")
	for !strings.Contains(s.run("chimera status --json"), `"restoring": false`) { // the workers are given their parts right after the start
		time.Sleep(10 * time.Millisecond)
	}
	if again := s.run("chimera predict test_data/X_test.csv"); again != predicted {
		t.Errorf("a master that starts again predicts something else:\n%s", again)
	}
	interrupt()
}

// The README's way to a learner of your own, line by line.
func TestQuickStart(t *testing.T) {
	t.Parallel()
	bin := t.TempDir()
	s := &shell{t: t, dir: root, env: []string{"GOBIN=" + bin, "GOPROXY=off"}}
	s.run("go install ./cmd/chimera")
	s.dir = t.TempDir()
	s.wants("chimera init iris", "made project iris")
	s.run("cd iris")
	s.run("go generate")
	interrupt := s.serve("go run .")
	s.wants("chimera status", "aggregation master of project iris")
	s.wants("chimera fit", "fitted 4 workers on 120 rows")
	s.wants("chimera score test_data/X_test.csv test_data/y_test.csv", "baseline accuracy")
	s.wants("chimera predict test_data/X_test.csv", "prediction\n")
	interrupt()
	if _, err := os.Stat(filepath.Join(s.dir, "chimera_logs", "master")); err == nil {
		t.Error("the master's address is left behind")
	}
}

// The example of a learner of your own is a module of its own. Its tests are run
// by .ci/run.
func TestCustomEstimator(t *testing.T) {
	t.Parallel()
	s := &shell{t: t, dir: "custom-estimator"}
	s.wants("go generate", "4 generated files are up to date")
	interrupt := s.serve("go run .")
	s.wants("go tool chimera fit", "fitted 3 workers on 120 rows")
	s.wants("go tool chimera score test_data/X_test.csv test_data/y_test.csv", "  accuracy  ")
	s.wants("go tool chimera predict test_data/X_test.csv", "virginica\n")
	interrupt()
}
