package labs

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"

	"github.com/gochimera/chimera/client"
	"github.com/gochimera/chimera/internal/picture"
	"github.com/gochimera/chimera/labs/rig"
	"github.com/gochimera/chimera/labs/rows"
	"github.com/gochimera/chimera/learner"
	"github.com/gochimera/chimera/masters"
)

// baggingParams are the parameters of lab bagging.
type baggingParams struct {
	Repetitions int `json:"repetitions" default:"10" validate:"gte=1,lte=100" doc:"data sets that are drawn of each kind; Breiman drew 100"`
	Replicates  int `json:"replicates" default:"0" validate:"gte=0,lte=100" doc:"workers, each with a bootstrap replicate of the rows; 0 is as many as Breiman"`
	Leaf        int `json:"min_samples_leaf" default:"1" validate:"gte=1,lte=100" doc:"rows that a leaf of a tree has at least"`
}

func bagging() Lab {
	return define(Lab{
		Name: "bagging", Title: "Why bagging helps", About: "the three parallelisms", Chapter: "three-parallelisms.md#which-to-take",
		Asks: "Does an ensemble of trees, each fitted on a bootstrap replicate of the same rows, predict better than one tree? One worker fits a tree on all " +
			"training rows. Then every worker of an aggregation master fits a tree on its own bootstrap replicate of them, and the master takes the " +
			"plurality vote, or the mean. Sizes of the training and test sets and the number of replicates are Breiman's.",
		Expect: "Trees are unstable: a few other rows give another tree. Averaging many such trees takes away what differs between them, and leaves what " +
			"they have in common. The squared error of a mean is the mean of the squared errors minus the spread of the predictions, so it is smaller " +
			"wherever the trees differ. Breiman's figures are beside ours. His trees were pruned by cross-validation and ours are not, so a single tree of " +
			"ours is worse on noisy targets, and bagging gains more.",
		Picture: "Errors as a share of that of a single tree on all rows. On the left, with all workers; on the right, with the first 1, 2, 3, ... of them: " +
			"a tree on a bootstrap replicate alone is worse than one on all rows, a few together are better.",
		Questions: []string{
			"Why does the error of the ensemble not fall to that of the best possible prediction, however many workers there are?",
			"Bagging would do nothing for linear regression with few features. Why?",
			"A worker sees about 63 % of the rows. Where does that number come from, and what could the other rows be used for?",
		},
		Vary: []string{
			"--set repetitions=100: as many as in the report; the figures settle, in about ten times the time",
			"--set replicates=10: how few workers are enough?",
			"--set min_samples_leaf=20: trees that are stable gain less",
		},
		Sources: []string{
			"L. Breiman, Bagging predictors, Technical Report 421, Department of Statistics, University of California, Berkeley, 1994; the figures are its. The " +
				"journal's version (Machine Learning 24, 1996) has slightly others.",
			"A. Krogh, J. Vedelsby, Neural network ensembles, cross validation, and active learning, NIPS 1995: the error of a mean",
		},
	}, runBagging)
}

// breiman is a row of Breiman's tables, with how the data were made.
type breiman struct {
	name           string
	source         rows.Source
	learner        string
	train, test    int
	replicates     int
	single, bagged float64 // the published errors
	unit           float64 // what an error is multiplied by to be in the unit of the published ones
	unitName       string
}

func breimans() []breiman {
	return []breiman{
		{"waveform", rows.Waveform, "tree-classifier", 300, 1500, 50, 29.0, 19.4, 100, "% wrong"},
		{"friedman1", rows.Friedman1, "tree-regressor", 200, 1000, 25, 11.4, 6.2, 1, "MSE"},
		{"friedman2", rows.Friedman2, "tree-regressor", 200, 1000, 25, 30.8, 21.7, 1e-3, "MSE, thousands"},
		{"friedman3", rows.Friedman3, "tree-regressor", 200, 1000, 25, 4.03, 2.49, 100, "MSE, hundredths"},
	}
}

