package labs

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"

	"github.com/gochimera/chimera/api"
	"github.com/gochimera/chimera/client"
	"github.com/gochimera/chimera/labs/rig"
	"github.com/gochimera/chimera/labs/rows"
	"github.com/gochimera/chimera/learner"
)

// liarsParams are the parameters of lab liars.
type liarsParams struct {
	Workers  int      `json:"workers" default:"15" validate:"gte=7,lte=31" doc:"workers, liars among them"`
	Liars    int      `json:"liars" default:"8" validate:"gte=0,lte=31" doc:"liars at most; from none on, each number is tried"`
	Attack   string   `json:"attack" default:"sign_flip" validate:"oneof=sign_flip scaled gaussian label_flip a_little_is_enough"`
	Strength float64  `json:"strength" default:"20" validate:"gt=0,lte=1000" doc:"how strong the attack is"`
	Rules    []string `json:"rules" default:"[]" validate:"max=7,dive,oneof=mean trimmed_mean median geometric_median krum multi_krum bulyan"`
	Steps    int      `json:"steps" default:"30" validate:"gte=5,lte=500" doc:"steps of each training"`
	Rows     int      `json:"rows" default:"60" validate:"gte=20,lte=2000" doc:"training rows of each worker"`
}

// Docs says what the longer ones are.
func (liarsParams) Docs() map[string]string {
	return map[string]string{"attack": "what liars send", "rules": "how gradients are combined; none given are all"}
}

func liars() Lab {
	return define(Lab{
		Name: "liars", Title: "Liars and robust means", About: "a gradient, step by step", Chapter: "three-parallelisms.md#data-parallelism-step-by-step",
		Asks: "What does it take for one worker to spoil the model of all, and how many liars does each robust rule withstand? Of 15 workers more and more " +
			"send wrong gradients: their own, turned around and twenty times as long. The parameter server combines the gradients by each rule in turn, and " +
			"the model is scored on 2,000 rows.",
		Expect: "The mean has the breakdown point 0: one number that is large enough moves it anywhere. A rule withstands as many liars as it provides for: " +
			"trimmed_mean as many as it drops at each end, median and geometric_median fewer than half, krum and multi_krum f of 2f + 3 workers, bulyan f of " +
			"4f + 3. Here each rule provides for as many as it can with these workers, and trimmed_mean for a third. Beyond its number a rule may fail; it " +
			"does not have to. The median of numbers must follow a majority; krum chooses the gradient whose neighbours are near, and liars whose gradients " +
			"are long are not near each other.",
		Picture: "Accuracy by the number of liars. Without a model, because the training diverged, it is that of the most frequent class.",
		Questions: []string{
			"Krum takes the gradient of one worker. What does that cost when nobody lies?",
			"Why is the median a little worse with each liar, although it withstands them?",
			"What could liars send who know the gradients of the others?",
			"What if honest workers have rows of different kinds?",
		},
		Vary: []string{
			"--set attack=a_little_is_enough --set strength=1.5: liars who hide among the honest",
			"--set attack=gaussian --set strength=100: noise instead of a direction",
			"--set attack=label_flip: honest gradients of wrong labels",
			"--set rows=20: the fewer rows, the more honest gradients differ",
		},
		Sources: []string{
			"P. Blanchard, E. M. El Mhamdi, R. Guerraoui, J. Stainer, Machine learning with adversaries: Byzantine tolerant gradient descent, NIPS 2017: krum",
			"D. Yin, Y. Chen, K. Ramchandran, P. Bartlett, Byzantine-robust distributed learning: towards optimal statistical rates, ICML 2018: median, trimmed " +
				"mean",
			"E. M. El Mhamdi, R. Guerraoui, S. Rouault, The hidden vulnerability of distributed learning in Byzantium, ICML 2018: bulyan",
			"H. Lopuhaä, P. Rousseeuw, Breakdown points of affine equivariant estimators, Annals of Statistics 1991: geometric median",
		},
	}, runLiars)
}

// withstands is the largest number of liars that a rule can provide for with so many workers, by theory.
func withstands(rule string, workers int) int {
	switch rule {
	case "mean":
		return 0
	case "trimmed_mean":
		return workers / 3 // as this lab sets it
	case "krum", "multi_krum":
		return (workers - 3) / 2
	case "bulyan":
		return (workers - 3) / 4
	default: // median, geometric_median
		return (workers - 1) / 2
	}
}

