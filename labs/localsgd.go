package labs

import (
	"context"
	"fmt"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"

	"github.com/gochimera/chimera/labs/rig"
	"github.com/gochimera/chimera/labs/rows"
	"github.com/gochimera/chimera/learner"
)

// localParams are the parameters of lab local-sgd.
type localParams struct {
	Workers int     `json:"workers" default:"10" validate:"gte=2,lte=50" doc:"workers"`
	Epochs  []int   `json:"local_epochs" default:"[1,2,5,10,20]" validate:"min=1,max=6,dive,gte=1,lte=100" doc:"epochs on each worker between two communications"`
	Rounds  int     `json:"rounds" default:"100" validate:"gte=2,lte=1000" doc:"communications: parameters go to the workers, and come back"`
	Rows    int     `json:"rows" default:"1000" validate:"gte=100,lte=20000" doc:"training rows, which are dealt to the workers"`
	Alpha   float64 `json:"alpha" default:"0.1" validate:"gte=0,lte=1000"`
	Rate    float64 `json:"learning_rate_init" default:"0.5" validate:"gt=0,lte=1" doc:"learning rate"`
}

// Docs says what the longer one is.
func (localParams) Docs() map[string]string {
	return map[string]string{"alpha": "of the Dirichlet distribution by which classes are dealt if rows are not iid; 0 sorts rows by class"}
}

func localSGD() Lab {
	return define(Lab{
		Name: "local-sgd", Title: "Local SGD and client drift", About: "a gradient, step by step", Chapter: "three-parallelisms.md#data-parallelism-step-by-step",
		Asks: "Communication is dear. If each worker makes several steps by itself before the master averages their parameters, what is gained, and what " +
			"does it cost? The same rows are dealt to ten workers twice: at random (iid), and so that each has classes in a mixture of its own. In each " +
			"round every worker makes 1, 2, 5, 10 or 20 epochs from the common parameters; then they are averaged, which is federated averaging. All send " +
			"the same number of bytes.",
		Expect: "With one epoch of one step, averaging parameters is averaging gradients: the same as synchronous SGD, however the rows are dealt. With " +
			"more, each worker goes on towards the optimum of its own rows. If all have rows of one kind, those are near each other, and a round is worth " +
			"many steps. If not, the workers drift apart, and their average settles where the local moves cancel out, which is not the optimum of all rows.",
		Picture: "How far the mean loss of all rows, at the common parameters, is above the smallest there is, by rounds: on the left rows at random, on the " +
			"right not. The axis has orders of magnitude: a line that stays level has settled elsewhere than at the optimum.",
		Questions: []string{
			"With many local epochs and rows that are not iid, where does the loss settle if you wait, and why does a smaller learning rate help?",
			"A worker with one class only: what is the optimum of its own rows?",
			"What could workers send in addition, so that they drift less?",
		},
		Vary: []string{
			"--set alpha=0: rows sorted by class, so that most workers have one class only",
			"--set alpha=100: almost iid",
			"--set rounds=500: where does each settle?",
			"--set learning_rate_init=0.1: less drift, and more rounds",
		},
		Sources: []string{
			"B. McMahan et al., Communication-efficient learning of deep networks from decentralized data, AISTATS 2017: federated averaging",
			"S. P. Karimireddy et al., SCAFFOLD: stochastic controlled averaging for federated learning, ICML 2020: client drift",
			"T.-M. H. Hsu, H. Qi, M. Brown, Measuring the effects of non-identical data distribution for federated visual classification, 2019: Dirichlet splits",
		},
	}, runLocalSGD)
}

// split is a way to deal rows.
type split struct {
	name   string
	shards []learner.Dataset
}

