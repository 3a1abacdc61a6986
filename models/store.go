package models

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/gochimera/chimera/internal/filelock"
)

const (
	manifestName = "manifest.json"
	scoresName   = "scores.json"
	servingName  = "serving.json"
	partsFolder  = "parts"
	runsFolder   = "runs"
)

// Store is the models of a project. It may be used by several goroutines, but
// by one program at a time that writes.
type Store struct {
	bucket Bucket
	reader bool           // it is not to be written
	home   string         // folder of the lock
	lock   *filelock.Lock // nil if there is none

	attaching sync.Mutex       // held while scores are read and written
	now       func() time.Time // for the ages of models
}

// NewStore makes a store of a bucket, which nobody else writes to.
func NewStore(b Bucket) *Store { return &Store{bucket: b, now: time.Now} }

// Close releases the bucket, and the lock.
func (s *Store) Close() error { return errors.Join(s.bucket.Close(), s.unlock()) }

// Locate is where a model is, as a user finds it.
func (s *Store) Locate(id string) string { return s.bucket.Locate(id) }

// NotFoundError reports that a store has no model of a fit.
type NotFoundError struct{ ID string }

// Error names the fit.
func (e *NotFoundError) Error() string { return fmt.Sprintf("there is no stored model %q", e.ID) }

// DamagedError reports that a file of a store cannot be used.
type DamagedError struct {
	File string // as a user finds it
	Err  error
}

// Error names the file.
func (e *DamagedError) Error() string { return fmt.Sprintf("%s cannot be used: %v", e.File, e.Err) }

// Unwrap returns the reason.
func (e *DamagedError) Unwrap() error { return e.Err }

// Get is the manifest of a model. The error is a *NotFoundError, or a
// *DamagedError if it cannot be used.
func (s *Store) Get(ctx context.Context, id string) (*Manifest, error) {
	if err := CheckID(id); err != nil {
		return nil, &NotFoundError{id}
	}
	var m *Manifest
	err := s.read(ctx, manifestOf(id), func(text []byte) (err error) {
		if m, err = DecodeManifest(text); err == nil && m.ID != id {
			err = fmt.Errorf("it is the manifest of %q", m.ID)
		}
		return err
	})
	if errors.Is(err, fs.ErrNotExist) {
		return nil, &NotFoundError{id}
	}
	if err != nil {
		return nil, err
	}
	return m, nil
}

// List is the manifests of all models, the newest first. Those that cannot be
// used are in the joined error, beside the others.
func (s *Store) List(ctx context.Context) ([]*Manifest, error) {
	objects, err := s.bucket.List(ctx, "")
	if err != nil {
		return nil, err
	}
	var all []*Manifest
	var damaged []error
	for _, o := range objects {
		id, file := path.Split(o.Name)
		if file != manifestName || CheckID(strings.TrimSuffix(id, "/")) != nil {
			continue
		}
		m, err := s.Get(ctx, strings.TrimSuffix(id, "/"))
		if err != nil {
			damaged = append(damaged, err)
			continue
		}
		all = append(all, m)
	}
	slices.SortFunc(all, func(a, b *Manifest) int { return cmp.Or(b.Created.Compare(a.Created), strings.Compare(b.ID, a.ID)) })
	return all, errors.Join(damaged...)
}

// Open opens a part of a model. Reading returns a *DamagedError instead of
// io.EOF if the part is not what was stored.
func (s *Store) Open(ctx context.Context, m *Manifest, part Part) (io.ReadCloser, error) {
	v, err := s.open(ctx, m, part)
	if err != nil {
		return nil, err
	}
	return v, nil
}

// Read reads a part into memory. The error is a *DamagedError if it is not what was stored.
func (s *Store) Read(ctx context.Context, m *Manifest, part Part) (text []byte, err error) {
	v, err := s.open(ctx, m, part)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, v.Close()) }()
	return v.whole()
}

func (s *Store) open(ctx context.Context, m *Manifest, part Part) (*verified, error) {
	name := path.Join(m.ID, partsFolder, part.Name)
	r, err := s.bucket.Open(ctx, name)
	if errors.Is(err, fs.ErrNotExist) {
		err = &DamagedError{s.bucket.Locate(name), errors.New("the file is missing")}
	}
	if err != nil {
		return nil, err
	}
	return newVerified(r, part, s.bucket.Locate(name)), nil
}

// Repair puts what write writes in place of a part that is damaged. If it is not
// what was stored, nothing changes, and the error says so.
func (s *Store) Repair(ctx context.Context, m *Manifest, part Part, write func(io.Writer) error) error {
	if err := s.mayWrite(); err != nil {
		return err
	}
	name := path.Join(m.ID, partsFolder, part.Name)
	return s.bucket.Write(ctx, name, func(w io.Writer) error {
		written := &sum{}
		defer written.end()
		counted := &counter{w: io.MultiWriter(w, written)}
		if err := write(counted); err != nil {
			return err
		}
		if counted.n != part.Size || written.text() != part.SHA256 {
			return fmt.Errorf("these %d bytes are not the part of %s that was stored in %s", counted.n, part.Name, s.bucket.Locate(name))
		}
		return nil
	})
}

// serving is the content of serving.json.
type serving struct {
	ID string `json:"id"`
}

// Serving is the ID of the model in service; empty if there is none.
func (s *Store) Serving(ctx context.Context) (string, error) {
	var at serving
	err := s.read(ctx, servingName, func(text []byte) error {
		if err := unseal(text, &at); err != nil || at.ID == "" {
			return err
		}
		return CheckID(at.ID)
	})
	if errors.Is(err, fs.ErrNotExist) {
		return "", nil
	}
	if err != nil {
		return "", err
	}
	return at.ID, nil
}

// SetServing records the model in service; empty for none.
func (s *Store) SetServing(ctx context.Context, id string) error {
	if id != "" {
		if err := CheckID(id); err != nil {
			return &NotFoundError{id}
		}
	}
	return s.write(ctx, servingName, serving{id})
}

// Remove removes a model.
func (s *Store) Remove(ctx context.Context, id string) error {
	if err := CheckID(id); err != nil {
		return &NotFoundError{id}
	}
	if err := s.mayWrite(); err != nil {
		return err
	}
	if err := s.bucket.Remove(ctx, manifestOf(id)); err != nil { // first: then the rest is no model any more
		return err
	}
	objects, err := s.bucket.List(ctx, id+"/")
	for _, o := range objects {
		err = errors.Join(err, s.bucket.Remove(ctx, o.Name))
	}
	return err
}