// followsMajority reports whether a rule lets a majority of liars win who all lie in one direction. The others choose gradients
// that are near each other.
func followsMajority(rule string) bool {
	return slices.Contains([]string{"mean", "trimmed_mean", "median", "geometric_median"}, rule)
}

func runLiars(ctx context.Context, b *Bench, p liarsParams) (*Result, error) {
	r := &Result{}
	p.Liars = min(p.Liars, p.Workers)
	if len(p.Rules) == 0 {
		p.Rules = []string{"mean", "trimmed_mean", "median", "geometric_median", "krum", "multi_krum", "bulyan"}
	}
	seed := learner.Seed(b.Seed, "liars")
	shards := rows.Shuffled(rows.Waveform(p.Rows*p.Workers, learner.Seed(seed, "train")), rows.Even(p.Workers), seed)
	test := rows.Waveform(2000, learner.Seed(seed, "test"))
	title := fmt.Sprintf("Accuracy on %d test rows, in %%, by the number of liars among %d workers", test.Len(), p.Workers)
	t := Table{Name: "liars", Title: title, Columns: []Column{{Name: "rule"}, {Name: "withstands"}}}
	for liars := range p.Liars + 1 {
		t.Columns = append(t.Columns, Column{Name: fmt.Sprint(liars), Form: "%.1f"})
	}
	var curves []curve
	for i, rule := range p.Rules {
		bound := withstands(rule, p.Workers)
		line, c := []any{rule, bound}, curve{name: rule}
		var scores []float64
		for liars := range p.Liars + 1 {
			b.say(i*(p.Liars+1)+liars, len(p.Rules)*(p.Liars+1), "%s, %d liars", rule, liars)
			accuracy, err := p.accuracy(ctx, seed, rule, bound, liars, shards, test)
			if err != nil {
				return nil, fmt.Errorf("%s with %d liars: %w", rule, liars, err)
			}
			scores = append(scores, 100*accuracy)
			line = append(line, 100*accuracy)
			c.xy = append(c.xy, plotter.XY{X: float64(liars), Y: 100 * accuracy})
		}
		t.add(line...)
		curves = append(curves, c)
		held := min(bound, p.Liars)
		worst := slices.Min(scores[:held+1])
		r.expect(worst >= scores[0]-10, fmt.Sprintf("%s: up to %d liars cost at most 10 points", rule, held),
			"%.1f %% without liars, %.1f %% at worst", scores[0], worst)
		if half := p.Workers/2 + 1; half <= p.Liars && followsMajority(rule) {
			r.expect(scores[half] < scores[0]-10, fmt.Sprintf("%s: a majority of %d liars wins", rule, half), "%.1f %%", scores[half])
		}
	}
	r.Tables = []Table{t}
	r.find("How many liars a rule withstands is known beforehand; what it costs when nobody lies is in the column 0.")
	chart, err := lines("accuracy on test rows, %", "liars", "", curves...)
	if err != nil {
		return nil, err
	}
	chart.Y.Min, chart.Y.Max = 0, 100
	chart.Legend.Top, chart.Legend.Left, chart.Legend.XOffs, chart.Legend.YOffs = false, true, 4*vg.Centimeter, vg.Centimeter
	r.Plots = []Plot{{Name: "liars", Panels: []*plot.Plot{chart}}}
	return r, nil
}

// accuracy trains with so many liars, who are the last of the workers, and scores the model. Without one it is the share of the
// most frequent class.
func (p liarsParams) accuracy(
	ctx context.Context, seed uint64, rule string, faulty, liars int, shards []learner.Dataset, test learner.Dataset,
) (float64, error) {
	faults := map[int]rig.Settings{}
	for i := range liars {
		faults[p.Workers-1-i] = rig.Settings{"attack": p.Attack, "attack_strength": p.Strength}
	}
	with := rig.Settings{
		"mode": "full", "learning_rate_init": 0.4, "max_iter": p.Steps, "aggregation": rule, "faulty": faulty, "trim": faulty,
	}
	one, err := server{seed: seed, with: with, shards: shards, faults: faults, test: test}.train(ctx)
	var problem *client.Problem
	switch {
	case errors.As(err, &problem) && problem.Code == api.CodeDiverged:
		return share(test), nil
	case err != nil:
		return 0, err
	default:
		return one.score.Classification.Accuracy, nil
	}
}

// share is that of the most frequent class.
func share(d learner.Dataset) float64 {
	counts := make([]float64, len(d.Classes))
	for _, y := range d.Y {
		counts[int(y)]++
	}
	return slices.Max(counts) / float64(d.Len())
}
