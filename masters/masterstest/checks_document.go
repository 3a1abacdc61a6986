package masterstest

import (
	"encoding/json"
	"fmt"
	"net/http"
	"reflect"
	"strings"
	"testing"

	"github.com/danielgtaylor/huma/v2"

	"github.com/gochimera/chimera/api"
	"github.com/gochimera/chimera/internal/mastertest"
)

func checkDocumented(t *testing.T, f *fixture) {
	s := f.start(t)
	_, document := s.Send(http.MethodGet, "/openapi.json", "", "")
	paths := s.Paths()
	for _, path := range []string{
		paths.Fit, paths.Predict, paths.Score, api.PathStatus, api.PathFitEvents,
		api.PathImportances, api.PathLinearCoefficients, api.PathOutOfBag, api.PathStructure, api.PathPermutationImportance, api.PathPartialDependence,
	} {
		if !strings.Contains(document, `"`+path+`"`) {
			t.Errorf("the OpenAPI document lacks %s", path)
		}
	}
}

// checkExamples: every operation is documented by examples that keep to their schemas, and its problems by their codes; after a fit the examples are
// what the master takes and answers.
func checkExamples(t *testing.T, f *fixture) {
	s := f.start(t)
	s.Send(http.MethodGet, "/openapi.json", "", "") // brings the document up to date
	eachExample(t, s, func(string, string) {})
	s.Fit()
	_, text := s.Send(http.MethodGet, "/openapi.json", "", "")
	type body map[string]struct{ Example any }
	document := mastertest.Decode[struct {
		Paths map[string]struct {
			Post struct {
				RequestBody struct{ Content body }
				Responses   map[string]struct{ Content body }
			}
		}
	}](t, text)
	paths := s.Paths()
	for _, path := range []string{paths.Predict, paths.Score, api.PathPermutationImportance, api.PathPartialDependence} {
		op := document.Paths[path].Post
		request, err := json.Marshal(op.RequestBody.Content["application/json"].Example)
		if err != nil {
			t.Fatal(err)
		}
		status, answer := s.Post(path, string(request))
		if status != http.StatusOK {
			t.Errorf("POST %s: the example %s is answered with %d, %s", path, request, status, answer)
		}
		if path == api.PathPermutationImportance { // it would take many predictions to make its example
			continue
		}
		want := op.Responses["200"].Content["application/json"].Example
		if got := mastertest.Decode[any](t, answer); !reflect.DeepEqual(got, want) {
			t.Errorf("POST %s: the example is answered with %s, documented is %v", path, answer, want)
		}
	}
	eachExample(t, s, func(place, example string) {
		if place == "GET "+api.PathStatus+" 200" && !strings.Contains(example, s.Status().FitID) {
			t.Errorf("%s: the example is not of the running master: %s", place, example)
		}
	})
}

// eachExample calls see with the example of each body that an operation takes or answers, and checks it.
func eachExample(t *testing.T, s *system, see func(place, example string)) {
	t.Helper()
	doc := s.Server.Huma.OpenAPI()
	body := func(place string, mode huma.ValidateMode, content map[string]*huma.MediaType) {
		for media, m := range content {
			if m.Schema != nil && m.Schema.Format == "binary" {
				continue
			}
			switch raw, isJSON := m.Example.(json.RawMessage); {
			case m.Example == nil:
				t.Errorf("%s: no example of its %s", place, media)
			case isJSON:
				see(place, string(raw))
				var result huma.ValidateResult
				huma.Validate(doc.Components.Schemas, m.Schema, huma.NewPathBuffer(nil, 0), mode, mastertest.Decode[any](t, string(raw)), &result)
				for _, err := range result.Errors {
					t.Errorf("%s: the example %s breaks its schema: %v", place, raw, err)
				}
			}
		}
	}
	for path, item := range doc.Paths {
		for method, op := range map[string]*huma.Operation{"GET": item.Get, "POST": item.Post, "DELETE": item.Delete} {
			if op == nil {
				continue
			}
			if op.RequestBody != nil {
				body(method+" "+path+" takes", huma.ModeWriteToServer, op.RequestBody.Content)
			}
			for status, r := range op.Responses {
				place := fmt.Sprintf("%s %s %s", method, path, status)
				body(place, huma.ModeReadFromServer, r.Content)
				if r.Content["application/problem+json"] != nil && !strings.Contains(r.Description, "- `") {
					t.Errorf("%s: its codes are not listed: %s", place, r.Description)
				}
			}
		}
	}
}
