package cluster

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"

	"golang.org/x/sync/semaphore"

	"github.com/gochimera/chimera/distribute/endpoint"
	"github.com/gochimera/chimera/models"
)

// Lasting is a Master whose models are stored, so that they outlive it. Its Fit
// stores what it has made with Fit.StorePart and Fit.Keep.
type Lasting interface {
	Master

	// Adopt puts a stored model into service when the master starts. No member has been called before, and
	// none is by Adopt: they are outdated then, and CatchUp gives them their parts.
	Adopt(ctx context.Context, stored *Stored) error

	// Serve puts a stored model into service in place of another, without a gap in predictions. Like a fit,
	// it leaves the old model in service if it fails, and calls f.Keeping before the new one is.
	Serve(ctx context.Context, f *Fit, stored *Stored) error
}

// Stored is a stored model.
type Stored struct {
	*models.Manifest
	store  *models.Store
	turn   *semaphore.Weighted // bytes of parts that are in memory
	copied bool                // it is a copy of this program
}

// stored opens a stored model.
func (c *Cluster) stored(ctx context.Context, id string) (*Stored, error) {
	m, err := c.setup.Models.Get(ctx, id)
	if err != nil {
		return nil, err
	}
	return &Stored{Manifest: m, store: c.setup.Models, turn: c.turn}, nil
}

// ServedModel is the stored model as a kind of master serves it.
func (s *Stored) ServedModel() Model {
	m := s.Model
	model := Model{
		FitID: s.ID, Task: m.Task, Features: m.Features, Classes: m.Classes, Baseline: m.Baseline, Rows: m.Rows,
		Columns: m.Columns, Preparation: m.Preparation, firsts: m.FirstRows, centers: m.Centers,
	}
	if m.Question != nil {
		model.question = *m.Question
	}
	return model
}

// Part is the entry of a part, and whether there is one.
func (s *Stored) Part(name string) (models.Part, bool) {
	i := slices.IndexFunc(s.Parts, func(p models.Part) bool { return p.Name == name })
	if i < 0 {
		return models.Part{}, false
	}
	return s.Parts[i], true
}

// RefitError reports that nothing is stored of a worker, which is to be fitted
// again.
type RefitError struct{ Worker, Reason string }

// Error says why.
func (e *RefitError) Error() string {
	return fmt.Sprintf("nothing is stored of worker %s: %s", e.Worker, e.Reason)
}

// Read reads a part. The error is a *RefitError if there is none, and a
// *models.DamagedError if it is not what was stored.
func (s *Stored) Read(ctx context.Context, name string) (part []byte, err error) {
	entry, err := s.entry(name)
	if err != nil {
		return nil, err
	}
	return s.store.Read(ctx, s.Manifest, entry)
}

// entry is the entry of a part that is stored.
func (s *Stored) entry(name string) (models.Part, error) {
	entry, ok := s.Part(name)
	switch {
	case !ok:
		return entry, &RefitError{name, "it did not take part in the fit"}
	case entry.Refit != "":
		return entry, &RefitError{name, entry.Refit}
	}
	return entry, nil
}

func (s *Stored) open(ctx context.Context, name string) (io.ReadCloser, error) {
	entry, err := s.entry(name)
	if err != nil {
		return nil, err
	}
	return s.store.Open(ctx, s.Manifest, entry)
}

// Check reads a part without keeping it. Errors are those of Read.
func (s *Stored) Check(ctx context.Context, name string) error {
	r, err := s.open(ctx, name)
	if err != nil {
		return err
	}
	_, err = io.Copy(io.Discard, r)
	return errors.Join(err, r.Close())
}

// Repair puts what write writes in place of a part that is damaged. It is
// refused if it is not what was stored.
func (s *Stored) Repair(ctx context.Context, name string, write func(io.Writer) error) error {
	part, ok := s.Part(name)
	if !ok {
		return &RefitError{name, "it did not take part in the fit"}
	}
	return s.store.Repair(ctx, s.Manifest, part, write)
}

// Drop removes a copy that Fit.KeepCopy made, when it is not in service any more.
// A model of the store stays.
func (s *Stored) Drop(ctx context.Context) error {
	if s == nil || !s.copied {
		return nil
	}
	return s.store.Remove(ctx, s.ID)
}

// Deliver sends a member its part, which is the frame of a request to an
// endpoint. Few parts are in memory at a time. Errors of reading it are those of
// Read.
func Deliver[Q, A any](ctx context.Context, c *Cluster, m *Member, s *Stored, e endpoint.Endpoint[Q, A]) (answer A, err error) {
	entry, _ := s.Part(m.Name)
	done, err := takeTurn(ctx, s.turn, entry.Size)
	if err != nil {
		return answer, err
	}
	defer done()
	part, err := s.Read(ctx, m.Name)
	if err != nil {
		return answer, err
	}
	message := NewMessage(e)
	message.Encoded(part)
	r := Send(ctx, c, m, message, nil)
	return r.Value, r.Err
}

// partsMemory is how many bytes the parts have together that are delivered at the same time, unless a single one has more.
const partsMemory = 256 << 20

// takeTurn waits until so many bytes may be read into memory.
func takeTurn(ctx context.Context, turn *semaphore.Weighted, bytes int64) (done func(), err error) {
	bytes = min(bytes, partsMemory)
	if err := turn.Acquire(ctx, bytes); err != nil {
		return nil, context.Cause(ctx)
	}
	return func() { turn.Release(bytes) }, nil
}
