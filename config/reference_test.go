package config_test

import (
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/gochimera/chimera/config"
	"github.com/gochimera/chimera/distribute"
)

var update = flag.Bool("update", false, "write the golden files and docs/configuration.md")

// golden compares text with a file, or writes it with -update.
func golden(t *testing.T, name, text string) {
	t.Helper()
	if *update {
		if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(strings.ReplaceAll(string(want), "\r\n", "\n"), text); diff != "" {
		t.Errorf("%s is not up to date, run: go generate ./config (-want +got)\n%s", name, diff)
	}
}

func TestReferenceIsUpToDate(t *testing.T) {
	golden(t, "../docs/configuration.md", config.Markdown())
	text, err := json.MarshalIndent(config.JSONSchema(learners()), "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	golden(t, filepath.Join("testdata", "schema.json"), string(text)+"\n")
}

func TestReferenceIsWhole(t *testing.T) {
	var variables []string
	for _, row := range config.Reference() {
		if row.Doc == "" || strings.HasSuffix(row.Doc, ".") {
			t.Errorf("%s: the doc is %q, want a clause without a full stop", row.Path, row.Doc)
		}
		if row.Type == "" {
			t.Errorf("%s has no type", row.Path)
		}
		if row.Env != "" {
			variables = append(variables, row.Env)
		}
	}
	slices.Sort(variables)
	want := []string{
		"CHIMERA_CLIENTS_AUTHORITY", "CHIMERA_LAUNCHER", "CHIMERA_LOG_FORMAT", "CHIMERA_NETWORK_NAME", "CHIMERA_NETWORK_PREFIX", "CHIMERA_NETWORK_SUBNET_MASK",
		"CHIMERA_RESTART", "CHIMERA_SECURITY_CLIENTS", "CHIMERA_SECURITY_WORKERS", "CHIMERA_TLS",
		"CHIMERA_TLS_CERTIFICATE", "CHIMERA_TLS_KEY", "CHIMERA_TOKENS_FILE",
		"CHIMERA_WORKERS_CPU_SHARES", "CHIMERA_WORKERS_ENDPOINTS_MAX_RETRIES", "CHIMERA_WORKERS_ENDPOINTS_TIMEOUT", "CHIMERA_WORKERS_HOST",
		"CHIMERA_WORKERS_MAPPED_PORTS", "CHIMERA_WORKERS_NODES_NAMES", "CHIMERA_WORKERS_PORT",
	}
	if diff := cmp.Diff(want, variables); diff != "" {
		t.Error("(-want +got)", diff)
	}
}

// A file that gives every default as the reference writes it changes nothing.
func TestReferenceDefaultsAreTheDefaults(t *testing.T) {
	var b strings.Builder
	b.WriteString("learner: tree-classifier\nworkers: 2\nproject: p\n")
	for _, row := range config.Reference() {
		top, rest, nested := strings.Cut(row.Path, ".")
		switch {
		case strings.Contains(row.Path, "[]") || row.Default == "" || top == "workers" || top == "project" ||
			row.Path == "security.workers": // of these it says who decides
		case nested:
			b.WriteString("  " + rest + ": " + row.Default + "\n")
		default:
			b.WriteString(row.Path + ": " + row.Default + "\n")
		}
		if strings.HasSuffix(row.Type, "mapping of settings") && !strings.Contains(row.Path, "[]") {
			b.WriteString(row.Path + ":\n")
		}
	}
	given := parse(t, b.String(), config.Options{})
	omitted := parse(t, "learner: tree-classifier\nworkers: 2\nproject: p\n", config.Options{})
	if diff := cmp.Diff(omitted.Network, given.Network) + cmp.Diff(omitted.Endpoints, given.Endpoints) + cmp.Diff(omitted.Limits, given.Limits) +
		cmp.Diff(settingsOfAll(omitted), settingsOfAll(given)); diff != "" {
		t.Error("(-omitted +given)", diff)
	}
	if omitted.Launcher != given.Launcher || omitted.Master != given.Master || omitted.Seed != given.Seed || omitted.Bootstrap != given.Bootstrap {
		t.Errorf("%+v is not %+v", given, omitted)
	}
}

func TestJSONSchemaWithoutCatalogue(t *testing.T) {
	schema := config.JSONSchema(nil)
	if _, ok := schema["$defs"]; ok {
		t.Error("there are definitions of learners")
	}
	if _, err := json.Marshal(schema); err != nil {
		t.Error(err)
	}
}

// settingsOfAll are the settings of every kind of distribution.
func settingsOfAll(c *config.Config) map[string]any {
	all := map[string]any{}
	for _, kind := range distribute.Names() {
		all[kind] = c.Settings(kind)
	}
	return all
}
