package cluster

import (
	"encoding/json"
	"reflect"
	"testing"

	"github.com/danielgtaylor/huma/v2"

	"github.com/gochimera/chimera/api"
	"github.com/gochimera/chimera/internal/rest"
)

// What a predict and a score take is what their document says: each body here is taken by both or refused by both.
func TestTheDocumentAgreesWithTheDecoder(t *testing.T) {
	a := rest.New(rest.Options{Title: "test", Version: "1"})
	registry := a.Huma.OpenAPI().Components.Schemas
	schemas := map[bool]*huma.Schema{
		false: huma.SchemaFromType(registry, reflect.TypeFor[api.PredictRequest]()),
		true:  huma.SchemaFromType(registry, reflect.TypeFor[api.ScoreRequest]()),
	}
	documented := func(body string, score bool) bool {
		var v any
		if json.Unmarshal([]byte(body), &v) != nil {
			return false
		}
		var result huma.ValidateResult
		huma.Validate(registry, schemas[score], huma.NewPathBuffer(nil, 0), huma.ModeWriteToServer, v, &result)
		return len(result.Errors) == 0
	}
	decoded := func(body string, score bool) bool {
		rows, err := rest.DecodeRows(t.Context(), []byte(body), a.Limits(), nil, 0)
		if err != nil || !score {
			return err == nil
		}
		_, err = decodeSomeTruth([]byte(body), rows.Len())
		return err == nil
	}
	for _, c := range []struct {
		name, body string
		score      bool
		taken      bool
	}{
		{"numbers", `{"X_pred_columns":["a","b"],"X_pred_rows":[[1.5,2],[3e-7,-0]]}`, false, true},
		{"numbers in text", `{"X_pred_columns":["a"],"X_pred_rows":[["1.5"],["1e-7"]]}`, false, true},
		{"booleans", `{"X_pred_columns":["a","b"],"X_pred_rows":[[true,false]]}`, false, true},
		{"a missing value in text", `{"X_pred_columns":["a"],"X_pred_rows":[["NaN"]]}`, false, true},
		{"names as one text", `{"X_pred_columns":"ab","X_pred_rows":[[1,2]]}`, false, true},
		{"another field", `{"X_pred_columns":["a"],"X_pred_rows":[[1]],"note":null}`, false, true},
		{"null for a cell", `{"X_pred_columns":["a"],"X_pred_rows":[[null]]}`, false, true},
		{"a text for a cell", `{"X_pred_columns":["a"],"X_pred_rows":[["red"]]}`, false, true},
		{"null for a row", `{"X_pred_columns":["a"],"X_pred_rows":[null]}`, false, false},
		{"null for the rows", `{"X_pred_columns":["a"],"X_pred_rows":null}`, false, false},
		{"null for the names", `{"X_pred_columns":null,"X_pred_rows":[[1]]}`, false, false},
		{"null for a name", `{"X_pred_columns":[null],"X_pred_rows":[[1]]}`, false, false},
		{"a number for a name", `{"X_pred_columns":[1],"X_pred_rows":[[1]]}`, false, false},
		{"a number for the names", `{"X_pred_columns":1,"X_pred_rows":[[1]]}`, false, false},
		{"a list for a cell", `{"X_pred_columns":["a"],"X_pred_rows":[[[1]]]}`, false, false},
		{"an object for a cell", `{"X_pred_columns":["a"],"X_pred_rows":[[{}]]}`, false, false},
		{"a number for a row", `{"X_pred_columns":["a"],"X_pred_rows":[1]}`, false, false},
		{"no names", `{"X_pred_columns":[],"X_pred_rows":[[]]}`, false, false},
		{"an empty text for names", `{"X_pred_columns":"","X_pred_rows":[[1]]}`, false, false},
		{"no rows", `{"X_pred_columns":["a"],"X_pred_rows":[]}`, false, false},
		{"the rows are missing", `{"X_pred_columns":["a"]}`, false, false},
		{"the names are missing", `{"X_pred_rows":[[1]]}`, false, false},
		{"a list", `[]`, false, false},
		{"null", `null`, false, false},

		{"labels that are numbers", `{"X_pred_columns":["a"],"X_pred_rows":[[1],[2]],"y_true":[1,2.5]}`, true, true},
		{"labels that are text", `{"X_pred_columns":["a"],"X_pred_rows":[[1],[2]],"y_true":["no","yes"]}`, true, true},
		{"labels that are booleans", `{"X_pred_columns":["a"],"X_pred_rows":[[1],[2]],"y_true":[true,false]}`, true, true},
		{"null for a label", `{"X_pred_columns":["a"],"X_pred_rows":[[1]],"y_true":[null]}`, true, false},
		{"null for the labels", `{"X_pred_columns":["a"],"X_pred_rows":[[1]],"y_true":null}`, true, true},
		{"a list for a label", `{"X_pred_columns":["a"],"X_pred_rows":[[1]],"y_true":[[1]]}`, true, false},
		{"a text for the labels", `{"X_pred_columns":["a"],"X_pred_rows":[[1]],"y_true":"1"}`, true, false},
		{"the labels are missing", `{"X_pred_columns":["a"],"X_pred_rows":[[1]]}`, true, true},
		{"a score's null for a cell", `{"X_pred_columns":["a"],"X_pred_rows":[[null]],"y_true":[1]}`, true, true},
	} {
		if d, s := decoded(c.body, c.score), documented(c.body, c.score); d != c.taken || s != c.taken {
			t.Errorf("%s: the decoder takes it: %t, the document: %t, want %t", c.name, d, s, c.taken)
		}
	}
}
