package docs

import (
	"strings"

	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/renderer"
	"github.com/yuin/goldmark/renderer/html"
	"github.com/yuin/goldmark/util"
)

// linkRenderer writes links as the guide needs them.
type linkRenderer struct{}

// RegisterFuncs registers it for links.
func (linkRenderer) RegisterFuncs(r renderer.NodeRendererFuncRegisterer) {
	r.Register(ast.KindLink, renderLink)
}

func renderLink(w util.BufWriter, _ []byte, node ast.Node, entering bool) (ast.WalkStatus, error) {
	target, isPage := address(string(node.(*ast.Link).Destination))
	if html.IsDangerousURL([]byte(target)) {
		target = ""
	}
	open, end := `<a href="`+escape(target)+`">`, "</a>"
	if !isPage {
		open, end = `<span class="file" title="In Chimera's repository: `+escape(target)+`">`, "</span>"
	}
	if !entering {
		open = end
	}
	_, err := w.WriteString(open)
	return ast.WalkContinue, err
}

func escape(s string) string { return string(util.EscapeHTML(util.URLEscape([]byte(s), true))) }

// address is where a link leads in the guide. A file outside of the folder has none: it is named by its path in the repository.
func address(link string) (target string, isPage bool) {
	name, anchor, hasAnchor := strings.Cut(link, "#")
	if strings.Contains(name, ":") || name == "" {
		return link, true
	}
	if outside, ok := strings.CutPrefix(name, "../"); ok {
		return outside, false
	}
	base, isMarkdown := strings.CutSuffix(name, ".md")
	if isMarkdown {
		name = (&page{Name: base}).Link()
	}
	if hasAnchor {
		name += "#" + anchor
	}
	return name, true
}
