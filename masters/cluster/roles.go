package cluster

import (
	"net/http"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"github.com/gochimera/chimera/api"
	"github.com/gochimera/chimera/dashboard"
	"github.com/gochimera/chimera/internal/access"
)

// roles say what a client must be to make a request, where a master asks for that (security.clients). A test holds that each pattern of
// each kind of master of this module is here. A kind of another module need not be: see roleOf.
//
// Pages and their files are open, as they say nothing of the project but its name; what they show, they ask for. Metrics say what a
// project does and how often, and need the role predict, as the OpenAPI documents do, whose examples are of the model. Who may ask a model
// may not take it away as a file.
var roles = map[string]access.Role{
	"GET " + api.PathHealth: access.Open,
	"GET " + api.PathReady:  access.Open,

	"GET /{$}":                 access.Open,
	"GET " + dashboard.Prefix:  access.Open,
	"GET /favicon.ico":         access.Open,
	"GET /docs":                access.Open,
	"GET /docs/":               access.Open,
	"GET /docs/{$}":            access.Open,
	"GET /redoc":               access.Open,
	"GET /guide/":              access.Open,
	"GET /metrics":             access.Predict,
	"GET /openapi.json":        access.Predict,
	"GET /openapi.yaml":        access.Predict,
	"GET /openapi-3.0.json":    access.Predict,
	"GET /openapi-3.0.yaml":    access.Predict,
	"GET " + api.PathStatus:    access.Predict,
	"GET " + api.PathLearners:  access.Predict,
	"GET " + api.PathFit:       access.Predict,
	"GET " + api.PathFitEvents: access.Predict,
	"DELETE " + api.PathFit:    access.Admin,
	"PUT " + api.PathWorkers:   access.Admin,

	"GET " + api.PathModels:                   access.Predict,
	"GET " + api.PathModels + "/{id}":         access.Predict,
	"GET " + api.PathModels + "/{id}/file":    access.Admin,
	"POST " + api.PathModels:                  access.Admin,
	"DELETE " + api.PathModels + "/{id}":      access.Admin,
	"POST " + api.PathModels + "/{id}/serve":  access.Admin,
	"POST " + api.PathModels + "/{id}/scores": access.Admin,
	"GET " + api.PathRuns:                     access.Predict,
	"GET " + api.PathRuns + "/{id}":           access.Predict,
	"GET " + api.PathRuns + "/{id}/events":    access.Predict,
	"GET " + api.PathImportances:              access.Predict,
	"GET " + api.PathLinearCoefficients:       access.Predict,
	"GET " + api.PathOutOfBag:                 access.Predict,
	"GET " + api.PathStructure:                access.Predict,
	"POST " + api.PathPermutationImportance:   access.Predict,
	"POST " + api.PathPartialDependence:       access.Predict,
	"GET " + api.PathCoefficients:             access.Predict,
	"GET " + api.PathStages:                   access.Predict,
}

// roleOf is what a client must be for a request of a kind of master, by the pattern that the request fits; it is empty if it fits none.
// Whoever predicts and scores needs less than whoever fits; what nobody has said anything of, is looked at with little and changed with all.
func roleOf(kind, pattern, method string) access.Role {
	if role, known := roles[pattern]; known {
		return role
	}
	paths := api.PathsOf(kind)
	switch _, path, _ := strings.Cut(pattern, " "); {
	case path != "" && (path == paths.Predict || path == paths.Score):
		return access.Predict
	case method == http.MethodGet || method == http.MethodHead:
		return access.Predict
	default:
		return access.Admin
	}
}

// admit is the problem of a request that its sender may not make.
func (s Setup) admit(kind string) func(http.Header, *http.Request, string) *api.Problem {
	if s.Guard == nil {
		return nil
	}
	return func(header http.Header, r *http.Request, pattern string) *api.Problem {
		return s.Guard.Admit(header, r, roleOf(kind, pattern, r.Method))
	}
}

// schemeName is what the OpenAPI documents call the way in which clients say who they are.
const schemeName = "token"

// describeRoles says in the OpenAPI documents what a client must be for each operation.
func (s *Server) describeRoles() {
	if s.setup.Guard == nil {
		return
	}
	doc := s.Huma.OpenAPI()
	if doc.Components.SecuritySchemes == nil {
		doc.Components.SecuritySchemes = map[string]*huma.SecurityScheme{}
	}
	doc.Components.SecuritySchemes[schemeName] = &huma.SecurityScheme{
		Type: "http", Scheme: "bearer", Description: "A token that the master's administrator gives out. It has the role predict or admin, and admin may do all.",
	}
	for path, item := range doc.Paths {
		for method, op := range map[string]*huma.Operation{
			http.MethodGet: item.Get, http.MethodPost: item.Post, http.MethodPut: item.Put, http.MethodDelete: item.Delete, http.MethodPatch: item.Patch,
		} {
			if op == nil {
				continue
			}
			role := roleOf(s.master.Kind(), method+" "+path, method)
			if role == access.Open {
				continue
			}
			op.Security = []map[string][]string{{schemeName: {}}}
			op.Description = strings.TrimSpace(op.Description + " It needs a token of the role " + string(role) + ".")
		}
	}
}
