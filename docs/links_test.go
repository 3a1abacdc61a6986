package docs

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/yuin/goldmark/ast"
)

// document is a Markdown file of the repository.
func document(t *testing.T, name string) (doc ast.Node, anchors []string) {
	t.Helper()
	source, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	doc = parse(newMarkdown(), source)
	walk(doc, func(n ast.Node) {
		if h, ok := n.(*ast.Heading); ok {
			if id, ok := h.AttributeString("id"); ok {
				anchors = append(anchors, string(id.([]byte)))
			}
		}
	})
	return doc, anchors
}

// Every relative link, and every anchor, of the guide and of the repository's pages leads somewhere, as a forge follows it.
func TestLinksLeadSomewhere(t *testing.T) {
	pages, err := filepath.Glob("*.md")
	if err != nil {
		t.Fatal(err)
	}
	pages = append(pages, "../README.md", "../ARCHITECTURE.md", "../CONTRIBUTING.md", "../internal/README.md")
	count := 0
	for _, page := range pages {
		doc, own := document(t, page)
		for _, link := range links(doc) {
			target, anchor, _ := strings.Cut(link, "#")
			if strings.Contains(target, ":") {
				continue
			}
			count++
			anchors := own
			if target != "" {
				file := filepath.Join(filepath.Dir(page), filepath.FromSlash(target))
				if _, err := os.Stat(file); err != nil {
					t.Errorf("%s: %s leads nowhere", page, link)
					continue
				}
				if filepath.Ext(file) == ".md" {
					_, anchors = document(t, file)
				}
			}
			if anchor != "" && !slices.Contains(anchors, anchor) {
				t.Errorf("%s: %s has no anchor %s", page, link, anchor)
			}
		}
	}
	if count < 50 {
		t.Errorf("only %d links were found", count)
	}
}

// The links of the guide work in it, too: what leaves the folder is no link there.
func TestAddresses(t *testing.T) {
	for link, want := range map[string]string{
		"first-steps.md": "./first-steps", "first-steps.md#a-project": "./first-steps#a-project", "README.md": "./", "#here": "#here",
		"pictures/a.svg": "pictures/a.svg", "https://example.org/a.md": "https://example.org/a.md",
	} {
		if got, isPage := address(link); got != want || !isPage {
			t.Errorf("%s: %s, %v", link, got, isPage)
		}
	}
	if got, isPage := address("../examples/bagging/"); got != "examples/bagging/" || isPage {
		t.Errorf("%s, %v", got, isPage)
	}
}

// What serves a model by itself, what a worker is, and the command line have no guide, and do not link what renders it.
func TestGuideIsLinkedByProgramsAlone(t *testing.T) {
	t.Parallel()
	const module = "github.com/gochimera/chimera"
	for _, list := range []string{"/serving", "/workers", "/masters", "/client", "/cmd/chimera"} {
		out, err := exec.CommandContext(t.Context(), "go", "list", "-deps", module+list).Output()
		if err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(string(out), module+"/api\n") {
			t.Fatalf("not a list of packages: %s", out)
		}
		for _, guide := range []string{module + "/docs\n", "github.com/yuin/goldmark"} {
			if strings.Contains("\n"+string(out), "\n"+guide) {
				t.Errorf("%s links %s", module+list, guide)
			}
		}
	}
}
