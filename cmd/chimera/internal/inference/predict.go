package inference

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"

	"github.com/gochimera/chimera/client"
	"github.com/gochimera/chimera/internal/dataio"
	"github.com/gochimera/chimera/learner"
	"github.com/gochimera/chimera/prepare/table"
)

// Predictor answers for rows: a *client.Client.
type Predictor interface {
	PredictTable(ctx context.Context, rows table.Rows) (*client.Prediction, error)
}

// Summary describes a prediction of many batches.
type Summary struct {
	Rows     int
	FitID    string
	Failures []client.WorkerFailure // of all batches, each worker once
	Notes    []string               // on the rows of all batches, each once
}

// Predict has the master answer for all rows of a source, size rows at a time,
// and reports to progress, which may be nil, how many are done. All answers are of
// one model: if another is fitted meanwhile, that is an error; so is a source without rows.
func Predict(ctx context.Context, master Predictor, from Source, to Sink, size int, progress func(rows int)) (*Summary, error) {
	s := &Summary{}
	for {
		batch, err := from.Next(ctx, size)
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, err
		}
		p, err := master.PredictTable(ctx, batch)
		if err != nil {
			return nil, RefusedAt(err, batch.Columns, from.Place, nil)
		}
		if s.Rows > 0 && p.FitID != s.FitID {
			return nil, fmt.Errorf("the model changed after %d rows (fit %s, then %s): predict again", s.Rows, s.FitID, p.FitID)
		}
		s.FitID = p.FitID
		s.add(p.Failures)
		for _, note := range p.Notes {
			if !slices.Contains(s.Notes, note) {
				s.Notes = append(s.Notes, note)
			}
		}
		s.Rows += rows(p)
		if err := to.Write(p); err != nil {
			return nil, err
		}
		if progress != nil {
			progress(s.Rows)
		}
	}
	if s.Rows == 0 {
		file, _ := from.Place(0)
		return nil, &dataio.Error{File: file, Reason: "there are no rows to predict for, only the names of columns or an empty list"}
	}
	return s, to.Close()
}

func (s *Summary) add(failures []client.WorkerFailure) {
	for _, f := range failures {
		known := false
		for _, old := range s.Failures {
			known = known || old.Worker == f.Worker
		}
		if !known {
			s.Failures = append(s.Failures, f)
		}
	}
}

// ReadRows reads a file of rows, without the target if w says which column that is. Errors are *dataio.Error.
func ReadRows(ctx context.Context, features string, w Written) (table.Rows, error) {
	if w.Target != "" {
		rows, _, err := dataio.ReadLabelled(ctx, features, w.options())
		return rows, err
	}
	read, err := dataio.ReadFeatures(ctx, features, w.options())
	if err != nil {
		return table.Rows{}, err
	}
	return read.Rows, nil
}

// ReadScored reads a file of features and the file of their targets, or, with w.Target, one file of both. Targets are
// labels: a master knows whether they are classes or numbers. If neither is named there are none, and the truth is nil. Errors
// are *dataio.Error.
func ReadScored(ctx context.Context, features, target string, w Written) (rows table.Rows, truth []learner.Label, err error) {
	if target == "" && w.Target == "" {
		rows, err = ReadRows(ctx, features, w)
		return rows, nil, err
	}
	if w.Target != "" {
		return dataio.ReadLabelled(ctx, features, w.options())
	}
	return dataio.ReadLabelledPair(ctx, features, target, w.options(), w.targets())
}
