package stored

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/gochimera/chimera/api"
	"github.com/gochimera/chimera/client"
	"github.com/gochimera/chimera/models"
)

// Source is where stored models and recorded fits are: a master, or a store. An ID may be shortened, or a word: see models.Store.Find.
type Source interface {
	Models(ctx context.Context) (*models.Listing, error)
	Model(ctx context.Context, id string) (*models.Detail, error)
	ServeModel(ctx context.Context, id string) (*api.ServeResponse, error)
	RemoveModel(ctx context.Context, id string) error
	ExportModel(ctx context.Context, id string, to io.Writer) error
	ImportModel(ctx context.Context, file io.Reader, size int64) (m *models.Detail, isNew bool, err error)
	Runs(ctx context.Context) (*models.History, error)
	Run(ctx context.Context, id string) (*models.Run, error)
	RunEvents(ctx context.Context, id string, each func(client.Event) bool) error
	Close()
}

var (
	_ Source = (*client.Client)(nil)
	_ Source = (*Local)(nil)
)

// Local is the store of a project whose program does not run. What changes it takes its lock.
type Local struct{ Store *models.Store }

// Close releases the store.
func (l *Local) Close() { _ = l.Store.Close() } // what was written is there

// Models are the stored models, the newest first.
func (l *Local) Models(ctx context.Context) (*models.Listing, error) { return l.Store.Summaries(ctx) }

// Model is all that is known of a stored model.
func (l *Local) Model(ctx context.Context, id string) (*models.Detail, error) {
	id, err := l.Store.Find(ctx, id)
	if err != nil {
		return nil, err
	}
	return l.Store.Detail(ctx, id)
}

// ServeModel has the next start of the program put the model into service.
func (l *Local) ServeModel(ctx context.Context, id string) (*api.ServeResponse, error) {
	begun := time.Now()
	id, err := l.change(ctx, id)
	if err != nil {
		return nil, err
	}
	if _, err := l.Store.Get(ctx, id); err != nil {
		return nil, err
	}
	before, err := l.Store.Serving(ctx)
	if err != nil && !errors.As(err, new(*models.DamagedError)) { // which is mended so
		return nil, err
	}
	if err := l.Store.SetServing(ctx, id); err != nil {
		return nil, err
	}
	return &api.ServeResponse{
		ID: id, State: "serving", Before: before, Seconds: time.Since(begun).Seconds(),
		Notes: []string{"No master runs: the model is in service from the program's next start on, if it suits its workers."},
	}, nil
}

// ErrInUse reports that the model in service cannot be removed.
var ErrInUse = errors.New("it is in service, also after a restart; serve another one first")

// RemoveModel removes a model, but not the one in service.
func (l *Local) RemoveModel(ctx context.Context, id string) error {
	id, err := l.change(ctx, id)
	if err != nil {
		return err
	}
	serving, err := l.Store.Serving(ctx)
	if err != nil {
		return err
	}
	if id == serving {
		return fmt.Errorf("the model %s cannot be removed: %w", id, ErrInUse)
	}
	return l.Store.Forget(ctx, id)
}

// change finds a model and takes the lock.
func (l *Local) change(ctx context.Context, id string) (string, error) {
	id, err := l.Store.Find(ctx, id)
	if err == nil {
		err = l.Store.Lock(ctx)
	}
	return id, err
}

// ExportModel writes a model as one file.
func (l *Local) ExportModel(ctx context.Context, id string, to io.Writer) error {
	id, err := l.Store.Find(ctx, id)
	if err != nil {
		return err
	}
	m, err := l.Store.Get(ctx, id)
	if err != nil {
		return err
	}
	return models.WriteArchive(ctx, to, l.Store, m)
}

// ImportModel takes in a model from one file, which must be an io.ReaderAt. isNew is false if the store has it already.
func (l *Local) ImportModel(ctx context.Context, file io.Reader, size int64) (m *models.Detail, isNew bool, err error) {
	at, ok := file.(io.ReaderAt)
	if !ok {
		return nil, false, errors.New("a model is taken in from a file, not from a stream")
	}
	archive, err := models.ReadArchive(ctx, at, size, models.Limits{})
	if err == nil {
		err = l.Store.Lock(ctx)
	}
	if err != nil {
		return nil, false, err
	}
	_, err = l.Store.Import(ctx, archive)
	id := archive.Manifest().ID
	var exists *models.ExistsError
	if errors.As(err, &exists) {
		same, problem := l.Store.Same(ctx, archive.Manifest())
		if problem != nil {
			return nil, false, problem
		}
		if !same {
			return nil, false, fmt.Errorf("there is a stored model %s already, and it is another one; remove it first", id)
		}
		m, err = l.Store.Detail(ctx, id)
		return m, false, err
	}
	if err != nil {
		return nil, false, err
	}
	m, err = l.Store.Detail(ctx, id)
	return m, true, err
}

// Runs are the fits so far, the last one first.
func (l *Local) Runs(ctx context.Context) (*models.History, error) { return l.Store.History(ctx) }

// Run is the record of one fit.
func (l *Local) Run(ctx context.Context, id string) (*models.Run, error) {
	id, err := l.Store.FindRun(ctx, id)
	if err != nil {
		return nil, err
	}
	return l.Store.Run(ctx, id)
}

// RunEvents calls each with the events of one fit, until each returns false.
func (l *Local) RunEvents(ctx context.Context, id string, each func(client.Event) bool) (err error) {
	id, err = l.Store.FindRun(ctx, id)
	if err != nil {
		return err
	}
	r, err := l.Store.Events(ctx, id)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, r.Close()) }()
	if err := api.ReadEvents(r, each); err != nil {
		return &models.DamagedError{File: l.Store.LocateEvents(id), Err: err}
	}
	return nil
}
