package learnertest

import (
	"context"

	"gonum.org/v1/gonum/mat"

	"github.com/gochimera/chimera/learner"
	"github.com/gochimera/chimera/registry"
)

var objectiveChecks = []check{
	{name: "objective_is_the_loss", of: registry.Objective, run: objectiveIsTheLoss},
	{name: "objective_answers", of: registry.Objective, run: objectiveAnswers},
}

// objectiveIsTheLoss: a model that was never prepared makes of the last
// layer's output the loss whose gradient Gradient is.
func objectiveIsTheLoss(k *trial) {
	for _, t := range k.tasks() {
		m, layers := k.layered(t.train.Schema)
		k.initialise(m, t.train.Schema)
		p := nearby(m.Parameters(), 0.2, 40)
		k.must(m.SetParameters(p) == nil, "SetParameters is refused")
		batch := t.train.Select(upTo(16))
		batch.Weights = make([]float64, batch.Len())
		for i := range batch.Weights {
			batch.Weights[i] = float64(1 + i%3)
		}
		want := make([]float64, len(p))
		loss, weight, err := m.Gradient(context.Background(), at, batch, want)
		k.must(err == nil, "Gradient: %v", err)

		stages := k.build(t.train.Schema, 0, len(layers))
		k.must(stages[0].SetParameters(p) == nil, "SetParameters of a stage is refused")
		out := k.forward(stages, 0, batch.Rows, batch.X)
		rows, cols := out.Dims()
		dOut := mat.NewDense(rows, cols, nil)
		gotLoss, gotWeight, err := k.model().(learner.Objective).OutputLoss(out, batch.Y, batch.Weights, dOut)
		k.must(err == nil, "OutputLoss: %v", err)
		k.check(near(gotLoss, loss, 1e-12) && gotWeight == weight, "%s: loss %v of rows that weigh %v, Gradient says %v and %v", t.name, gotLoss, gotWeight,
			loss, weight)
		into := spaces(stages)
		k.backward(stages, 0, dOut, into)
		for i := range want {
			k.check(near(into[0][i], want[i], 1e-9), "%s: derivative %d is %v, Gradient says %v", t.name, i, into[0][i], want[i])
		}
		_, _, err = k.model().(learner.Objective).OutputLoss(out, batch.Y[1:], nil, dOut)
		k.check(err != nil, "OutputLoss of fewer targets than rows: no error")
	}
}

// near is equality to a relative error, for numbers of about 1 and larger.
func near(a, b, tolerance float64) bool {
	return max(a-b, b-a) <= tolerance*max(1, max(a, -a), max(b, -b))
}

// objectiveAnswers: a model that was never prepared makes of the last layer's
// output what Predict and PredictProba answer.
func objectiveAnswers(k *trial) {
	for _, t := range k.tasks() {
		m, layers := k.layered(t.train.Schema)
		k.initialise(m, t.train.Schema)
		k.must(m.SetParameters(nearby(m.Parameters(), 0.3, 41)) == nil, "SetParameters is refused")
		stages := k.build(t.train.Schema, 0, len(layers))
		k.must(stages[0].SetParameters(m.Parameters()) == nil, "SetParameters of a stage is refused")
		x := rowsOf(t.test.X, upTo(20)...)
		predicted, proba, err := k.model().(learner.Objective).OutputAnswers(k.answer(stages, x))
		k.must(err == nil, "OutputAnswers: %v", err)
		a := k.ask(m, x)
		k.none(bitsDiffer(a.predicted, predicted), "%s: predictions of the model, then of its layers", t.name)
		_, classifier := m.(learner.Classifier)
		k.check((proba != nil) == classifier, "%s: there are probabilities: %v; the learner is a Classifier: %v", t.name, proba != nil, classifier)
		if classifier && proba != nil {
			k.none(denseDiffer(a.proba, proba), "%s: probabilities of the model, then of its layers", t.name)
		}
	}
}
