package node

import (
	"net/http"

	"github.com/gochimera/chimera/api"
	"github.com/gochimera/chimera/internal/rest"
)

// home is the answer at the worker's address itself, for who wants to know what listens there.
type home struct {
	Worker  string `json:"worker"`
	Role    string `json:"role"`
	Project string `json:"project,omitempty"`
	Links   links  `json:"links"`
}

type links struct {
	Docs    string `json:"docs"`
	OpenAPI string `json:"openapi"`
	Health  string `json:"health"`
	Status  string `json:"status"`
}

// mountHome answers at / with the worker's name and where to go on, and serves the icon that browsers ask for.
func (n *Node) mountHome() {
	about := home{Worker: n.Spec.Name, Role: n.Spec.Role, Project: n.Spec.Project, Links: links{
		Docs: "/docs", OpenAPI: "/openapi.json", Health: api.PathHealth, Status: api.PathStatus,
	}}
	n.callers.open("/", "/favicon.ico")
	n.api.Handle("GET /{$}", http.HandlerFunc(func(rw http.ResponseWriter, _ *http.Request) { n.api.Answer(rw, http.StatusOK, about) }))
	n.api.Handle("GET /favicon.ico", http.HandlerFunc(rest.Icon))
}
