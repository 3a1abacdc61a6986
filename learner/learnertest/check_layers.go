package learnertest

import (
	"context"
	"fmt"
	"math"
	"slices"

	"gonum.org/v1/gonum/mat"

	"github.com/gochimera/chimera/learner"
	"github.com/gochimera/chimera/registry"
)

var layerChecks = []check{
	{name: "layers_described", of: registry.Layered, run: layersDescribed},
	{name: "layers_begin_alike", of: registry.Layered, run: layersBeginAlike},
	{name: "layers_any_cut", of: registry.Layered, run: layersAnyCut},
	{name: "layers_gradient", of: registry.Layered, run: layersGradient},
	{name: "layers_in_flight", of: registry.Layered, run: layersInFlight},
	{name: "layers_compute_the_model", of: registry.Layered, run: layersComputeTheModel},
	{name: "layers_refused", of: registry.Layered, run: layersRefused},
}

// layered makes a model and lists its layers for the schema.
func (k *trial) layered(s learner.Schema) (learner.Layered, []learner.LayerSpec) {
	k.Helper()
	m := k.model().(learner.Layered)
	layers, err := m.Layers(s)
	k.must(err == nil, "Layers: %v", err)
	k.must(len(layers) > 0, "there are no layers")
	return m, layers
}

// build makes the stages between the given cuts, each from a model of its
// own, as on machines of their own.
func (k *trial) build(s learner.Schema, cuts ...int) []learner.Stage {
	k.Helper()
	var stages []learner.Stage
	for i := 1; i < len(cuts); i++ {
		stage, err := k.model().(learner.Layered).Build(s, cuts[i-1], cuts[i])
		k.must(err == nil, "Build of layers %d to %d: %v", cuts[i-1], cuts[i], err)
		stages = append(stages, stage)
	}
	return stages
}

// cuts are ways to cut n layers: in one piece, in two everywhere, in single
// layers, in three.
func cuts(n int) [][]int {
	all := [][]int{{0, n}}
	for c := 1; c < n; c++ {
		all = append(all, []int{0, c, n})
	}
	if n > 2 {
		all = append(all, upTo(n+1), []int{0, 1, n - 1, n})
	}
	return all
}

// forward sends x through the stages.
func (k *trial) forward(stages []learner.Stage, micro int, rows []uint64, x *mat.Dense) *mat.Dense {
	k.Helper()
	for i, s := range stages {
		out, err := s.Forward(context.Background(), at, micro, rows, x)
		k.must(err == nil, "Forward of stage %d: %v", i, err)
		x = out
	}
	return x
}

// answer sends x through the stages as for a prediction: by Predict, where a
// stage computes otherwise in training.
func (k *trial) answer(stages []learner.Stage, x *mat.Dense) *mat.Dense {
	k.Helper()
	rows, _ := x.Dims()
	for i, s := range stages {
		p, ok := s.(learner.StagePredictor)
		if !ok {
			x = k.forward(stages[i:i+1], 0, make([]uint64, rows), x)
			continue
		}
		out, err := p.Predict(context.Background(), x)
		k.must(err == nil, "Predict of stage %d: %v", i, err)
		x = out
	}
	return x
}

// backward sends dOut back through the stages; each adds into its own
// gradient.
func (k *trial) backward(stages []learner.Stage, micro int, dOut *mat.Dense, into [][]float64) *mat.Dense {
	k.Helper()
	for i := len(stages) - 1; i >= 0; i-- {
		dIn, err := stages[i].Backward(context.Background(), micro, dOut, into[i])
		k.must(err == nil, "Backward of stage %d: %v", i, err)
		dOut = dIn
	}
	return dOut
}

// spaces is one gradient of zeros per stage.
func spaces(stages []learner.Stage) [][]float64 {
	into := make([][]float64, len(stages))
	for i, s := range stages {
		into[i] = make([]float64, len(s.Parameters()))
	}
	return into
}