func runBagging(ctx context.Context, b *Bench, p baggingParams) (*Result, error) {
	r := &Result{}
	t := Table{Name: "bagging", Title: "Errors on test rows, mean of the repetitions", Columns: []Column{
		{Name: "data"}, {Name: "error in"}, {Name: "workers"}, {Name: "tree, published", Form: "%.3g"}, {Name: "tree, here", Form: "%.3g"},
		{Name: "bagged, published", Form: "%.3g"}, {Name: "bagged, here", Form: "%.3g"},
		{Name: "less, published", Form: "%.0f %%"}, {Name: "less, here", Form: "%.0f %%"},
	}}
	byWorkers := Table{Name: "bagging-by-workers", Title: "Errors by the number of workers", Hidden: true, Columns: []Column{
		{Name: "data"}, {Name: "workers"}, {Name: "error"}, {Name: "share of a single tree's"},
	}}
	var published, ours plotter.Values
	var names []string
	var curves []curve
	for i, k := range breimans() {
		if p.Replicates > 0 {
			k.replicates = p.Replicates
		}
		single, prefix, err := k.mean(ctx, r, p, func(n int) uint64 {
			b.say(i*p.Repetitions+n, len(breimans())*p.Repetitions, "%s, repetition %d of %d", k.name, n+1, p.Repetitions)
			return learner.Seed(b.Seed, "bagging", k.name, strconv.Itoa(n))
		})
		if err != nil {
			return nil, fmt.Errorf("%s: %w", k.name, err)
		}
		bagged := prefix[len(prefix)-1]
		t.add(k.name, k.unitName, k.replicates, k.single, single, k.bagged, bagged, 100*(1-k.bagged/k.single), 100*(1-bagged/single))
		names, published, ours = append(names, k.name), append(published, k.bagged/k.single), append(ours, bagged/single)
		c := curve{name: k.name}
		for m, e := range prefix {
			byWorkers.add(k.name, m+1, e, e/single)
			c.xy = append(c.xy, plotter.XY{X: float64(m + 1), Y: e / single})
		}
		curves = append(curves, c)
		r.expect(bagged < single, k.name+": the ensemble errs less than a tree", "%.3g against %.3g %s", bagged, single, k.unitName)
	}
	r.Tables = []Table{t, byWorkers}
	r.find("Bagging takes away %.0f to %.0f %% of a tree's error here; in Breiman's tables it is %.0f to %.0f %%.",
		100*(1-slices.Max(ours)), 100*(1-slices.Min(ours)), 100*(1-slices.Max(published)), 100*(1-slices.Min(published)))
	bars, err := grouped("with all workers", "share of a single tree's error", names,
		group{name: "published", values: published, colour: picture.Grey}, group{name: "here", values: ours, colour: picture.Bars})
	if err != nil {
		return nil, err
	}
	bars.Y.Max = max(1.2, 1.2*slices.Max(ours))
	chart, err := lines("with so many workers", "workers", "", curves...)
	if err != nil {
		return nil, err
	}
	r.Plots = []Plot{{Name: "bagging", Panels: []*plot.Plot{bars, chart}, Beside: 2}}
	return r, nil
}

// mean are the mean test errors, over repetitions with seeds of their own, of a tree and of the first 1, 2, ... workers. What
// holds by arithmetic is checked at each.
func (k breiman) mean(ctx context.Context, r *Result, p baggingParams, seed func(n int) uint64) (single float64, prefix []float64, err error) {
	prefix = make([]float64, k.replicates)
	var worst members
	for n := range p.Repetitions {
		s := seed(n)
		train, test := k.source(k.train, learner.Seed(s, "train")), k.source(k.test, learner.Seed(s, "test"))
		one, err := k.fit(ctx, s, p, train, test, 1)
		if err != nil {
			return 0, nil, err
		}
		many, err := k.fit(ctx, s, p, train, test, k.replicates)
		if err != nil {
			return 0, nil, err
		}
		single += one.master / float64(p.Repetitions)
		floats.AddScaled(prefix, 1/float64(p.Repetitions), many.prefix)
		worst.compare(many)
	}
	r.must(worst.unlike < 1e-12, k.name+": the master's answer is its workers', combined", "off by %.1g of the error at most", worst.unlike)
	if k.regression() {
		r.must(worst.unexplained < 1e-9, k.name+": the error of the mean is the mean of the workers' errors less the spread of their predictions",
			"off by %.1g of it at most", worst.unexplained)
	}
	return single, prefix, nil
}

// regression reports whether the targets are numbers.
func (k breiman) regression() bool { return k.learner == "tree-regressor" }

// fit fits so many workers, one on all rows or several on bootstrap replicates, and returns the errors on the test rows.
func (k breiman) fit(ctx context.Context, seed uint64, p baggingParams, train, test learner.Dataset, workers int) (e members, err error) {
	plan := rig.Plan{Master: masters.NewAggregation(), Seed: seed, With: rig.Settings{
		"learner": k.learner, "params": rig.Settings{"min_samples_leaf": p.Leaf}, "bootstrap": workers > 1,
	}}
	if !k.regression() {
		plan.With["aggregation"] = rig.Settings{"combine": "vote"}
	}
	for range workers {
		plan.Workers = append(plan.Workers, rig.Worker{Rows: train})
	}
	g, err := rig.Start(ctx, plan)
	if err != nil {
		return e, err
	}
	defer func() { err = errors.Join(err, g.Close()) }()
	if _, err := g.Client.Fit(ctx); err != nil {
		return e, err
	}
	answer, err := g.Client.Predict(ctx, test.Features, test.X)
	if err != nil {
		return e, err
	}
	alone := make([]*client.Prediction, workers)
	for i := range alone {
		if alone[i], err = g.PredictAlone(ctx, i, test); err != nil {
			return e, err
		}
	}
	if k.regression() {
		return meansOf(k.unit, test, answer, alone), nil
	}
	return votesOf(k.unit, test, answer, alone), nil
}
