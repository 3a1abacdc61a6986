package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"chimera": main})
}

func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{Dir: filepath.Join("testdata", "script"), RequireExplicitExec: true})
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
		{"validate --project " + good, succeeded},
		{"validate --project " + bad, failed},
		{"validate --project " + filepath.Join(good, "none"), failed},
		{"generate --check --project " + good, failed},
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
