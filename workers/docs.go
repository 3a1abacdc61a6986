package workers

import (
	"html/template"
	"net/http"
	"slices"
	"strings"

	"github.com/danielgtaylor/huma/v2"
)

// page lists the operations. It is all of the docs that a worker carries: a
// worker is small, and its master has the full page.
var page = template.Must(template.New("docs").Parse(`<!doctype html>
<html lang="en"><meta charset="utf-8"><title>{{.Title}}</title>
<style>body{font:16px/1.5 sans-serif;max-width:50em;margin:2em auto;padding:0 1em}code{background:#eee;padding:.1em .3em}td{padding:.2em 1em .2em 0;vertical-align:top}</style>
<h1>{{.Title}}</h1><p>{{.Description}} The full description is in <a href="/openapi.json">openapi.json</a> and <a href="/openapi.yaml">openapi.yaml</a>.</p>
<table>{{range .Operations}}<tr><td><code>{{.Method}} {{.Path}}</code><td>{{.Summary}}{{end}}</table></html>
`))

// mountDocs is called last: it lists what is mounted by then.
func (n *node) mountDocs() {
	type operation struct{ Method, Path, Summary string }
	var data struct {
		Title, Description string
		Operations         []operation
	}
	doc := n.Huma.OpenAPI()
	data.Title, data.Description = doc.Info.Title, doc.Info.Description
	for path, item := range doc.Paths {
		for _, op := range []*huma.Operation{item.Get, item.Post} {
			if op != nil {
				data.Operations = append(data.Operations, operation{op.Method, path, op.Summary})
			}
		}
	}
	slices.SortFunc(data.Operations, func(a, b operation) int { return strings.Compare(a.Path+a.Method, b.Path+b.Method) })
	var html strings.Builder
	if err := page.Execute(&html, data); err != nil {
		panic("workers: the docs page: " + err.Error())
	}
	show := http.HandlerFunc(func(rw http.ResponseWriter, _ *http.Request) {
		rw.Header().Set("Content-Type", "text/html; charset=utf-8")
		_, _ = rw.Write([]byte(html.String())) // the reader may have gone
	})
	n.Handle("GET /docs", show)
	n.Handle("GET /redoc", show)
}
