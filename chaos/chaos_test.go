//go:build unix

package chaos

import (
	"bytes"
	"context"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"go.uber.org/goleak"
)

var (
	seeds = flag.Uint64("seeds", 2, "how many seeds to run")
	from  = flag.Uint64("from", 0, "the first seed")
	limit = flag.Duration("for", 0, "begin no more seeds after this time; 0 is no limit")
)

func TestMain(m *testing.M) {
	becomeProgram()
	withoutTestLog()
	os.Exit(m.Run())
}

// withoutTestLog starts this program again without the log of opened files that go test keeps for its cache: a full disk is a
// limit on the size of files, and would end the program when that log meets it.
func withoutTestLog() {
	kept := slices.DeleteFunc(slices.Clone(os.Args), func(arg string) bool { return strings.HasPrefix(arg, "-test.testlogfile") })
	if len(kept) == len(os.Args) {
		return
	}
	self, err := os.Executable()
	if err == nil {
		err = syscall.Exec(self, kept, os.Environ())
	}
	panic(err)
}

// Whatever breaks, every reply is right or says what failed, and nothing is left.
func TestChaos(t *testing.T) {
	begun, run := time.Now(), 0
	for seed := *from; seed < *from+*seeds && (*limit == 0 || time.Since(begun) < *limit); seed++ {
		run++
		t.Run(fmt.Sprint("seed", seed), func(t *testing.T) { chaos(t, newPlan(seed)) })
	}
	t.Logf("%d seeds in %v", run, time.Since(begun).Round(time.Second))
}

// chaos runs a plan.
func chaos(t *testing.T, p plan) {
	t.Helper()
	before := goleak.IgnoreCurrent()
	temporary, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	t.Setenv("TMPDIR", temporary)
	dir, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	r, err := newRig(p, dir)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
	defer cancel()
	wrong := r.run(ctx, r.drive)
	wrong = append(wrong, r.model.check(r.history)...)
	if err := goleak.Find(before); err != nil {
		wrong = append(wrong, "goroutines are left: "+err.Error())
	}
	wrong = append(wrong, leftFiles(t, temporary, dir)...)
	wrong = append(wrong, leftProcesses(t, dir)...)
	summary := fmt.Sprintf("%v\n%d operations, %d of %d faults struck", p, r.history.count(), r.history.hit(), len(p.Faults))
	if len(wrong) > 0 {
		t.Errorf("%s\nTo repeat it: go test ./chaos -run 'TestChaos$' -seeds 1 -from %d -v\n\n%s\n\nhistory:\n%s\n\noutput:\n%s", summary, p.Seed,
			strings.Join(wrong, "\n"), r.history, r.output.Bytes())
		return
	}
	if r.history.hit() == 0 {
		t.Errorf("%s: nothing was tested", summary)
	}
	t.Log(summary)
	if testing.Verbose() && *seeds == 1 {
		t.Log(r.history)
	}
}

// leftFiles are those that a project that has ended should not leave: anything temporary.
func leftFiles(t *testing.T, temporary, project string) (wrong []string) {
	t.Helper()
	for dir, allowed := range map[string][]string{
		temporary: nil,
		project: {
			"chimera.yaml", "chimera_train_data", "chimera_status.log", "chimera_time.log", "chimera_time.jsonl", "chimera_logs", "chimera_models",
		},
	} {
		entries, err := os.ReadDir(dir)
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range entries {
			if !slices.Contains(allowed, e.Name()) {
				wrong = append(wrong, "a file is left: "+filepath.Join(dir, e.Name()))
			}
		}
	}
	return wrong
}

// leftProcesses are those that work in the project's folder, where the system tells.
func leftProcesses(t *testing.T, project string) (wrong []string) {
	t.Helper()
	for _, pid := range processesOf(t, project) {
		wrong = append(wrong, fmt.Sprintf("the process %d is left", pid))
	}
	return wrong
}

// processesOf are the workers of a project that live, as far as the system tells.
func processesOf(t *testing.T, project string) (pids []int) {
	t.Helper()
	all, err := filepath.Glob("/proc/[0-9]*/environ")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range all {
		environ, err := os.ReadFile(file)
		if err != nil || !bytes.Contains(environ, []byte(workerVariable+"=")) || !bytes.Contains(environ, []byte(project)) {
			continue
		}
		if pid, err := strconv.Atoi(filepath.Base(filepath.Dir(file))); err == nil {
			pids = append(pids, pid)
		}
	}
	slices.Sort(pids)
	return pids
}
