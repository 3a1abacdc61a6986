package models

import (
	"archive/zip"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"
	"time"
)

// Extension is how the name of an archive ends.
const Extension = ".chimera"

// written is when all entries of an archive were written: its bytes depend on the model alone.
var written = time.Date(1980, 1, 1, 0, 0, 0, 0, time.UTC)

// WriteArchive writes a model as one file, which moves it: a zip of manifest.json, parts/<name> in the order of the
// manifest, and scores.json if there are any. Parts are read and written as they come, so that none is in memory, and
// held to their checksums. The same model makes the same bytes.
func WriteArchive(ctx context.Context, w io.Writer, s *Store, m *Manifest) error {
	text, err := m.Encode()
	if err != nil {
		return err
	}
	z := zip.NewWriter(w)
	// Not compressed: whoever reads an archive needs no more memory for its JSON than the file is long.
	if err := addText(z, manifestName, text); err != nil {
		return err
	}
	for _, p := range m.Parts {
		if p.Refit != "" {
			continue
		}
		if err := addPart(ctx, z, s, m, p); err != nil {
			return err
		}
	}
	scores, err := s.scoresText(ctx, m.ID)
	if err != nil {
		return err
	}
	if scores != nil {
		if err := addText(z, scoresName, scores); err != nil {
			return err
		}
	}
	return z.Close()
}

// entry begins an entry of an archive.
func entry(z *zip.Writer, name string, method uint16) (io.Writer, error) {
	h := &zip.FileHeader{Name: name, Method: method, Modified: written}
	h.SetMode(0o644)
	return z.CreateHeader(h)
}

func addText(z *zip.Writer, name string, text []byte) error {
	w, err := entry(z, name, zip.Store)
	if err != nil {
		return err
	}
	_, err = w.Write(text)
	return err
}

func addPart(ctx context.Context, z *zip.Writer, s *Store, m *Manifest, p Part) (err error) {
	r, err := s.Open(ctx, m, p)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, r.Close()) }()
	w, err := entry(z, path.Join(partsFolder, p.Name), zip.Deflate)
	if err != nil {
		return err
	}
	_, err = io.Copy(w, until(ctx, r))
	return err
}

// until reads r as long as ctx lasts.
func until(ctx context.Context, r io.Reader) io.Reader { return &untilReader{ctx, r} }

type untilReader struct {
	ctx context.Context //nolint:containedctx // it is one copy's
	r   io.Reader
}

func (u *untilReader) Read(p []byte) (int, error) {
	if u.ctx.Err() != nil {
		return 0, context.Cause(u.ctx)
	}
	return u.r.Read(p)
}

// scoresText is the file of a model's scores; nil if there is none.
func (s *Store) scoresText(ctx context.Context, id string) ([]byte, error) {
	var text []byte
	err := s.read(ctx, path.Join(id, scoresName), func(t []byte) error {
		text = t
		_, err := opened(t)
		return err
	})
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	return text, err
}

// ExistsError reports that a store has a model already.
type ExistsError struct{ ID string }

// Error names the fit.
func (e *ExistsError) Error() string {
	return fmt.Sprintf("there is a stored model %q already: it is this one, or remove it first", e.ID)
}

// Import stores the model of an archive. Its manifest is written when everything else was read and is right. The error
// is an *ExistsError if there is one of the same fit, and a *DamagedError if the archive cannot be used.
func (s *Store) Import(ctx context.Context, a *Archive) (_ *Manifest, err error) {
	m := a.Manifest()
	var missing *NotFoundError
	switch _, err := s.Get(ctx, m.ID); {
	case err == nil:
		return nil, &ExistsError{m.ID}
	case !errors.As(err, &missing):
		return nil, err
	}
	d, err := s.Draft(m.ID)
	if err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, d.Abort(context.WithoutCancel(ctx)))
		}
	}()
	for _, p := range m.Parts {
		if p.Refit != "" {
			continue
		}
		if err := a.copyPart(ctx, d, p); err != nil {
			return nil, err
		}
	}
	if a.scores != nil {
		if err := s.writeText(ctx, path.Join(m.ID, scoresName), a.scores); err != nil {
			return nil, err
		}
	}
	if err := d.Commit(ctx, m); err != nil {
		return nil, err
	}
	return m, nil
}

// copyPart stores a part of an archive.
func (a *Archive) copyPart(ctx context.Context, d *Draft, p Part) (err error) {
	r, err := a.Store().Open(ctx, a.manifest, p)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, r.Close()) }()
	_, err = d.Write(ctx, p.Name, func(w io.Writer) error {
		_, err := io.Copy(w, until(ctx, r))
		return err
	})
	return err
}
