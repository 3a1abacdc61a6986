package labs

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

var (
	update  = flag.Bool("update", false, "write docs/labs.md")
	redraws = flag.Bool("pictures", false, "run every lab as it is, and keep its picture and what it prints for docs/labs.md")
)

const (
	pageFile       = "../docs/labs.md"
	picturesFolder = "../docs/pictures"
	mostPicture    = 60 << 10 // bytes
)

// printedFile has what a lab printed when its picture was made.
func printedFile(l Lab) string { return filepath.Join("testdata", "printed", l.Name+".txt") }

func TestLabsPageIsUpToDate(t *testing.T) {
	text := page(t)
	if *update {
		if err := os.WriteFile(pageFile, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(pageFile)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(strings.ReplaceAll(string(want), "\r\n", "\n"), text); diff != "" {
		t.Errorf("docs/labs.md is not up to date, run: go generate ./labs (-want +got)\n%s", diff)
	}
}

// Every lab has its picture in the guide, one of its own and small; with -pictures they are made.
func TestPictures(t *testing.T) {
	for _, l := range All() {
		file := filepath.Join(picturesFolder, "lab-"+l.Name+".svg")
		if *redraws {
			draw(t, l, file)
		}
		if info, err := os.Stat(file); err != nil || info.Size() > mostPicture {
			t.Errorf("%s: %v, %v; make it with: go test ./labs -run TestPictures -pictures", file, info, err)
		}
	}
}

// draw runs a lab as it is and keeps its first picture and what it prints.
func draw(t *testing.T, l Lab, file string) {
	t.Helper()
	r, err := l.Run(t.Context(), &Bench{}, nil)
	if err != nil {
		t.Fatal(err)
	}
	var svg, printed strings.Builder
	if err := r.Plots[0].SVG(&svg); err != nil {
		t.Fatal(err)
	}
	if err := r.Print(&printed); err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{file: svg.String(), printedFile(l): printed.String()} {
		if err := os.WriteFile(name, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// page is the page of the guide about all labs.
func page(t *testing.T) string {
	t.Helper()
	var b strings.Builder
	b.WriteString(`# Labs

<!-- Generated from the labs' own texts by: go generate ./labs -->

A lab is an experiment: it asks a question about distributed training, and answers it with masters and workers that run within
one program and call each other over HTTP, as those of a project do. It makes its own data by published formulas and needs
nothing but the command line.

` + "```sh\nchimera lab\n```" + `

lists the labs. Each prints a table, what was expected and whether it came so, and writes its plots (SVG) and tables (CSV)
into the folder ` + "`chimera_labs`, or that of `--out`. One `--seed` gives the same numbers again, but for times, and bytes" + `
of messages that have times in them. ` + "`--set`" + ` changes a parameter; a list is written with commas. What is printed and drawn
here was made by ` + "`go test ./labs -run TestPictures -pictures`" + `.
`)
	for _, l := range All() {
		chapter(t, &b, l)
	}
	return b.String()
}

// chapter writes a lab's part of the page.
func chapter(t *testing.T, b *strings.Builder, l Lab) {
	t.Helper()
	printed, err := os.ReadFile(printedFile(l))
	if err != nil {
		t.Fatal(err)
	}
	fmt.Fprintf(b, "\n## %s\n\n%s\n```sh\nchimera lab %s\n```\n\n%s\n", l.Title, wrapped("", "", l.Asks), l.Name, wrapped("", "", l.Expect))
	fmt.Fprintf(b, "![%s](pictures/lab-%s.svg)\n\n%s\n", l.Title, l.Name, wrapped("", "", l.Picture))
	fmt.Fprintf(b, "```text\n%s```\n", strings.ReplaceAll(string(printed), "\r\n", "\n"))
	b.WriteString("\n| parameter | default | what it is |\n|---|---|---|\n")
	for _, p := range l.Params {
		limits := ""
		if p.Limits != "" {
			limits = " (" + p.Limits + ")"
		}
		fmt.Fprintf(b, "| `%s` | %s | %s%s |\n", p.Name, p.Default, p.Doc, limits)
	}
	list(b, "Questions", l.Questions)
	list(b, "Vary it", l.Vary)
	list(b, "Sources", l.Sources)
	fmt.Fprintf(b, "\nMore about it: [%s](%s).\n", l.About, l.Chapter)
}

func list(b *strings.Builder, title string, items []string) {
	fmt.Fprintf(b, "\n%s:\n\n", title)
	for _, item := range items {
		if option, what, found := strings.Cut(item, ": "); found && strings.HasPrefix(item, "--set") {
			item = "`" + option + "`: " + what
		}
		b.WriteString(wrapped("", "- ", item))
	}
}
