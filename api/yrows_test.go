package api_test

import (
	"encoding/json"
	"slices"
	"testing"

	"github.com/gochimera/chimera/api"
	"github.com/gochimera/chimera/learner"
)

// Numbers beyond what a float64 holds are there as labels too.
func TestYRowsKeepLargeLabels(t *testing.T) {
	for text, want := range map[string]api.YRows{
		`[1,2.5]`:            {Values: api.Floats{1, 2.5}},
		`[1e300,-1e300]`:     {Values: api.Floats{1e300, -1e300}},
		`["a",1]`:            {Labels: api.Labels{"a", "1"}},
		`[9007199254740993]`: {Values: api.Floats{9007199254740992}, Labels: api.Labels{"9007199254740993"}},
	} {
		var got api.YRows
		if err := json.Unmarshal([]byte(text), &got); err != nil || !slices.Equal(got.Values, want.Values) || !slices.Equal(got.Labels, want.Labels) {
			t.Errorf("%s is %+v (%v), want %+v", text, got, err, want)
		}
	}
	if got := api.LabelRows([]learner.Label{"1", "9007199254740993", "1"}); got.Values != nil || len(got.Labels) != 3 {
		t.Errorf("got %+v, want labels", got)
	}
}
