package cluster

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"strconv"
	"time"

	"github.com/danielgtaylor/huma/v2"
	wirejson "github.com/go-json-experiment/json"

	"github.com/gochimera/chimera/api"
	"github.com/gochimera/chimera/registry"
)

// shown is an answer that the document has an example of.
type shown struct {
	method, path string
	status       int
	made         any                                                    // an example of a project that does not exist
	live         func(ctx context.Context, request []byte) (any, error) // what is answered now to the example of a request
}

// Limits of examples that are made when somebody reads the document.
const (
	longestExample = 32 << 10 // bytes; a longer one would hide the document
	askAtMost      = 2 * time.Second
)

// show documents an operation's answer by what live answers when the document is read and another model is in service than before.
// While that is an error, or too long to be read, the example is the one that is made. live may be nil. The operation must be
// registered already.
func (c *Cluster) show(method, path string, status int, made any, live func(ctx context.Context, request []byte) (any, error)) {
	s := shown{method, path, status, made, live}
	s.put(c.Huma.OpenAPI(), made)
	if live != nil {
		c.shown = append(c.shown, s)
	}
}

// put makes v the example.
func (s *shown) put(doc *huma.OpenAPI, v any) bool {
	text, err := wirejson.Marshal(v) // as answers are written
	if err != nil || len(text) > longestExample {
		return false
	}
	operation(doc, s.method, s.path).Responses[strconv.Itoa(s.status)].Content["application/json"].Example = json.RawMessage(text)
	return true
}

// showRequest documents what a POST takes by an example.
func (c *Cluster) showRequest(path string, example any) {
	c.showRequestOf(http.MethodPost, path, example)
}

// showRequestOf documents what an operation takes by an example.
func (c *Cluster) showRequestOf(method, path string, example any) {
	if text, err := json.Marshal(example); err == nil { // it holds finite numbers and texts
		operation(c.Huma.OpenAPI(), method, path).RequestBody.Content["application/json"].Example = json.RawMessage(text)
	}
}

// operation is an operation that is documented.
func operation(doc *huma.OpenAPI, method, path string) *huma.Operation {
	switch item := doc.Paths[path]; method {
	case http.MethodPost:
		return item.Post
	case http.MethodPut:
		return item.Put
	case http.MethodDelete:
		return item.Delete
	default:
		return item.Get
	}
}

// showAnswers makes the examples of answers those of now; requests are the examples of requests, by path.
func (c *Cluster) showAnswers(doc *huma.OpenAPI, requests map[string][]byte) {
	ctx, cancel := context.WithTimeout(context.Background(), askAtMost)
	defer cancel()
	for _, s := range c.shown {
		v, err := s.live(ctx, requests[s.path])
		if err != nil || !s.put(doc, v) {
			s.put(doc, s.made)
		}
	}
}

// errNotStarted is why a server that only writes its documents has made examples.
var errNotStarted = errors.New("the master has not been started")

// showNode documents what every master answers about itself, and about fits.
func (s *Server) showNode() {
	s.show(http.MethodGet, api.PathHealth, http.StatusOK, s.health(), nil)
	s.show(http.MethodGet, api.PathStatus, http.StatusOK, exampleStatus(s.master.Kind()), func(context.Context, []byte) (any, error) {
		if s.jobs == nil {
			return nil, errNotStarted
		}
		return s.status(false), nil
	})
	s.show(http.MethodGet, api.PathLearners, http.StatusOK, append([]registry.Info{}, s.setup.Learners[:min(1, len(s.setup.Learners))]...), nil)
	s.show(http.MethodGet, api.PathFit, http.StatusOK, exampleJob(), func(context.Context, []byte) (any, error) { return s.lastJob() })
	s.show(http.MethodDelete, api.PathFit, http.StatusAccepted, api.CommitResponse{FitID: ExampleFit}, nil)
	s.show(http.MethodPost, api.PathsOf(s.master.Kind()).Fit, http.StatusOK, exampleReport(), func(context.Context, []byte) (any, error) {
		job, err := s.lastJob()
		if err == nil && job.Result == nil {
			err = api.NewProblem(api.CodeNotFound, "The last fit has no report.")
		}
		if err != nil {
			return nil, err
		}
		return job.Result, nil
	})
}
