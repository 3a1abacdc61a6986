package inference

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"

	"gonum.org/v1/gonum/mat"

	"github.com/gochimera/chimera/client"
	"github.com/gochimera/chimera/internal/dataio"
	"github.com/gochimera/chimera/learner"
)

// Predictor answers for rows: a *client.Client.
type Predictor interface {
	Predict(ctx context.Context, columns []string, x *mat.Dense) (*client.Prediction, error)
}

// Summary describes a prediction of many batches.
type Summary struct {
	Rows     int
	FitID    string
	Failures []client.WorkerFailure // of all batches, each worker once
}

// Predict has the master answer for all rows of a source, batch rows at a time,
// and reports to progress, which may be nil, how many are done. All answers are of
// one model: if another is fitted meanwhile, that is an error.
func Predict(ctx context.Context, master Predictor, from Source, to Sink, batch int, progress func(rows int)) (*Summary, error) {
	s := &Summary{}
	for {
		columns, x, err := from.Next(ctx, batch)
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, err
		}
		p, err := master.Predict(ctx, columns, x)
		if err != nil {
			return nil, err
		}
		if s.Rows > 0 && p.FitID != s.FitID {
			return nil, fmt.Errorf("the model changed after %d rows (fit %s, then %s): predict again", s.Rows, s.FitID, p.FitID)
		}
		s.FitID = p.FitID
		s.add(p.Failures)
		s.Rows += rows(p)
		if err := to.Write(p); err != nil {
			return nil, err
		}
		if progress != nil {
			progress(s.Rows)
		}
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

// ReadScored reads a file of features and the file of their targets, as labels: a
// master knows whether they are classes or numbers. Errors are *dataio.Error.
func ReadScored(ctx context.Context, features, target string) (columns []string, x *mat.Dense, truth []learner.Label, err error) {
	table, err := dataio.ReadFeatures(ctx, features, dataio.Options{})
	if err == nil {
		err = table.CheckNumbers()
	}
	if err != nil {
		return nil, nil, nil, err
	}
	f, err := os.Open(target)
	if err != nil {
		return nil, nil, nil, &dataio.Error{File: target, Reason: "cannot open", Err: errors.Unwrap(err)}
	}
	defer func() { _ = f.Close() }() // only read
	r, err := dataio.NewTargetReader(f, target, dataio.Options{Header: dataio.HeaderYes})
	if err != nil {
		return nil, nil, nil, err
	}
	truth, err = r.ReadLabels(ctx, -1)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, nil, nil, err
	}
	if rows := table.Len(); rows != len(truth) {
		return nil, nil, nil, &dataio.Error{
			File: target, Reason: fmt.Sprintf("%d rows, but %s has %d: they must be the same rows in the same order", len(truth), features, rows),
		}
	}
	return table.Columns, table.X, truth, nil
}
