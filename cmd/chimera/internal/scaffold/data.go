package scaffold

import (
	"context"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/gochimera/chimera/cmd/chimera/internal/datafile"
	"github.com/gochimera/chimera/cmd/chimera/internal/split"
	"github.com/gochimera/chimera/config"
	"github.com/gochimera/chimera/distribute"
	"github.com/gochimera/chimera/learner"
)

// Data is a data set of the user's, from which a project is made.
type Data struct {
	Source  datafile.Source
	Task    learner.Task // "" is what the target shows; a task without targets needs none
	Holdout split.Holdout
}

// mostClasses is how many different whole numbers of a target are taken for classes: marks, grades and counts of a few
// are, ages and years are not.
const mostClasses = 20

// favourites are the learners that a project of the user's data has, in the order of preference: the first that its
// kind of master can train.
var favourites = map[learner.Task][]string{
	learner.Classification: {"forest-classifier", "logistic-regression", "mlp-classifier"},
	learner.Regression:     {"forest-regressor", "ridge", "mlp-regressor"},
	learner.Clustering:     {"kmeans"},
	learner.Decomposition:  {"pca"},
}

// look is what is found in a data set before a project is made of it.
type look struct {
	File    string // its name, for comments
	Target  string
	Columns int
	Rows    int
	Task    learner.Task
	Reason  string // for the task
	Classes []learner.Label
}

// look reads the data set once: everything that is wrong with it is the error, which joins *dataio.Error.
func (d *Data) look(ctx context.Context) (_ *look, err error) {
	r, err := datafile.Open(d.Source)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, r.Close()) }()
	target := r.Target()
	l := &look{File: filepath.Base(d.Source.Features), Columns: len(r.Columns())}
	switch {
	case target != nil:
		l.Target = target.Written
	case !d.untargeted():
		return nil, refuse("--target: which column is the target? Say its name, or its position: --target -1 is the last")
	}
	targets, texts := datafile.NewTargets(), false
	for l.Rows = 0; ; l.Rows++ {
		if l.Rows%4096 == 0 && ctx.Err() != nil {
			return nil, ctx.Err()
		}
		row, err := r.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, err
		}
		if target == nil {
			continue
		}
		texts = texts || row.Target.Kind == datafile.Text
		targets.Add(row.Target, row.TargetPlace, target)
	}
	if target == nil {
		l.Task, l.Reason = d.Task, "as it was said, and no column is a target"
		return l, r.Problems().Err()
	}
	classes := targets.Settle(r.Problems())
	if err := r.Problems().Err(); err != nil {
		return nil, err
	}
	return l, d.decide(l, classes, texts)
}

// untargeted reports whether the task needs no target.
func (d *Data) untargeted() bool { return d.Task != "" && !d.Task.Supervised() }

// decide settles the task.
func (d *Data) decide(l *look, found datafile.Classes, texts bool) error {
	n := len(found.Labels)
	switch {
	case texts && found.Labels == nil:
		return refuse("--target %s: the column has more than %d different texts: too many for classes", l.Target, datafile.MaxClasses)
	case texts:
		l.Task, l.Reason = learner.Classification, fmt.Sprintf("%s has %d different texts", l.Target, n)
	case found.Labels == nil:
		l.Task, l.Reason = learner.Regression, l.Target+" has fractions, or many different numbers"
	case n <= mostClasses:
		l.Task, l.Reason = learner.Classification, fmt.Sprintf("%s has %d different whole numbers", l.Target, n)
	default:
		l.Task, l.Reason = learner.Regression, fmt.Sprintf("%s has %d different whole numbers", l.Target, n)
	}
	switch {
	case d.Task == "" || d.Task == l.Task:
	case d.Task == learner.Regression && texts:
		return refuse("--task regression: the target %s has texts, which are no quantities", l.Target)
	case d.Task == learner.Classification && found.Labels == nil:
		return refuse("--task classification: the target %s has fractions, or more than %d different numbers", l.Target, datafile.MaxClasses)
	}
	if d.Task != "" && d.Task != l.Task {
		l.Task, l.Reason = d.Task, "as it was said"
	}
	if l.Task == learner.Classification {
		l.Classes = found.Labels
	}
	return nil
}

// Other is the other task.
func (l look) Other() learner.Task {
	switch l.Task {
	case learner.Classification:
		return learner.Regression
	case learner.Clustering:
		return learner.Decomposition
	case learner.Decomposition:
		return learner.Clustering
	default:
		return learner.Classification
	}
}

// Summary is one sentence about the task.
func (l look) Summary() string {
	s := string(l.Task) + ": " + l.Reason
	if n := len(l.Classes); n > 0 && n <= 5 {
		names := make([]string, n)
		for i, c := range l.Classes {
			names[i] = string(c)
		}
		s += " (" + strings.Join(names, ", ") + ")"
	}
	return s
}

// favourite is the learner for a task and a kind of master; "" if none can be trained by it.
func (o Options) favourite(task learner.Task) string {
	k, _ := distribute.Lookup(string(o.Master))
	for _, name := range favourites[task] {
		info, err := o.Catalogue.Lookup(name)
		if err != nil {
			continue
		}
		if _, lacks := k.Lacks(info); !lacks {
			return name
		}
	}
	return ""
}

// splitOwn deals the user's rows out to the workers.
func (p *plan) splitOwn(ctx context.Context, d *Data) (*split.Report, error) {
	o := split.Options{
		Data: d.Source, TestDir: filepath.Join(p.dir, "test_data"), By: split.Strategy{Kind: split.IID}, Holdout: d.Holdout, Seed: 1,
		NoTarget: p.Look.Target == "",
	}
	switch {
	case p.Kind.SharesLayers: // and not the rows
		o.By.Kind = split.Replicate
	case p.Look.Task == learner.Classification:
		o.By.Kind = split.Stratified
	}
	for _, w := range p.Workers {
		o.Workers = append(o.Workers, split.Destination{Worker: w, Dir: filepath.Join(p.dir, config.DataFolder, w)})
	}
	return split.Split(ctx, o)
}

// most is how many workers a project may have.
func (o Options) most() (int, string) {
	if o.Data == nil {
		return maxWorkers, strconv.Itoa(maxWorkers) + ", which the data set is enough for"
	}
	return 1000, "1000"
}
