package models

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"slices"
	"time"

	"github.com/gochimera/chimera/api"
	"github.com/gochimera/chimera/learner"
)

// Listing is the models of a store.
type Listing struct {
	Models  []Summary `json:"models" nullable:"false" doc:"The newest first."`
	Damaged []string  `json:"damaged,omitempty" doc:"Those that cannot be used: which file, and why."`
}

// Summary is a stored model in one line.
type Summary struct {
	ID       string       `json:"id" doc:"Of the fit that made it."`
	Created  time.Time    `json:"created"`
	Project  string       `json:"project"`
	Kind     string       `json:"master" doc:"Kind of master."`
	Task     learner.Task `json:"task"`
	Learners []Use        `json:"learners" nullable:"false"`
	Workers  int          `json:"workers" doc:"Workers that took part."`
	Rows     int          `json:"rows" doc:"Their training rows."`
	Seconds  float64      `json:"seconds" doc:"Seconds that the fit took."`
	Bytes    int64        `json:"bytes" doc:"Of its parts."`
	Serving  bool         `json:"serving" doc:"Whether it is in service."`
	Scores   []Mark       `json:"scores,omitempty" doc:"The scores that were attached to it, the oldest first."`
}

// Use is a learner with its parameters, and how many workers have it.
type Use struct {
	Learner string          `json:"learner"`
	Params  json.RawMessage `json:"params,omitempty" doc:"Those that differ from the defaults."`
	Workers int             `json:"workers"`
}

// Mark is a score in one number.
type Mark struct {
	Name     string    `json:"name" doc:"Of the held-out rows, such as their file."`
	At       time.Time `json:"at"`
	Metric   string    `json:"metric" enum:"accuracy,r2,silhouette,explained_variance"`
	Score    float64   `json:"score"`
	Baseline *float64  `json:"baseline,omitzero" doc:"Score of always predicting the training rows' majority class, or mean; absent without targets."`
	Rows     int       `json:"rows"`
}

// Detail is all that is known of a stored model.
type Detail struct {
	Manifest *Manifest       `json:"manifest"`
	Serving  bool            `json:"serving" doc:"Whether it is in service."`
	Bytes    int64           `json:"bytes" doc:"Of its parts."`
	Scores   []Score         `json:"scores,omitempty" doc:"The scores that were attached to it, the oldest first."`
	Settings json.RawMessage `json:"settings,omitempty" doc:"Settings of the kind of master in that fit; absent if its record is not here."`
}

// Summaries are all models of the store, the newest first.
func (s *Store) Summaries(ctx context.Context) (*Listing, error) {
	all, damaged := s.List(ctx)
	if all == nil && damaged != nil && !isDamage(damaged) {
		return nil, damaged
	}
	serving, err := s.Serving(ctx)
	list := &Listing{Models: []Summary{}, Damaged: lines(errors.Join(damaged, err))}
	for _, m := range all {
		one := m.summary()
		one.Serving = m.ID == serving
		scores, err := s.Scores(ctx, m.ID)
		if err != nil {
			list.Damaged = append(list.Damaged, lines(err)...)
		}
		one.Scores = marks(scores)
		list.Models = append(list.Models, one)
	}
	return list, nil
}

// Detail is all that is known of a model. Errors are those of Get.
func (s *Store) Detail(ctx context.Context, id string) (*Detail, error) {
	m, err := s.Get(ctx, id)
	if err != nil {
		return nil, err
	}
	serving, err := s.Serving(ctx)
	if err != nil && !isDamage(err) { // that something else is damaged must not hide a model that is not
		return nil, err
	}
	d := &Detail{Manifest: m, Bytes: m.bytes(), Serving: serving == id}
	if d.Scores, err = s.Scores(ctx, id); err != nil {
		return nil, err
	}
	if r, err := s.Run(ctx, id); err == nil { // a model that came in a file has none
		d.Settings = r.Settings
	}
	return d, nil
}

func (m *Manifest) summary() Summary {
	s := Summary{
		ID: m.ID, Created: m.Created, Project: m.Project, Kind: m.Kind, Task: m.Model.Task, Learners: Uses(m.Workers), Rows: m.Model.Rows, Bytes: m.bytes(),
		Workers: tookPart(m.Workers),
	}
	if m.Report != nil {
		s.Seconds = m.Report.Seconds
	}
	return s
}

func (m *Manifest) bytes() (n int64) {
	for _, p := range m.Parts {
		n += p.Size
	}
	return n
}

// Uses are the different learners of workers, in their order.
func Uses(workers []Worker) []Use {
	uses := []Use{}
	for _, w := range workers {
		params := w.Params
		var short bytes.Buffer
		if json.Compact(&short, params) == nil {
			params = short.Bytes()
		}
		if string(params) == "{}" || string(params) == "null" {
			params = nil
		}
		i := slices.IndexFunc(uses, func(u Use) bool { return u.Learner == w.Learner && bytes.Equal(u.Params, params) })
		if i < 0 {
			i, uses = len(uses), append(uses, Use{Learner: w.Learner, Params: params})
		}
		uses[i].Workers++
	}
	return uses
}

// tookPart counts the workers whose rows were used.
func tookPart(workers []Worker) (n int) {
	for _, w := range workers {
		if w.Rows > 0 {
			n++
		}
	}
	return n
}

// marks are scores in one number each.
func marks(scores []Score) []Mark {
	var all []Mark
	for _, s := range scores {
		if s.Result == nil {
			continue
		}
		if metric, value := Main(s.Result); metric != "" {
			all = append(all, Mark{Name: s.Name, At: s.At, Metric: metric, Score: value, Baseline: baselineOf(s.Result), Rows: s.Result.Rows})
		}
	}
	return all
}

// baselineOf is nil for what has none: clusters and components.
func baselineOf(r *api.ScoreResponse) *float64 {
	if r.Clustering != nil || r.Decomposition != nil {
		return nil
	}
	return &r.Baseline
}

// Main is the number that a score is compared by, of which more is better: the accuracy of a classifier, R2 of a regressor, the silhouette of
// clusters, the explained variance of a decomposition. It has no name if there is none: clusters that are one, or one for each row, have no silhouette.
func Main(r *api.ScoreResponse) (metric string, value float64) {
	switch {
	case r.Classification != nil:
		return "accuracy", r.Classification.Accuracy
	case r.Regression != nil:
		return "r2", r.Regression.R2
	case r.Clustering != nil && r.Clustering.Silhouette != nil:
		return "silhouette", *r.Clustering.Silhouette
	case r.Decomposition != nil:
		return "explained_variance", r.Decomposition.ExplainedVariance
	default:
		return "", 0
	}
}

func isDamage(err error) bool {
	var d *DamagedError
	return errors.As(err, &d)
}

// lines are the errors that were joined.
func lines(err error) []string {
	if err == nil {
		return nil
	}
	if many, ok := err.(interface{ Unwrap() []error }); ok {
		var all []string
		for _, one := range many.Unwrap() {
			all = append(all, lines(one)...)
		}
		return all
	}
	return []string{err.Error()}
}
