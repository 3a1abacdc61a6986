package rest

import (
	"net/http"
	"slices"
	"strings"

	"github.com/danielgtaylor/huma/v2"
)

// item is what the API has at a path; nil if there is nothing. A path with names in braces, such as /models/{id}, stands for
// all paths that have something in their place.
func (a *API) item(path string) *huma.PathItem {
	paths := a.Huma.OpenAPI().Paths
	if item := paths[path]; item != nil {
		return item
	}
	for pattern, item := range paths {
		if strings.Contains(pattern, "{") && fits(pattern, path) {
			return item
		}
	}
	return nil
}

// Route is what the API has registered that a request goes to: a path, in which names in braces stand for what differs, or a
// folder. It is empty if there is nothing, so that there are no more routes than were registered.
func (a *API) Route(r *http.Request) string {
	_, pattern := a.mux.Handler(r)
	_, path, _ := strings.Cut(pattern, " ")
	return strings.TrimSuffix(path, "{$}")
}

// Patterns are all that is registered, as in "GET /docs": the operations, with names in braces for what differs, and what is served next
// to them.
func (a *API) Patterns() []string {
	all := slices.Clone(a.pages)
	for path := range a.Huma.OpenAPI().Paths {
		for _, method := range a.allowed(path) {
			all = append(all, method+" "+path)
		}
	}
	slices.Sort(all)
	return all
}

// fits reports whether a path is one that a pattern stands for.
func fits(pattern, path string) bool {
	for {
		want, wantMore, moreWanted := strings.Cut(pattern, "/")
		got, gotMore, moreGot := strings.Cut(path, "/")
		isName := strings.HasPrefix(want, "{") && strings.HasSuffix(want, "}")
		if isName && (got == "" || got == "." || got == "..") || !isName && want != got || moreWanted != moreGot {
			return false
		}
		if !moreWanted {
			return true
		}
		pattern, path = wantMore, gotMore
	}
}
