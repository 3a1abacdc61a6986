package rest

import "net/http"

// Policy is the Content-Security-Policy of an answer that is no page: a browser that shows it loads and runs nothing, also if
// somebody's text in it looks like a page, and puts it in no frame. A page has its own, in the header of this name.
const Policy = "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

// protection is what every answer of a master tells a browser that shows it.
var protection = map[string][]string{
	"Content-Security-Policy":      {Policy},
	"Cross-Origin-Opener-Policy":   {"same-origin"}, // a page that opens one of these, or is opened by it, has no hold of it
	"Cross-Origin-Resource-Policy": {"same-origin"}, // no page of another site includes it, as a picture or a script
	"Referrer-Policy":              {"no-referrer"}, // a link that is followed does not tell the master's address and path
	"X-Content-Type-Options":       {"nosniff"},     // it is what its Content-Type says
}

// Protect adds to an answer's header what it tells a browser. It comes first: handlers may say it in other words.
func Protect(header http.Header) {
	for name, values := range protection {
		header[name] = values // Set and Add put another list in its place
	}
}
