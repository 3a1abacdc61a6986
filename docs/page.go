package docs

import (
	"bytes"
	"fmt"
	"html/template"
	"io/fs"
	"regexp"
	"slices"
	"strings"

	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/extension"
	"github.com/yuin/goldmark/parser"
	"github.com/yuin/goldmark/renderer"
	"github.com/yuin/goldmark/text"
	"github.com/yuin/goldmark/util"
)

// first is the page that a forge shows for the folder.
const first = "README"

// page is a rendered page of the guide.
type page struct {
	Name     string // of its file, without .md
	Title    string
	Body     template.HTML
	Sections []section // the second-level headings, for a list of what is on the page

	number int // in the reading order
	parts  []part
}

// section is a heading, and what links to it.
type section struct {
	Title, Anchor string
}

// Address is the page's, from [Root].
func (p *page) Address() string {
	if p.Name == first {
		return ""
	}
	return p.Name
}

// Link is a reference to the page from any other.
func (p *page) Link() string { return "./" + p.Address() }

// book is all pages, in the reading order.
type book struct {
	pages []*page
}

// find is the page of a name or address; nil if there is none.
func (b *book) find(name string) *page {
	for _, p := range b.pages {
		if p.Name == name || p.Address() == name {
			return p
		}
	}
	return nil
}

// read renders the pages of a folder: the first, and those that it links, in this order. A page that it does not link
// is an error, as nobody would find it.
func read(folder fs.FS) (*book, error) {
	names, err := order(folder)
	if err != nil {
		return nil, err
	}
	markdown, b := newMarkdown(), &book{}
	for i, name := range names {
		source, err := fs.ReadFile(folder, name+".md")
		if err != nil {
			return nil, err
		}
		p := &page{Name: name, number: i}
		if err := p.render(markdown, source); err != nil {
			return nil, fmt.Errorf("%s.md: %w", name, err)
		}
		b.pages = append(b.pages, p)
	}
	return b, nil
}

// order lists the pages' names in the order in which the first page links them.
func order(folder fs.FS) ([]string, error) {
	source, err := fs.ReadFile(folder, first+".md")
	if err != nil {
		return nil, err
	}
	names := []string{first}
	for _, link := range links(parse(newMarkdown(), source)) {
		name, isPage := strings.CutSuffix(link, ".md")
		if isPage && !strings.Contains(name, "/") && !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	all, err := fs.Glob(folder, "*.md")
	if err != nil {
		return nil, err
	}
	for _, file := range all {
		if !slices.Contains(names, strings.TrimSuffix(file, ".md")) {
			return nil, fmt.Errorf("%s.md does not link %s", first, file)
		}
	}
	return names, nil
}

// render makes the page of its source.
func (p *page) render(markdown goldmark.Markdown, source []byte) error {
	doc := parse(markdown, source)
	p.parts = parts(doc, source)
	if len(p.parts) == 0 || p.parts[0].level != 1 {
		return fmt.Errorf("the page does not begin with its title")
	}
	p.Title = p.parts[0].heading
	for _, s := range p.parts {
		if s.level == 2 {
			p.Sections = append(p.Sections, section{s.heading, s.anchor})
		}
	}
	var out bytes.Buffer
	if err := markdown.Renderer().Render(&out, source, doc); err != nil {
		return err
	}
	p.Body = template.HTML(out.String()) //nolint:gosec // from the pages of this folder, without raw HTML
	return nil
}

// newMarkdown is GitHub's Markdown, as forges show it. Raw HTML is left out.
func newMarkdown() goldmark.Markdown {
	return goldmark.New(
		goldmark.WithExtensions(extension.NewTable(extension.WithTableCellAlignMethod(extension.TableCellAlignAttribute)), extension.Strikethrough),
		goldmark.WithParserOptions(parser.WithAutoHeadingID()),
		goldmark.WithRendererOptions(renderer.WithNodeRenderers(util.Prioritized(linkRenderer{}, 100))),
	)
}

func parse(markdown goldmark.Markdown, source []byte) ast.Node {
	return markdown.Parser().Parse(text.NewReader(source), parser.WithContext(parser.NewContext(parser.WithIDs(anchors{}))))
}

// anchors makes the anchors of headings as forges do, and keeps them apart: the second one of a text gets -1.
type anchors map[string]int

var notInAnchors = regexp.MustCompile(`[^\p{L}\p{N}_ -]`)

// Generate makes the anchor of a heading.
func (a anchors) Generate(value []byte, _ ast.NodeKind) []byte {
	anchor := strings.ReplaceAll(notInAnchors.ReplaceAllString(strings.ToLower(strings.TrimSpace(string(value))), ""), " ", "-")
	n := a[anchor]
	a[anchor]++
	if n > 0 {
		return fmt.Appendf(nil, "%s-%d", anchor, n)
	}
	return []byte(anchor)
}

// Put records an anchor that was given.
func (a anchors) Put(value []byte) { a[string(value)]++ }

// links are where the links and pictures of a page lead, in its order.
func links(doc ast.Node) (all []string) {
	walk(doc, func(n ast.Node) {
		switch n := n.(type) {
		case *ast.Link:
			all = append(all, string(n.Destination))
		case *ast.Image:
			all = append(all, string(n.Destination))
		}
	})
	return all
}

// walk visits a node and all below it, each before those below it.
func walk(n ast.Node, visit func(ast.Node)) {
	visit(n)
	for c := n.FirstChild(); c != nil; c = c.NextSibling() {
		walk(c, visit)
	}
}
