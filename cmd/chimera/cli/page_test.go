package cli

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/spf13/cobra"
)

var update = flag.Bool("update", false, "write docs/commands.md")

// The guide's page about the command line is what the commands say of themselves.
func TestCommandsPageIsUpToDate(t *testing.T) {
	root, _ := newRoot()
	var page strings.Builder
	page.WriteString("# Command line\n\n<!-- Generated from the commands' help by: go generate ./cmd/chimera/cli -->\n\n" +
		"```\n" + root.Long + "\n```\n\nEvery command takes `--help`, and `--project` with the project's folder.\n")
	describeBelow(&page, root, 2)
	file := filepath.Join("..", "..", "..", "docs", "commands.md")
	if *update {
		if err := os.WriteFile(file, []byte(page.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(strings.ReplaceAll(string(text), "\r\n", "\n"), page.String()); diff != "" {
		t.Errorf("docs/commands.md is not up to date, run: go generate ./cmd/chimera/cli (-want +got)\n%s", diff)
	}
}

// processors is a default that differs from machine to machine.
var processors = regexp.MustCompile(`(--jobs int .*) \(default \d+\)`)

// describe writes what a command says of itself, and then those below it.
func describe(page *strings.Builder, cmd *cobra.Command, level int) {
	fmt.Fprintf(page, "\n%s %s\n\n%s.\n\n", strings.Repeat("#", level), cmd.CommandPath(), cmd.Short)
	fmt.Fprintf(page, "```\n%s\n\n%s\n```\n", cmd.UseLine(), strings.TrimSpace(cmd.Long))
	if cmd.Example != "" {
		fmt.Fprintf(page, "\nExamples:\n\n```\n%s\n```\n", strings.Trim(cmd.Example, "\n"))
	}
	var flags []string
	for line := range strings.Lines(cmd.LocalNonPersistentFlags().FlagUsages()) {
		if !strings.Contains(line, "-h, --help") {
			flags = append(flags, processors.ReplaceAllString(line, "$1 (default: the machine's processors)"))
		}
	}
	if flags != nil {
		fmt.Fprintf(page, "\nFlags:\n\n```\n%s```\n", strings.Join(flags, ""))
	}
	describeBelow(page, cmd, level+1)
}

func describeBelow(page *strings.Builder, cmd *cobra.Command, level int) {
	for _, below := range cmd.Commands() {
		if below.IsAvailableCommand() && below.Name() != "help" && below.Name() != "completion" { // those two are cobra's
			describe(page, below, level)
		}
	}
}
