package cluster

import (
	"crypto/sha256"
	"encoding/base64"
	"html"
	"io"
	"net/http"
	"strings"

	"github.com/swaggest/swgui/v5/static"
	"github.com/vearutop/statigz"
)

// docsPage shows the OpenAPI document by Swagger UI, whose files are part of the program. The package that has them has a page too,
// a template; package html/template looks for methods by name, so that with it the linker would have to keep every method of the
// program, and make it a third larger.
const docsPage = `<!DOCTYPE html>
<html lang="en">
<head>
  <meta charset="utf-8">
  <meta name="viewport" content="width=device-width, initial-scale=1">
  <title>TITLE</title>
  <link rel="stylesheet" href="/docs/swagger-ui.css">
  <link rel="icon" type="image/png" href="/docs/favicon-32x32.png" sizes="32x32">
  <link rel="icon" type="image/png" href="/docs/favicon-16x16.png" sizes="16x16">
  <style>body { margin: 0; background: #fafafa }</style>
</head>
<body>
<form id="access" hidden>
  <label for="token">This master asks for a token. It is kept until this tab is closed.</label>
  <input id="token" type="password" autocomplete="off" required>
  <button type="submit">Use it</button>
</form>
<div id="docs"></div>
<script src="/docs/swagger-ui-bundle.js"></script>
<script>SCRIPT</script>
</body>
</html>
`

// docsScript shows the document, and a master that asks for a token the one that the reader enters here, or has entered on the dashboard.
const docsScript = `
  const key = "chimera.token", form = document.getElementById("access"), field = document.getElementById("token");
  const header = () => { const token = sessionStorage.getItem(key); return token ? { Authorization: "Bearer " + token } : {}; };
  const begin = async () => {
    form.hidden = (await fetch("/openapi.json", { method: "HEAD", headers: header() })).status !== 401;
    if (!form.hidden) return field.focus();
    window.ui = SwaggerUIBundle({
      url: "/openapi.json", dom_id: "#docs", deepLinking: true, validatorUrl: null,
      presets: [SwaggerUIBundle.presets.apis], layout: "BaseLayout",
      requestInterceptor: (request) => { Object.assign(request.headers, header()); return request; },
    });
  };
  form.addEventListener("submit", (e) => {
    e.preventDefault();
    sessionStorage.setItem(key, field.value.trim());
    field.value = "";
    begin();
  });
  begin();
`

// docsPolicy lets the page run its own scripts and load its own files, and ask the master and nobody else. Swagger UI sets styles of its elements
// and has pictures in its style sheet.
const docsPolicy = "default-src 'none'; script-src 'self' 'sha256-HASH'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; font-src 'self' data:; " +
	"connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

// mountDocs serves the API's documentation at /docs, and the guide and the metrics if the program has them. The page and its scripts are part
// of the binary, so it works offline.
func (s *Server) mountDocs() {
	page := strings.NewReplacer("TITLE", html.EscapeString(s.Huma.OpenAPI().Info.Title), "SCRIPT", docsScript).Replace(docsPage)
	sum := sha256.Sum256([]byte(docsScript))
	policy := strings.ReplaceAll(docsPolicy, "HASH", base64.StdEncoding.EncodeToString(sum[:]))
	root := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		w.Header().Set("Content-Security-Policy", policy)
		_, _ = io.WriteString(w, page) // whoever went away needs no page
	})
	s.Handle("GET /docs/", http.StripPrefix("/docs/", statigz.FileServer(static.FS)))
	s.Handle("GET /docs/{$}", root)
	s.Handle("GET /docs", root)
	s.Handle("GET /redoc", root) // the Python package serves a second page there
	if s.setup.Guide != nil {
		s.Handle("GET /guide/", s.setup.Guide)
	}
	if s.setup.Metrics != nil {
		s.Handle("GET /metrics", s.setup.Metrics)
	}
}
