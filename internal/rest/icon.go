package rest

import (
	_ "embed" // of the icon
	"net/http"
)

//go:embed icon.svg
var icon []byte // one master and three workers

// Icon answers with the icon that browsers ask every server for.
func Icon(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "image/svg+xml")
	w.Header().Set("Cache-Control", "max-age=86400")
	_, _ = w.Write(icon) // the reader may be gone
}
