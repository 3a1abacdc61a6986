package dataio_test

import (
	"context"
	"slices"
	"testing"

	"github.com/gochimera/chimera/internal/dataio"
	"github.com/gochimera/chimera/learner"
)

func TestLabelsOfAColumn(t *testing.T) {
	x := "a\n1\n2\n3\n4\n"
	for _, tt := range []struct {
		name, y string
		classes []learner.Label
		rows    []float64
		agreed  []learner.Label // over the workers
		mapped  []float64
	}{
		{"beyond 2^53", "y\n9007199254740993\n9007199254740992\n9007199254740993.0\n-9007199254740993\n",
			[]learner.Label{"-9007199254740993", "9007199254740992", "9007199254740993"}, []float64{2, 1, 2, 0}, nil, []float64{2, 1, 2, 0}},
		{"booleans in any spelling", "y\nTrue\ntrue\nFALSE\nTRUE\n",
			[]learner.Label{"false", "true"}, []float64{1, 1, 0, 1}, []learner.Label{"False", "True", "maybe"}, []float64{1, 1, 0, 1}},
		{"words beside others", "y\nTrue\ntrue\nmaybe\nTrue\n",
			[]learner.Label{"True", "maybe", "true"}, []float64{0, 2, 1, 0}, []learner.Label{"True", "maybe", "other", "true"}, []float64{0, 3, 1, 0}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			table, err := dataio.ReadTraining(context.Background(), folder(t, &x, &tt.y), learner.Classification, dataio.Options{})
			if err != nil {
				t.Fatal(err)
			}
			if !slices.Equal(table.Classes, tt.classes) || !slices.Equal(table.Y, tt.rows) {
				t.Errorf("%q and %v, want %q and %v", table.Classes, table.Y, tt.classes, tt.rows)
			}
			if d, err := table.Dataset(tt.agreed); err != nil || !slices.Equal(d.Y, tt.mapped) {
				t.Errorf("among %q: %v, %v, want %v", tt.agreed, d.Y, err, tt.mapped)
			}
		})
	}
}
