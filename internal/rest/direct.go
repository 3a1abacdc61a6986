package rest

import "net/http"

// Direct has h answer requests at a path before the API's operations are asked.
// What h does not answer, which it reports by false, goes on to the operation
// of that path, which also documents it. It is for bodies that huma would
// gather in memory that grows as they come.
func (a *API) Direct(path string, h func(http.ResponseWriter, *http.Request) (answered bool)) {
	if a.direct == nil {
		a.direct = map[string]func(http.ResponseWriter, *http.Request) bool{}
	}
	a.direct[path] = h
}
