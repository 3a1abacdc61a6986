package node

import (
	"fmt"
	"html"
	"net/http"
	"slices"
	"strings"

	"github.com/danielgtaylor/huma/v2"
)

const pageHead = `<!doctype html>
<html lang="en"><meta charset="utf-8"><title>%[1]s</title>
<style>
body{font:16px/1.5 sans-serif;max-width:50em;margin:2em auto;padding:0 1em}
code{background:#eee;padding:.1em .3em}
td{padding:.2em 1em .2em 0;vertical-align:top}
</style>
<h1>%[1]s</h1><p>%[2]s
The full description is in <a href="/openapi.json">openapi.json</a> and <a href="/openapi.yaml">openapi.yaml</a>.</p>
<table>
`

// mountDocs serves a page that lists the operations. A worker carries no other documentation because
// it should be small (html/template alone would add megabytes, since the linker keeps every method for
// it); its master has the full page.
func (n *Node) mountDocs() {
	show := http.HandlerFunc(func(rw http.ResponseWriter, _ *http.Request) {
		rw.Header().Set("Content-Type", "text/html; charset=utf-8")
		_, _ = rw.Write([]byte(n.page())) // the reader may be gone
	})
	n.callers.open("/docs", "/redoc", "/openapi.json", "/openapi.yaml", "/openapi-3.0.json", "/openapi-3.0.yaml")
	n.api.Handle("GET /docs", show)
	n.api.Handle("GET /redoc", show)
}

// page lists all operations, including the role's.
func (n *Node) page() string {
	doc := n.api.Huma.OpenAPI()
	var rows []string
	for path, item := range doc.Paths {
		for _, op := range []*huma.Operation{item.Get, item.Post} {
			if op != nil {
				rows = append(rows, fmt.Sprintf("<tr><td><code>%s %s</code><td>%s\n", op.Method, path, html.EscapeString(op.Summary)))
			}
		}
	}
	slices.Sort(rows)
	head := fmt.Sprintf(pageHead, html.EscapeString(doc.Info.Title), html.EscapeString(doc.Info.Description))
	return head + strings.Join(rows, "") + "</table></html>\n"
}
