package cli

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/spf13/cobra"
)

// every lists the commands that do something, with those below them: a command that has others below it prints its help only, unless it
// says otherwise.
func every(cmd *cobra.Command) (all []*cobra.Command) {
	for _, c := range cmd.Commands() {
		if helpOnly[pathOf(c)] == "" {
			all = append(all, c)
		}
		all = append(all, every(c)...)
	}
	return all
}

// pathOf is how a command is called, without the program's name.
func pathOf(cmd *cobra.Command) string { return strings.TrimPrefix(cmd.CommandPath(), "chimera ") }

// helpOnly are the commands that print their help, since those below them do the work.
var helpOnly = map[string]string{"models": "a group", "explain": "a group"}

// withoutJSON are the commands without --json, with the reason.
var withoutJSON = map[string]string{"schema": "it prints JSON anyway", "manifests": "it prints YAML, for a cluster"}

// offline is what each command that needs neither a master nor an engine is called with in TestJSONOffline. In does says so, it
// does something, and with --quiet does not tell.
var offline = map[string]struct {
	args string
	does bool
}{
	"init":        {"DIR/made --replace REPO --workers 2", true},
	"generate":    {"--project OWN", true},
	"validate":    {"--no-data --project GOOD", true},
	"split":       {"DIR/rows.csv --target y --workers 2 --output DIR/dealt", true},
	"inspect":     {"DIR/rows.csv --target y", false},
	"times":       {"DIR/some.log", false},
	"learners":    {"tree-classifier", false},
	"list":        {"kinds", false},
	"openapi":     {"aggregation", false},
	"models list": {"--project GOOD", false},
	"token":       {"--file DIR/tokens", false},
	"runs":        {"--project GOOD", false},
	"lab":         {"bagging --set repetitions=1 --set replicates=2 --out DIR/labs", false},
}

// engine are the commands that ask a Docker engine: engine_test.go has one that stands in, docker_test.go a real one if it is there, and
// logs_test.go tests logs.
var engine = map[string]bool{"ps": true, "down": true, "logs": true}

// Every command answers programs, and can be told to be quiet. A new one without --json, or whose --json nothing tests, fails here.
func TestEveryCommandAnswersPrograms(t *testing.T) {
	scripts := readScripts(t)
	root, _ := newRoot()
	for _, cmd := range every(root) {
		name := pathOf(cmd)
		if flag := cmd.InheritedFlags().Lookup("quiet"); flag == nil || flag.Shorthand != "q" {
			t.Errorf("%s has no --quiet, or one of its own", name)
		}
		if reason := withoutJSON[name]; (cmd.Flags().Lookup("json") == nil) != (reason != "") {
			t.Errorf("%s has --json: %t, and a reason to have none: %q", name, cmd.Flags().Lookup("json") != nil, reason)
			continue
		} else if reason != "" {
			continue
		}
		_, isOffline := offline[name]
		inScript := regexp.MustCompile(`chimera ` + name + `( [^\n|>]*)? --json`).MatchString(scripts)
		if !isOffline && !inScript && !engine[name] {
			t.Errorf("%s --json is not tested: neither in the table offline nor in a script", name)
		}
	}
}

// readScripts is the text of all scripts.
func readScripts(t *testing.T) string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join("testdata", "script", "*.txtar"))
	if err != nil || len(files) == 0 {
		t.Fatalf("%d scripts, %v", len(files), err)
	}
	var all strings.Builder
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		all.Write(text)
	}
	return all.String()
}

// oneDocument reports whether a text is one JSON document and nothing else.
func oneDocument(text []byte) bool {
	d := json.NewDecoder(bytes.NewReader(text))
	var v any
	return d.Decode(&v) == nil && errors.Is(d.Decode(&v), io.EOF)
}

func TestJSONOffline(t *testing.T) {
	of := fixtures(t)
	for name, c := range offline {
		var out, errs bytes.Buffer
		if status := run(t.Context(), of(name+" "+c.args+" --json"), &out, &errs); status != succeeded || !oneDocument(out.Bytes()) {
			t.Errorf("chimera %s %s --json: status %d: %s%s", name, c.args, status, &out, &errs)
		}
		out.Reset()
		errs.Reset()
		args := strings.NewReplacer("DIR/made", "DIR/quiet", "DIR/dealt", "DIR/quietly").Replace(c.args)
		if status := run(t.Context(), of(name+" "+args+" --quiet"), &out, &errs); status != succeeded || errs.Len() > 0 {
			t.Errorf("chimera %s %s --quiet: status %d: %s", name, args, status, &errs)
		}
		if c.does && out.Len() > 0 {
			t.Errorf("chimera %s %s --quiet prints %s", name, args, &out)
		}
	}
}
