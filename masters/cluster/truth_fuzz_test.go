package cluster

import (
	"encoding/json"
	"errors"
	"testing"

	"github.com/gochimera/chimera/api"
	"github.com/gochimera/chimera/learner"
)

// y_true of any request is one label per row, in its one form, or a problem that names the field.
func FuzzTruth(f *testing.F) {
	for _, s := range []string{
		`{"y_true": [1, "1.0", true]}`, `{"y_true": ["a", " b ", "c"], "x": [{"y_true": 1}]}`, `{"y_true": [1, 2]}`, `{"y_true": null}`, `{}`, `{"y_true": {}}`,
		`{"y_true": [1, [2], 3]}`, `{"y_true": [1e400, 2, 3]}`, `{"y_true": [1,2,3], "y_true": [1,2,3]}`, `[`,
		`{"y_true": ["\ud800", "\u0000", ""]}`, `{"y_true": [NaN, 1, 2]}`,
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		truth, err := decodeTruth(body, 3)
		if err != nil {
			var p *api.Problem
			if !errors.As(err, &p) || p.Status < 400 || p.Status > 499 || p.Detail == "" {
				t.Fatalf("%T: %v", err, err)
			}
			return
		}
		if len(truth) != 3 {
			t.Fatalf("%q for three rows", truth)
		}
		for _, l := range truth {
			if learner.NewLabel(string(l)) != l {
				t.Errorf("the label %q", l)
			}
		}
		again, err := json.Marshal(map[string]any{"y_true": api.Labels(truth)})
		if err != nil {
			t.Fatal(err)
		}
		if back, err := decodeTruth(again, 3); err != nil || len(back) != 3 {
			t.Errorf("%q came back from %s as %q, %v", truth, again, back, err)
		}
	})
}