// direction is a matrix like m of normal noise, to weigh outputs with.
func direction(m *mat.Dense, stream uint64) *mat.Dense {
	rows, cols := m.Dims()
	return mat.NewDense(rows, cols, nearby(make([]float64, rows*cols), 1, stream))
}

// layersDescribed: the specs chain from the features on and account for every
// parameter.
func layersDescribed(k *trial) {
	for _, t := range k.tasks() {
		m, layers := k.layered(t.train.Schema)
		k.initialise(m, t.train.Schema)
		in, sum := width, 0
		names := map[string]bool{}
		for i, l := range layers {
			k.check(l.In == in, "%s: layer %d (%s) takes %d values, it is given %d", t.name, i, l.Name, l.In, in)
			k.check(l.Name != "" && !names[l.Name], "%s: layer name %q is empty or taken", t.name, l.Name)
			k.check(l.Out > 0 && l.Parameters >= 0 && l.Cost >= 0, "%s: layer %s has %d outputs, %d parameters, cost %v", t.name, l.Name, l.Out, l.Parameters, l.Cost)
			names[l.Name] = true
			in, sum = l.Out, sum+l.Parameters
			stage := k.build(t.train.Schema, i, i+1)[0]
			blocks := 0
			for _, b := range stage.Blocks() {
				blocks += b.Len()
			}
			k.check(len(stage.Parameters()) == l.Parameters && blocks == l.Parameters, "%s: layer %s is declared with %d parameters, it has %d in blocks of %d",
				t.name, l.Name, l.Parameters, len(stage.Parameters()), blocks)
		}
		k.check(sum == len(m.Parameters()), "%s: the layers have %d parameters, the model %d", t.name, sum, len(m.Parameters()))
	}
}

// layersBeginAlike: initial parameters depend on the seed and the layer, not
// on the cut.
func layersBeginAlike(k *trial) {
	for _, t := range k.tasks() {
		m, layers := k.layered(t.train.Schema)
		k.initialise(m, t.train.Schema)
		for _, cut := range cuts(len(layers)) {
			var p []float64
			for _, s := range k.build(t.train.Schema, cut...) {
				p = append(p, s.Parameters()...)
			}
			k.none(bitsDiffer(m.Parameters(), p), "%s: initial parameters of the model, then of its layers cut at %v", t.name, cut)
		}
	}
}

// layersAnyCut: however a network is cut, it computes the same bits forward
// and backward.
func layersAnyCut(k *trial) {
	for _, t := range k.tasks() {
		_, layers := k.layered(t.train.Schema)
		batch := t.train.Select(upTo(16))
		whole := k.build(t.train.Schema, 0, len(layers))
		out := k.forward(whole, 0, batch.Rows, batch.X)
		_, outputs := out.Dims()
		k.check(outputs == layers[len(layers)-1].Out, "%s: %d outputs, declared as %d", t.name, outputs, layers[len(layers)-1].Out)
		weigh := direction(out, 1)
		want := spaces(whole)
		dx := k.backward(whole, 0, weigh, want)
		for _, cut := range cuts(len(layers))[1:] {
			stages := k.build(t.train.Schema, cut...)
			given := cloneData(batch)
			k.none(denseDiffer(out, k.forward(stages, 0, given.Rows, given.X)), "%s: forward, cut at %v", t.name, cut)
			into := spaces(stages)
			k.none(denseDiffer(dx, k.backward(stages, 0, weigh, into)), "%s: the gradient by the input, cut at %v", t.name, cut)
			k.none(bitsDiffer(want[0], slices.Concat(into...)), "%s: the gradient by the parameters, cut at %v", t.name, cut)
			k.none(dataDiffers(batch, given), "%s: a stage changed its input, cut at %v", t.name, cut)
			start, ok := stages[0].(learner.StageStart)
			if !ok {
				continue
			}
			k.forward(stages, 1, batch.Rows, batch.X)
			again := spaces(stages)
			rest := k.backward(stages[1:], 1, weigh, again[1:])
			k.must(start.BackwardStart(context.Background(), 1, rest, again[0]) == nil, "%s: BackwardStart is refused, cut at %v", t.name, cut)
			k.none(bitsDiffer(want[0], slices.Concat(again...)), "%s: the gradient by the parameters without that by the input, cut at %v", t.name, cut)
		}
	}
}

