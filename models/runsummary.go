package models

import (
	"context"
	"encoding/json"
	"time"

	"github.com/gochimera/chimera/api"
)

// History is the fits that were recorded.
type History struct {
	Runs    []RunSummary `json:"runs" nullable:"false" doc:"Those that began last come first."`
	Damaged []string     `json:"damaged,omitempty" doc:"Records that cannot be used: which file, and why."`
}

// RunSummary is a recorded fit in one line.
type RunSummary struct {
	ID       string          `json:"id"`
	Kind     string          `json:"master" doc:"Kind of master."`
	State    api.FitState    `json:"state" enum:"succeeded,failed,cancelled"`
	Started  time.Time       `json:"started"`
	Seconds  float64         `json:"seconds"`
	Error    string          `json:"error,omitempty" doc:"Why it did not succeed."`
	Learners []Use           `json:"learners" nullable:"false"`
	Settings json.RawMessage `json:"settings,omitempty" doc:"Of the kind of master."`
	Seed     uint64          `json:"seed,string"`
	Rows     int             `json:"rows" doc:"Training rows of the workers that took part."`
	Workers  int             `json:"workers" doc:"Workers that took part."`
	Of       int             `json:"of_workers" doc:"Workers of the project."`
	Failures int             `json:"failures" doc:"Workers that failed."`
	Steps    int             `json:"steps,omitempty"`
	Loss     *float64        `json:"loss,omitempty" doc:"Of the last step; absent if the fit had no steps."`
	Scores   []Mark          `json:"scores,omitempty" doc:"The scores that were attached to its model, the oldest first."`
	Kept     bool            `json:"kept" doc:"Whether its model is still stored."`
	Serving  bool            `json:"serving" doc:"Whether its model is in service."`
}

// History is all recorded fits, those that began last first.
func (s *Store) History(ctx context.Context) (*History, error) {
	all, damaged := s.Runs(ctx)
	if all == nil && damaged != nil && !isDamage(damaged) {
		return nil, damaged
	}
	ids, err := s.modelIDs(ctx)
	if err != nil {
		return nil, err
	}
	kept := map[string]bool{}
	for _, id := range ids {
		kept[id] = true
	}
	serving, err := s.Serving(ctx)
	if err != nil && !isDamage(err) {
		return nil, err
	}
	h := &History{Runs: []RunSummary{}, Damaged: lines(damaged)}
	for _, r := range all {
		one := r.summary()
		one.Kept, one.Serving = kept[r.ID], kept[r.ID] && r.ID == serving
		h.Runs = append(h.Runs, one)
	}
	return h, nil
}

func (r *Run) summary() RunSummary {
	s := RunSummary{
		ID: r.ID, Kind: r.Kind, State: r.State, Started: r.Started, Seconds: r.Seconds, Error: r.Error, Learners: Uses(r.Workers), Settings: r.Settings,
		Seed: r.Seed, Workers: tookPart(r.Workers), Of: len(r.Workers), Scores: marks(r.Scores),
	}
	for _, w := range r.Workers {
		s.Rows += w.Rows
	}
	if r.Report != nil {
		s.Rows, s.Workers, s.Failures = r.Report.Rows, len(r.Report.Workers), len(r.Report.Failures)
		if t := r.Report.Training; t != nil {
			s.Steps = t.Steps
			if n := len(t.Loss); n > 0 {
				loss := t.Loss[n-1]
				s.Loss = &loss
			}
		}
	}
	return s
}
