package master_test

import (
	"slices"
	"testing"

	"gonum.org/v1/gonum/mat"

	"github.com/gochimera/chimera/distribute/aggregation/master"
	"github.com/gochimera/chimera/internal/mastertest"
	"github.com/gochimera/chimera/learner"
	_ "github.com/gochimera/chimera/learner/forest"
	"github.com/gochimera/chimera/prepare"
	"github.com/gochimera/chimera/registry"
)

// One worker with all rows predicts to the bit what its learner predicts that was fitted by hand, on the rows prepared by hand: nothing is lost or
// done twice on the way through files, frames and JSON.
func TestOneWorkerIsExact(t *testing.T) {
	rows, targets := mastertest.Mixed(150, true)
	whole, asked := mastertest.MixedTable(rows[:120]), mastertest.MixedTable(rows[120:])
	y := make([]float64, len(whole.Texts[1].Codes))
	classes := []learner.Label{"no", "yes"}
	for i := range y {
		y[i] = float64(slices.Index(classes, learner.Label(targets[i])))
	}
	for _, name := range []string{"tree-classifier", "forest-classifier", "knn-classifier", "logistic-regression"} {
		for _, yaml := range []string{
			"", "prepare: {columns: {colour: {encode: target}}, indicator: true}\n",
			"prepare: {scale: robust, impute: median, encode: frequency}\n",
			"prepare: {kernel_approximation: rbf-sampler, n_components: 20}\n", "prepare: {kernel_approximation: nystroem, n_components: 20, gamma: 0.2}\n",
		} {
			t.Run(name+" "+yaml, func(t *testing.T) {
				c := mastertest.Start(t, master.New(), registry.Default, name, yaml, mastertest.MixedShard(rows, targets, 0, 120))
				c.Fit()
				got := c.Predict(mastertest.MixedRequest(rows[120:])).Proba

				e, err := registry.New(name, nil, learner.Env{Seed: learner.Seed(0, "learner"), Procs: 1})
				if err != nil {
					t.Fatal(err)
				}
				info, _ := registry.Lookup(name)
				q := prepare.Question{
					Columns: whole.Columns, Texts: []string{"colour"}, Classes: classes,
					Settings: c.Config.Prepare.Settings, Needs: prepare.NeedsOf(false, info.Traits), Seed: c.Config.Seed,
				}
				s, err := prepare.Summarise(t.Context(), q, whole, y)
				if err != nil {
					t.Fatal(err)
				}
				p, err := prepare.Agree(q, []*prepare.Summary{s})
				if err != nil {
					t.Fatal(err)
				}
				d := learner.Dataset{Schema: learner.Schema{Features: p.Features(), Classes: classes}, Y: y}
				var x *mat.Dense
				if d.X, err = p.TransformTraining(t.Context(), q, whole); err == nil {
					err = e.Fit(t.Context(), d)
				}
				if err == nil {
					x, err = p.Transform(t.Context(), asked)
				}
				if err != nil {
					t.Fatal(err)
				}
				want, err := learner.Probabilities(t.Context(), e, x, 2)
				if err != nil || !mat.Equal(got, want) {
					t.Errorf("%v: got %v, want %v", err, mat.Formatted(got), mat.Formatted(want))
				}
			})
		}
	}
}
