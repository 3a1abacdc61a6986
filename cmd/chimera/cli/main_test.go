package cli

import (
	"bytes"
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"chimera": Main})
}

// The scripts are the commands' documentation that runs. Beside testscript's
// own, they have two commands:
//
//	exits 3 chimera ...            the command ends with this status
//	await 'regexp' chimera ...     the command is repeated until it succeeds and prints a match
//	json chimera ...               the command succeeds and prints one JSON document, and nothing else
//
// $REPO is this repository, and the go command finds all modules in its cache.
func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir: filepath.Join("testdata", "script"), RequireExplicitExec: true,
		Setup: setUp,
		Cmds:  map[string]func(*testscript.TestScript, bool, []string){"exits": exits, "await": await, "json": answersJSON},
	})
}

// goFlags are those of the go command in the tests' projects. Without DWARF programs are linked in half the time.
const goFlags = "-mod=mod -buildvcs=false -ldflags=-w"

// setUp lets scripts run the go command, without a network.
func setUp(env *testscript.Env) error {
	out, err := exec.Command("go", "env", "GOCACHE", "GOMODCACHE", "GOPATH").Output()
	if err != nil {
		return err
	}
	for i, dir := range strings.Split(strings.TrimSpace(string(out)), "\n") {
		env.Setenv([]string{"GOCACHE", "GOMODCACHE", "GOPATH"}[i], dir)
	}
	repo, err := filepath.Abs(filepath.Join("..", "..", ".."))
	if err != nil {
		return err
	}
	env.Setenv("REPO", repo)
	env.Setenv("GOFLAGS", goFlags)
	env.Setenv("CHIMERA_CACHE", filepath.Join(env.WorkDir, ".tmp", "cache")) // what is built goes with the script
	env.Setenv("GOPROXY", "off")
	env.Setenv("CHIMERA_MASTER_PORT", "0") // any free one
	env.Values["vars"] = env.Vars
	return nil
}

func answersJSON(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 1 {
		ts.Fatalf("usage: json command...")
	}
	ts.Check(ts.Exec(args[0], args[1:]...))
	if out := ts.ReadFile("stdout"); !oneDocument([]byte(out)) {
		ts.Fatalf("no JSON document, or more than one")
	}
}

func exits(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: exits status command...")
	}
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	got := 0
	var exit *exec.ExitError
	if err := ts.Exec(args[1], args[2:]...); errors.As(err, &exit) {
		got = exit.ExitCode()
	} else if err != nil {
		ts.Fatalf("%v", err)
	}
	if got != want {
		ts.Fatalf("exit status %d, want %d", got, want)
	}
}

// await bounds its tries, so that what never comes is a failure and no hang. Between them it leaves
// the processor to what it waits for.
func await(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: await regexp command...")
	}
	match := regexp.MustCompile(args[0])
	vars, _ := ts.Value("vars").([]string)
	tries := time.NewTicker(20 * time.Millisecond)
	defer tries.Stop()
	for range 5000 {
		cmd := exec.Command(args[1], args[2:]...)
		cmd.Dir, cmd.Env = ts.MkAbs("."), vars
		if out, err := cmd.Output(); err == nil && match.Match(out) {
			ts.Check(ts.Exec(args[1], args[2:]...))
			return
		}
		<-tries.C
	}
	ts.Fatalf("it never came")
}

func TestExitStatus(t *testing.T) {
	good, bad := t.TempDir(), t.TempDir()
	for dir, text := range map[string]string{good: "workers: 1\nlearner: dummy-classifier\n", bad: "workers: 0\n"} {
		if err := os.WriteFile(filepath.Join(dir, "chimera.yaml"), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	t.Setenv("CHIMERA_PROJECT", "")
	for _, c := range []struct {
		args   string
		status int
	}{
		{"", succeeded},
		{"help", succeeded},
		{"generate --help", succeeded},
		{"validate --no-data --project " + good, succeeded},
		{"validate --project " + good, badInput}, // it has no training data
		{"validate --project " + bad, badInput},
		{"validate --project " + filepath.Join(good, "none"), badInput},
		{"generate --check --project " + good, failed},
		{"learners none", badInput},
		{"learners --task guessing", misused},
		{"status --url http://127.0.0.1:1", unreachable},
		{"status --url elsewhere", misused},
		{"fit --url http://127.0.0.1:1", unreachable},
		{"split none.csv y.csv --workers 2", badInput},
		{"split none.csv y.csv --workers 2 --by luck", misused},
		{"generate --chek", misused},
		{"generate extra", misused},
		{"genrate", misused},
		{"--project", misused},
	} {
		var out bytes.Buffer
		if got := run(t.Context(), strings.Fields(c.args), &out, &out); got != c.status {
			t.Errorf("chimera %s: status %d, want %d\n%s", c.args, got, c.status, &out)
		}
	}
}

func TestInterruptHasItsOwnStatus(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	var out, errs bytes.Buffer
	if got := run(ctx, []string{"fit", "--url", "http://127.0.0.1:1"}, &out, &errs); got != interrupted || errs.String() != "chimera: interrupted\n" {
		t.Errorf("status %d, want %d: %s", got, interrupted, &errs)
	}
}

func TestEveryCommandHasHelpWithExamples(t *testing.T) {
	root, _ := newRoot()
	for _, cmd := range root.Commands() {
		if cmd.Short == "" || cmd.Long == "" || !strings.Contains(cmd.Example, "chimera "+cmd.Name()) {
			t.Errorf("%s lacks a sentence, a description or an example of its own", cmd.Name())
		}
	}
}
