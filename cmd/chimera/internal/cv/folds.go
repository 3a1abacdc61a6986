package cv

import (
	"fmt"
	"math/rand/v2"
	"slices"

	"github.com/gochimera/chimera/cmd/chimera/internal/trial"
	"github.com/gochimera/chimera/learner"
)

// Plan says how rows are divided.
type Plan struct {
	Folds      int
	Repeats    int
	Stratified bool  // by class
	Grouped    bool  // by the tables' groups
	First      []int // of each table, the first with the same rows (trial.Shared), which are divided once; nil if no two have the same
	Seed       uint64
}

// Split is one fold: for each worker, which of its rows it trains on and which are held out, in ascending order. Rows that
// several workers have are held out once, of the first worker's.
type Split struct {
	Repeat, Fold int // from 0
	Train, Test  [][]int

	First               []int // as in the plan
	TrainRows, TestRows int   // all workers together, rows that several of them share counted once
}

// PlanError is rows that cannot be divided so.
type PlanError struct{ Reason string }

// Error is the reason.
func (e *PlanError) Error() string { return e.Reason }

func refuse(format string, args ...any) error { return &PlanError{fmt.Sprintf(format, args...)} }

// Of is the first worker that has the rows of a worker.
func (s Split) Of(worker int) int { return firstOf(s.First, worker) }

func firstOf(first []int, worker int) int {
	if first == nil {
		return worker
	}
	return first[worker]
}

// Check refuses a plan that can suit no rows.
func (p Plan) Check() error {
	switch {
	case p.Folds < 2:
		return refuse("want at least 2 folds, got %d", p.Folds)
	case p.Repeats < 1:
		return refuse("want at least 1 repeat, got %d", p.Repeats)
	default:
		return nil
	}
}

// Splits divides the rows of tables, all repeats' folds one after another. The error is a *PlanError.
func (p Plan) Splits(tables []*trial.Table) ([]Split, error) {
	if err := p.Check(); err != nil {
		return nil, err
	}
	pool := newPool(tables, p.First)
	if err := p.suits(pool); err != nil {
		return nil, err
	}
	var splits []Split
	for repeat := range p.Repeats {
		random := learner.NewRand(learner.Seed(p.Seed, "cv", fmt.Sprint(repeat)))
		folds := p.deal(pool, random) // of each row of the pool
		for fold := range p.Folds {
			s := Split{Repeat: repeat, Fold: fold, First: p.First, Train: make([][]int, len(tables)), Test: make([][]int, len(tables))}
			for i, at := range pool.rows {
				to := &s.Train[at.worker]
				if folds[i] == fold {
					to = &s.Test[at.worker]
				}
				*to = append(*to, at.row)
				if folds[i] == fold {
					s.TestRows++
				}
			}
			s.TrainRows = len(pool.rows) - s.TestRows
			for w := range tables {
				s.Train[w] = s.Train[s.Of(w)]
				if len(s.Train[w]) == 0 {
					return nil, refuse("worker %s has no rows to train on without fold %d: use more folds, or give it more rows", tables[w].Worker, fold+1)
				}
			}
			splits = append(splits, s)
		}
	}
	return splits, nil
}

// Notes are on rows that are held out of one worker while another trains on them. Rows of one group are not.
func (p Plan) Notes(tables []*trial.Table) []string {
	if p.Grouped || p.First == nil {
		return nil
	}
	if note := trial.Repeats(tables, p.First); note != "" {
		return []string{note}
	}
	return nil
}

// pool is the rows of all workers together, those that several of them have once.
type pool struct {
	rows    []place
	workers int
	class   []int // of each row
	classes int
	group   []int // of each row; nil without groups
	groups  int
}

type place struct{ worker, row int }

func newPool(tables []*trial.Table, first []int) *pool {
	p := &pool{workers: len(tables)}
	lists := make([][]learner.Label, len(tables))
	for w, t := range tables {
		lists[w] = t.Labels
	}
	index := map[learner.Label]int{}
	for _, l := range learner.MergeLabels(lists...) {
		index[l] = len(index)
	}
	p.classes = len(index)
	groups := map[string]int{}
	for w, t := range tables {
		if firstOf(first, w) != w {
			continue
		}
		for r, l := range t.Labels {
			k, ok := index[l]
			if !ok { // another spelling of a boolean
				k = index[learner.Spelled([]learner.Label{l})[0]]
			}
			p.rows, p.class = append(p.rows, place{w, r}), append(p.class, k)
			if t.Groups == nil {
				continue
			}
			g, ok := groups[t.Groups[r]]
			if !ok {
				g = len(groups)
				groups[t.Groups[r]] = g
			}
			p.group = append(p.group, g)
		}
	}
	p.groups = len(groups)
	return p
}

func (p Plan) suits(rows *pool) error {
	switch {
	case p.Grouped && rows.groups < p.Folds:
		return refuse("%d folds of %d groups: there must be a group for each fold", p.Folds, rows.groups)
	case len(rows.rows) < p.Folds:
		return refuse("%d folds of %d rows: there must be a row for each fold", p.Folds, len(rows.rows))
	case p.Stratified && !p.Grouped:
		counts := make([]int, rows.classes)
		for _, k := range rows.class {
			counts[k]++
		}
		if most := slices.Max(counts); most < p.Folds {
			return refuse("%d folds, but no class has more than %d rows: use fewer folds, or --no-stratify", p.Folds, most)
		}
	}
	return nil
}

// deal says for each row of the pool in which fold it is.
func (p Plan) deal(rows *pool, random *rand.Rand) []int {
	if p.Grouped {
		return p.dealGroups(rows, random)
	}
	strata := make([][]int, 1)
	if p.Stratified {
		strata = make([][]int, rows.classes)
	}
	for i, k := range rows.class {
		if !p.Stratified {
			k = 0
		}
		strata[k] = append(strata[k], i)
	}
	// Rows are dealt like cards: round and round over the folds, class by class and in it worker by worker, so that
	// neither a class, nor a worker's rows of it, nor a fold has more than one row too many.
	folds, next := make([]int, len(rows.rows)), 0
	order := random.Perm(p.Folds)
	for _, stratum := range strata {
		for w := range rows.workers {
			var own []int
			for _, i := range stratum {
				if rows.rows[i].worker == w {
					own = append(own, i)
				}
			}
			random.Shuffle(len(own), func(a, b int) { own[a], own[b] = own[b], own[a] })
			for _, i := range own {
				folds[i] = order[next%p.Folds]
				next++
			}
		}
	}
	return folds
}