// layersGradient: Backward gives the slope of a weighted sum of the outputs,
// by the parameters and by the input, and adds it to what is there.
func layersGradient(k *trial) {
	compared, kinks := 0, 0
	for _, t := range k.tasks() {
		_, layers := k.layered(t.train.Schema)
		batch := t.train.Select(upTo(8))
		stages := k.build(t.train.Schema, 0, len(layers))
		stage := stages[0]
		for point := range uint64(3) {
			p := nearby(stage.Parameters(), 0.2, 10+point)
			k.must(stage.SetParameters(p) == nil, "SetParameters of a stage is refused")
			weigh := direction(k.forward(stages, 0, batch.Rows, batch.X), 20+point)
			into := [][]float64{slices.Repeat([]float64{7}, len(p))}
			dx := k.backward(stages, 0, weigh, into)
			for i := range into[0] {
				into[0][i] -= 7
			}
			value := func(x *mat.Dense) float64 {
				k.Helper()
				out := k.forward(stages, 0, batch.Rows, x)
				k.backward(stages, 0, weigh, spaces(stages)) // the stage forgets the micro-batch
				var sum float64
				rows, cols := out.Dims()
				for i := range rows {
					for j := range cols {
						sum += out.At(i, j) * weigh.At(i, j)
					}
				}
				return sum
			}
			c, s := k.slopes(t.name+", by the parameters", func(q []float64) float64 {
				k.must(stage.SetParameters(q) == nil, "SetParameters of a stage is refused")
				return value(batch.X)
			}, p, into[0], places(len(p)))
			compared, kinks = compared+c, kinks+s
			k.must(stage.SetParameters(p) == nil, "SetParameters of a stage is refused")
			flat := mat.DenseCopyOf(batch.X).RawMatrix().Data
			c, s = k.slopes(t.name+", by the input", func(q []float64) float64 {
				return value(mat.NewDense(batch.Len(), width, q))
			}, flat, mat.DenseCopyOf(dx).RawMatrix().Data, places(len(flat)))
			compared, kinks = compared+c, kinks+s
		}
	}
	k.check(100*kinks <= compared, "%d of %d slopes are at kinks; at most 1 %% may be", kinks, compared)
}

// layersInFlight: several micro-batches may be under way; each is answered as
// if it were alone, whatever order they come back in.
func layersInFlight(k *trial) {
	t := k.main()
	_, layers := k.layered(t.train.Schema)
	batches := []learner.Dataset{t.train.Select(upTo(9)[:4]), t.train.Select(upTo(9)[4:]), t.train.Select(upTo(20)[9:])}
	type result struct {
		out, dx *mat.Dense
		grad    []float64
	}
	run := func(order []int) []result {
		stages := k.build(t.train.Schema, 0, len(layers))
		results := make([]result, len(batches))
		for micro, b := range batches {
			results[micro].out = mat.DenseCopyOf(k.forward(stages, micro, b.Rows, b.X))
		}
		for _, micro := range order {
			into := spaces(stages)
			dx := k.backward(stages, micro, direction(results[micro].out, uint64(micro)), into)
			results[micro].dx, results[micro].grad = mat.DenseCopyOf(dx), into[0]
		}
		return results
	}
	alone := make([]result, len(batches))
	for micro, b := range batches {
		stages := k.build(t.train.Schema, 0, len(layers))
		into := spaces(stages)
		out := k.forward(stages, micro, b.Rows, b.X)
		alone[micro] = result{mat.DenseCopyOf(out), mat.DenseCopyOf(k.backward(stages, micro, direction(out, uint64(micro)), into)), into[0]}
	}
	for _, order := range [][]int{{0, 1, 2}, {2, 1, 0}} {
		for micro, r := range run(order) {
			what := fmt.Sprintf("micro-batch %d of three in flight, back in order %v", micro, order)
			k.none(denseDiffer(alone[micro].out, r.out), "%s: forward", what)
			k.none(denseDiffer(alone[micro].dx, r.dx), "%s: the gradient by the input", what)
			k.none(bitsDiffer(alone[micro].grad, r.grad), "%s: the gradient by the parameters", what)
		}
	}
}

