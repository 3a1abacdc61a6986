package apidoc_test

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"

	"github.com/gochimera/chimera/cmd/chimera/internal/apidoc"
)

func TestDocuments(t *testing.T) {
	for node, path := range map[string]string{
		"aggregation": "/v1/chimera/aggregation/fit", "aggregation-worker": "/v1/chimera/model/fit",
		"parameter-server": "/v1/chimera/parameter-server/fit", "parameter-server-worker": "/v1/chimera/sgd/fit-step",
		"pipeline": "/v1/chimera/pipeline/fit", "pipeline-worker": "/v1/chimera/stage/step",
		"summation": "/v1/chimera/summation/fit", "summation-worker": "/v1/chimera/sum/sum",
	} {
		for form, version := range map[apidoc.Form]string{apidoc.JSON: "3.1.", apidoc.JSON30: "3.0."} {
			text, err := apidoc.Document(t.Context(), node, form)
			if err != nil {
				t.Fatal(node, err)
			}
			var doc struct {
				OpenAPI string         `json:"openapi"`
				Paths   map[string]any `json:"paths"`
			}
			if err := json.Unmarshal(text, &doc); err != nil {
				t.Fatal(node, form, err)
			}
			if !strings.HasPrefix(doc.OpenAPI, version) || doc.Paths[path] == nil {
				t.Errorf("%s, %s: version %s, or no path %s", node, form, doc.OpenAPI, path)
			}
		}
		for _, form := range []apidoc.Form{apidoc.YAML, apidoc.YAML30} {
			if text, err := apidoc.Document(t.Context(), node, form); err != nil || !bytes.Contains(text, []byte(path+":")) {
				t.Errorf("%s, %s: %v", node, form, err)
			}
		}
	}
	if len(apidoc.Nodes()) != 8 {
		t.Errorf("nodes that are not tested: %v", apidoc.Nodes())
	}
	if _, err := apidoc.Document(t.Context(), "nobody", apidoc.JSON); err == nil {
		t.Error("a document of nobody")
	}
}
