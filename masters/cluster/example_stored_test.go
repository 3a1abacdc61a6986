package cluster_test

import (
	"encoding/json"
	"maps"
	"net/http"
	"slices"
	"testing"

	"github.com/danielgtaylor/huma/v2"

	"github.com/gochimera/chimera/api"
)

// The examples of the operations on stored models and fits are answers: they pass the schemas of their answers, and have the fields that a
// master's own answers have.
func TestExamplesOfStoredModelsAreAnswers(t *testing.T) {
	t.Parallel()
	c := keeping(t, &keeper{}, t.TempDir())
	first, second := c.Fit().FitID, c.Fit().FitID
	score := c.Score(`{"X_pred_columns":["a"],"X_pred_rows":[[1],[2]],"y_true":[1,3]}`)
	attached, err := json.Marshal(api.AttachRequest{Name: "held out", Result: score})
	if err != nil {
		t.Fatal(err)
	}
	one, run := api.PathModels+"/{id}", api.PathRuns+"/{id}"
	spec := c.Server.Huma.OpenAPI()
	for _, o := range []struct {
		path, method, status string
		ask, body            string // the same of this master; "" for one that takes more than this
	}{
		{one + "/scores", http.MethodPost, "201", modelPath(second, "/scores"), string(attached)},
		{api.PathModels, http.MethodGet, "200", api.PathModels, ""},
		{one, http.MethodGet, "200", modelPath(second), ""},
		{api.PathModels, http.MethodPost, "201", "", ""},
		{one + "/serve", http.MethodPost, "200", modelPath(first, "/serve"), ""},
		{api.PathRuns, http.MethodGet, "200", api.PathRuns, ""},
		{run, http.MethodGet, "200", api.PathRuns + "/" + second, ""},
	} {
		name := o.method + " " + o.path
		op := spec.Paths[o.path].Get
		if o.method == http.MethodPost {
			op = spec.Paths[o.path].Post
		}
		answer := op.Responses[o.status]
		if answer == nil || answer.Content["application/json"] == nil {
			t.Errorf("%s: no answer is documented with %s", name, o.status)
			continue
		}
		media := answer.Content["application/json"]
		raw, _ := media.Example.(json.RawMessage)
		var example any
		if err := json.Unmarshal(raw, &example); err != nil || media.Schema == nil {
			t.Errorf("%s: the example is %s, %v, and the schema %v", name, raw, err, media.Schema)
			continue
		}
		var result huma.ValidateResult
		huma.Validate(spec.Components.Schemas, media.Schema, huma.NewPathBuffer(nil, 0), huma.ModeReadFromServer, example, &result)
		for _, err := range result.Errors {
			t.Errorf("%s: the example breaks its schema: %v", name, err)
		}
		if o.ask == "" {
			continue
		}
		kind := ""
		if o.body != "" {
			kind = "application/json"
		}
		_, text := c.Send(o.method, o.ask, kind, o.body)
		var own any
		if err := json.Unmarshal([]byte(text), &own); err != nil {
			t.Errorf("%s: %v in %s", name, err, text)
		}
		compareFields(t, name, own, example)
	}
}

// compareFields requires the fields of an own answer in an example, in objects and in the first of a list, but those of other kinds of
// masters and of workers of the Python package.
func compareFields(t *testing.T, where string, own, example any) {
	t.Helper()
	switch own := own.(type) {
	case map[string]any:
		example, ok := example.(map[string]any)
		if !ok {
			t.Errorf("%s is an object, which the example lacks", where)
		}
		for _, field := range slices.Sorted(maps.Keys(own)) {
			if slices.Contains([]string{"training", "steps", "loss", "python"}, field) {
				continue
			}
			if field == "regression" { // the example has a classifier
				field = "classification"
			}
			if _, known := example[field]; !known {
				t.Errorf("%s.%s is missing in the example", where, field)
				continue
			}
			if v, ok := own[field]; ok && field != "result" {
				compareFields(t, where+"."+field, v, example[field])
			}
		}
	case []any:
		list, _ := example.([]any)
		if len(own) > 0 && len(list) == 0 {
			t.Errorf("%s: the list of the example is empty", where)
		} else if len(own) > 0 {
			compareFields(t, where+"[0]", own[0], list[0])
		}
	}
}