// layersComputeTheModel: the layers' output is what the model predicts from:
// the target, or a score per class of which the largest wins.
func layersComputeTheModel(k *trial) {
	for _, t := range k.tasks() {
		m, layers := k.layered(t.train.Schema)
		k.initialise(m, t.train.Schema)
		k.must(m.SetParameters(nearby(m.Parameters(), 0.3, 30)) == nil, "SetParameters is refused")
		stages := k.build(t.train.Schema, 0, len(layers))
		k.must(stages[0].SetParameters(m.Parameters()) == nil, "SetParameters of a stage is refused")
		x := rowsOf(t.test.X, upTo(20)...)
		a := k.ask(m, x)
		out := k.answer(stages, x)
		_, outputs := out.Dims()
		for i, p := range a.predicted {
			row := out.RawRowView(i)
			switch {
			case t.train.Classes == nil:
				k.check(outputs == 1 && math.Abs(row[0]-p) <= 1e-9*max(1, math.Abs(p)), "row %d: the layers say %v, the model %v", i, row, p)
			case outputs == len(t.train.Classes):
				k.check(row[int(p)] >= slices.Max(row)-1e-12, "%s: row %d: the layers say %v, the model class %v", t.name, i, row, p)
			default:
				k.check(outputs == 1 && len(t.train.Classes) == 2 && (row[0] > 0) == (p == 1), "%s: row %d: the layers say %v, the model class %v", t.name, i, row, p)
			}
		}
	}
}

// layersRefused: cuts outside the network, parameters of a wrong length or not
// finite, and a micro-batch that was never sent are errors.
func layersRefused(k *trial) {
	t := k.main()
	m, layers := k.layered(t.train.Schema)
	n := len(layers)
	for _, cut := range [][2]int{{-1, 1}, {0, n + 1}, {1, 1}, {n, n + 1}, {n, 0}} {
		_, err := m.Build(t.train.Schema, cut[0], cut[1])
		k.check(err != nil, "Build of layers %d to %d of %d: no error", cut[0], cut[1], n)
	}
	stage := k.build(t.train.Schema, 0, n)[0]
	p := stage.Parameters()
	fill(stage.Parameters(), 5)
	k.none(bitsDiffer(p, stage.Parameters()), "writing over what a stage's Parameters returned")
	k.check(stage.SetParameters(p[1:]) != nil, "SetParameters of a stage with one too few: no error")
	bad := slices.Clone(p)
	bad[0] = math.NaN()
	k.check(stage.SetParameters(bad) != nil, "SetParameters of a stage with NaN: no error")
	k.none(bitsDiffer(p, stage.Parameters()), "a stage's parameters after SetParameters was refused")

	out := k.forward([]learner.Stage{stage}, 0, t.train.Rows, t.train.X)
	_, err := stage.Backward(context.Background(), 5, out, make([]float64, len(p)))
	k.check(err != nil, "Backward of a micro-batch that was never sent: no error")
	_, err = stage.Backward(context.Background(), 0, out, make([]float64, len(p)+1))
	k.check(err != nil, "Backward into too many values: no error")
	_, err = stage.Forward(context.Background(), at, 1, t.train.Rows, narrower(t.train.X))
	k.check(err != nil, "Forward of narrower rows: no error")
}
