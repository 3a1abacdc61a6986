package models

import (
	"context"
	"errors"
	"fmt"
	"io"
	"path"
	"sync"
)

// Draft is a model that is being stored. It is a model once Commit returns nil.
type Draft struct {
	store *Store
	id    string

	mu    sync.Mutex
	parts map[string]Part // those that are written
}

// Draft begins to store the model of a fit.
func (s *Store) Draft(id string) (*Draft, error) {
	if err := CheckID(id); err != nil {
		return nil, err
	}
	if err := s.mayWrite(); err != nil {
		return nil, err
	}
	return &Draft{store: s, id: id, parts: map[string]Part{}}, nil
}

// Write stores a part, which is what write writes. Several may be written at
// the same time.
func (d *Draft) Write(ctx context.Context, name string, write func(io.Writer) error) (Part, error) {
	if !plain(name) {
		return Part{}, fmt.Errorf("%q cannot be the name of a part", name)
	}
	part, written := Part{Name: name}, &sum{}
	defer func() { written.end() }()
	err := d.store.bucket.Write(ctx, path.Join(d.id, partsFolder, name), func(w io.Writer) error {
		written.end() // of an attempt before
		written = &sum{}
		counted := &counter{w: io.MultiWriter(w, written)}
		err := write(counted)
		part.Size = counted.n
		return err
	})
	if err != nil {
		return Part{}, fmt.Errorf("storing the part of %s: %w", name, err)
	}
	part.SHA256 = written.text() // the rest of it was hashed while the disk wrote
	d.mu.Lock()
	defer d.mu.Unlock()
	d.parts[name] = part
	return part, nil
}

// Commit writes the manifest, which makes it a model. Its parts are among those that were written, or are fitted again
// instead; what was written besides is removed.
func (d *Draft) Commit(ctx context.Context, m *Manifest) error {
	m.Format, m.ID = FormatVersion, d.id
	text, err := m.Encode()
	if err == nil {
		err = d.complete(ctx, m.Parts)
	}
	if err == nil {
		err = d.store.writeText(ctx, manifestOf(d.id), text)
	}
	if err != nil {
		return fmt.Errorf("storing the model: %w", err)
	}
	return nil
}

// complete compares parts with those that were written, and removes what was written of others.
func (d *Draft) complete(ctx context.Context, parts []Part) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	wanted := map[string]bool{}
	for _, p := range parts {
		if p.Refit != "" {
			continue
		}
		if d.parts[p.Name] != p {
			return fmt.Errorf("part %s is not what was written", p.Name)
		}
		wanted[p.Name] = true
	}
	for name := range d.parts {
		if !wanted[name] {
			if err := d.store.bucket.Remove(ctx, path.Join(d.id, partsFolder, name)); err != nil {
				return err
			}
		}
	}
	return nil
}

// Abort removes what was stored.
func (d *Draft) Abort(ctx context.Context) error { return d.store.Remove(ctx, d.id) }

// counter counts bytes.
type counter struct {
	w io.Writer
	n int64
}

func (c *counter) Write(p []byte) (int, error) {
	n, err := c.w.Write(p)
	c.n += int64(n)
	return n, err
}

// Continue takes over a part that a program had written which was killed. read
// is given the part, and may refuse it. The error wraps fs.ErrNotExist if there
// is none; then, as after every error, it is to be written.
func (d *Draft) Continue(ctx context.Context, name string, read func(io.Reader) error) (part Part, err error) {
	if !plain(name) {
		return part, fmt.Errorf("%q cannot be the name of a part", name)
	}
	r, err := d.store.bucket.Open(ctx, path.Join(d.id, partsFolder, name))
	if err != nil {
		return part, err
	}
	defer func() { err = errors.Join(err, r.Close()) }()
	found := &sum{}
	defer found.end()
	counted := &counter{w: found}
	passing := io.TeeReader(r, counted)
	if err := read(passing); err != nil {
		return part, err
	}
	if _, err := io.Copy(io.Discard, passing); err != nil {
		return part, err
	}
	part = Part{Name: name, Size: counted.n, SHA256: found.text()}
	d.mu.Lock()
	defer d.mu.Unlock()
	d.parts[name] = part
	return part, nil
}
