package cluster

import (
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/gochimera/chimera/api"
	"github.com/gochimera/chimera/internal/cell"
)

// FuzzExplanationOptions: what is taken is within its limits and comes back when it is written; what is refused is named.
func FuzzExplanationOptions(f *testing.F) {
	for _, seed := range []string{
		`{}`, `{"n_repeats":3,"seed":18446744073709551615,"metric":"r2"}`, `{"n_repeats":0}`, `{"seed":-1}`, `{"metric":null}`, `{"n_repeats":1e2}`,
		`{"column":"a","grid_resolution":20,"percentiles":[0.1,0.9]}`, `{"column":" A ","percentiles":[0,1]}`, `{"percentiles":[NaN,1]}`, `{"column":""}`,
		`{"column":"a","percentiles":[0.5]}`, `{"column":["a"]}`, `{"column":"a","grid_resolution":100000}`, `[`, `{"column":"a","column":"b"}`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		one := permuting{repeats: api.DefaultRepeats}
		if err := one.decode(body); err == nil {
			text, err := json.Marshal(map[string]any{"n_repeats": one.repeats, "seed": one.seed})
			again := permuting{metric: one.metric}
			if err != nil || one.repeats < 1 || one.repeats > api.MostRepeats || again.decode(text) != nil || again != one {
				t.Errorf("%+v of %q, and %+v of %s", one, body, again, text)
			}
		} else {
			namesOption(t, err, "n_repeats", "seed", "metric")
		}
		two := depending{resolution: api.DefaultResolution, percentiles: []float64{api.DefaultLow, api.DefaultHigh}}
		if err := two.decode(body); err == nil {
			p := two.percentiles
			text, err := json.Marshal(map[string]any{"column": two.column, "grid_resolution": two.resolution, "percentiles": p})
			var again depending
			if err != nil || two.resolution < 2 || two.resolution > api.MostResolution || !(p[0] >= 0 && p[0] < p[1] && p[1] <= 1) ||
				two.column != cell.Name(two.column) || again.decode(text) != nil || again.column != two.column || !slices.Equal(again.percentiles, p) {
				t.Errorf("%+v of %q, and %+v of %s", two, body, again, text)
			}
		} else {
			namesOption(t, err, "column", "grid_resolution", "percentiles")
		}
	})
}

// namesOption checks that a problem says which option is wrong, unless the body is no object.
func namesOption(t *testing.T, err error, options ...string) {
	t.Helper()
	var p *api.Problem
	if !errors.As(err, &p) {
		t.Fatalf("%v is no problem", err)
	}
	if p.Code == api.CodeMalformedBody {
		return
	}
	if len(p.Errors) == 0 || !slices.ContainsFunc(options, func(o string) bool {
		return strings.HasPrefix(p.Errors[0].Location, "body") && strings.HasSuffix(p.Errors[0].Location, o)
	}) {
		t.Errorf("%+v", p)
	}
}
