package metrics_test

import (
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/gochimera/chimera/telemetry/metrics"
)

var update = flag.Bool("update", false, "write the table in docs/monitoring.md")

// table is the list of all metrics, in Markdown.
func table() string {
	var b strings.Builder
	b.WriteString("\n| metric | kind | labels | at | what it is |\n|---|---|---|---|---|\n")
	for _, m := range metrics.All() {
		labels := ""
		if len(m.Labels) > 0 {
			labels = "`" + strings.Join(m.Labels, "`, `") + "`"
		}
		fmt.Fprintf(&b, "| `%s` | %s | %s | %s | %s |\n", m.Name, m.Kind, labels, m.At, m.Help)
	}
	return b.String()
}

func TestMonitoringPageIsUpToDate(t *testing.T) {
	const page, mark = "../../docs/monitoring.md", "by: go generate ./telemetry/metrics -->\n"
	text, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	before, have, found := strings.Cut(strings.ReplaceAll(string(text), "\r\n", "\n"), mark)
	if !found {
		t.Fatalf("%s has no line that says where the table is", page)
	}
	if *update {
		if err := os.WriteFile(page, []byte(before+mark+table()), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if diff := cmp.Diff(have, table()); diff != "" {
		t.Errorf("docs/monitoring.md is not up to date, run: go generate ./telemetry/metrics (-want +got)\n%s", diff)
	}
}