func runLocalSGD(ctx context.Context, b *Bench, p localParams) (*Result, error) {
	r := &Result{}
	seed := learner.Seed(b.Seed, "local-sgd")
	all, test := rows.Waveform(p.Rows, learner.Seed(seed, "train")), rows.Waveform(2000, learner.Seed(seed, "test"))
	splits := []split{
		{"iid", rows.Shuffled(all, rows.Even(p.Workers), learner.Seed(seed, "deal"))},
		{"not iid", rows.Dirichlet(all, p.Workers, p.Alpha, learner.Seed(seed, "deal"))},
	}
	t := Table{Name: "local-sgd", Title: fmt.Sprintf("After %d rounds", p.Rounds), Columns: []Column{
		{Name: "rows"}, {Name: "local epochs"}, {Name: "loss after 5 rounds", Form: "%.4f"}, {Name: "loss at the end", Form: "%.4f"},
		{Name: "above the optimum", Form: "%.4f"}, {Name: "accuracy on test rows", Form: "%.1f %%"}, {Name: "bytes"},
	}}
	byRound := Table{Name: "local-sgd-rounds", Title: "Loss by rounds", Hidden: true, Columns: []Column{
		{Name: "rows"}, {Name: "local epochs"}, {Name: "round"}, {Name: "bytes"}, {Name: "loss"},
	}}
	synchronous := server{seed: seed, shards: splits[0].shards, with: rig.Settings{"mode": "full", "learning_rate_init": p.Rate, "max_iter": p.Rounds}}
	reference, err := synchronous.train(ctx)
	if err != nil {
		return nil, err
	}
	b.say(0, 1, "the optimum, in one process")
	optimum := optimumOf(ctx, all)
	first5, last := map[string]map[int]float64{}, map[string]map[int]float64{}
	var panels []*plot.Plot
	for i, s := range splits {
		first5[s.name], last[s.name] = map[int]float64{}, map[int]float64{}
		var curves []curve
		for j, epochs := range p.Epochs {
			b.say(i*len(p.Epochs)+j, len(splits)*len(p.Epochs), "rows %s, %d local epochs", s.name, epochs)
			one, err := server{seed: seed, shards: s.shards, test: test, with: rig.Settings{
				"mode": "local", "local_epochs": epochs, "learning_rate_init": p.Rate, "max_iter": p.Rounds,
			}}.train(ctx)
			if err != nil {
				return nil, fmt.Errorf("%d local epochs, rows %s: %w", epochs, s.name, err)
			}
			loss := one.fit.Training.Loss
			c := curve{name: fmt.Sprintf("%d local epochs", epochs)}
			for round, l := range loss {
				c.xy = append(c.xy, plotter.XY{X: float64(round + 1), Y: max(l-optimum, leastExcess)})
				byRound.add(s.name, epochs, round+1, float64(one.bytes())*float64(round+1)/float64(len(loss)), l)
			}
			curves = append(curves, c)
			first5[s.name][epochs], last[s.name][epochs] = loss[min(5, len(loss)-1)], loss[len(loss)-1]
			t.add(s.name, epochs, first5[s.name][epochs], last[s.name][epochs], last[s.name][epochs]-optimum,
				100*one.score.Classification.Accuracy, int(one.bytes()))
			if epochs == 1 {
				want := reference.fit.Training.Loss
				r.must(floats.EqualApprox(loss, want, 1e-9), "rows "+s.name+": one local step is a step of synchronous SGD",
					"a loss of %.6f at the end, of synchronous SGD %.6f", loss[len(loss)-1], want[len(want)-1])
			}
		}
		chart, err := lines(fmt.Sprintf("loss above the optimum, rows %s", s.name), "rounds", "", curves...)
		if err != nil {
			return nil, err
		}
		chart.Y.Scale, chart.Y.Tick.Marker = plot.LogScale{}, plot.LogTicks{Prec: -1}
		panels = append(panels, chart)
	}
	for _, chart := range panels {
		chart.Y.Min, chart.Y.Max = min(panels[0].Y.Min, panels[1].Y.Min), max(panels[0].Y.Max, panels[1].Y.Max)
	}
	few, many := p.Epochs[0], p.Epochs[len(p.Epochs)-1]
	if few < many {
		r.expect(first5["iid"][many] < first5["iid"][few], fmt.Sprintf("rows iid: in few rounds, %d local epochs get further than %d", many, few),
			"a loss of %.4f against %.4f", first5["iid"][many], first5["iid"][few])
		r.expect(last["not iid"][many] > last["not iid"][few],
			fmt.Sprintf("rows not iid: in the end, %d local epochs are further from the optimum than %d", many, few),
			"a loss of %.4f against %.4f", last["not iid"][many], last["not iid"][few])
		r.expect(last["not iid"][many] > last["iid"][many], fmt.Sprintf("with %d local epochs, rows that are not iid settle further from it than iid", many),
			"a loss of %.4f against %.4f", last["not iid"][many], last["iid"][many])
	}
	r.find("The smallest loss of these rows is %.4f. One epoch a round goes there, however slowly and whatever rows the workers have.", optimum)
	r.Tables = []Table{t, byRound}
	r.find("At equal communication more local epochs save rounds at first; with rows that are not iid they also move the place where the loss settles.")
	r.Plots = []Plot{{Name: "local-sgd", Panels: panels, Beside: 2}}
	return r, nil
}

// leastExcess is the lowest point of an axis of orders of magnitude.
const leastExcess = 1e-5

// optimumOf is the smallest mean loss of a softmax regression of the rows, to about four digits: what gradient descent in one
// process comes to.
func optimumOf(ctx context.Context, d learner.Dataset) (loss float64) {
	const steps = 2000
	alone := newSoftmax(d)
	for range steps {
		if ctx.Err() != nil {
			break
		}
		loss = alone.step(1)
	}
	return loss
}
