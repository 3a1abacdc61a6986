package master_test

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/gochimera/chimera/distribute/pipeline/master"
	"github.com/gochimera/chimera/internal/mastertest"
	"github.com/gochimera/chimera/registry"
	"github.com/gochimera/chimera/workers"
)

// A network on a table with texts and missing cells is the same however it is cut.
func TestMixedTable(t *testing.T) {
	rows, targets := mastertest.Mixed(90, true)
	copied := mastertest.MixedShard(rows, targets, 0, 90)
	var want []float64
	for n := 1; n <= 3; n++ {
		c := mastertest.New(t, master.New())
		var list strings.Builder
		for i := range n {
			dir := t.TempDir()
			mastertest.Write(t, filepath.Join(dir, "X_train.csv"), copied.X)
			mastertest.Write(t, filepath.Join(dir, "y_train.csv"), copied.Y)
			spec := workers.Spec{Name: fmt.Sprintf("s%d", i+1), Role: workers.StageRole, Project: "test", Learner: "mlp-classifier",
				Params: `{"hidden_layer_sizes": [6, 5]}`, Seed: uint64(i)}
			c.Add(spec.Name, mastertest.Made(t, spec, registry.Default, dir))
			fmt.Fprintf(&list, "  - {name: %s}\n", spec.Name)
		}
		c.Serve("master: pipeline\nlearner: mlp-classifier\nparams: {hidden_layer_sizes: [6, 5]}\nworkers:\n"+list.String()+
			"pipeline: {max_iter: 5}\n", registry.Default)
		fit := c.Fit()
		if len(fit.Prepared) != 4 {
			t.Fatalf("%+v", fit)
		}
		answer := c.Predict(mastertest.MixedRequest(rows[:9]))
		got := answer.Proba.RawMatrix().Data
		if want == nil {
			want = slices.Clone(got)
		}
		if !slices.Equal(got, want) || len(answer.Notes) != 1 {
			t.Errorf("%d stages: %v, want %v; notes %q", n, got, want, answer.Notes)
		}
		c.CheckDocument(mastertest.MixedColumns...)
	}
}
