package models

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"path"
)

// Encode is the text of a manifest, which ends with its own checksum. It refuses a manifest that could not be read
// again.
func (m *Manifest) Encode() ([]byte, error) {
	if err := m.Check(); err != nil {
		return nil, fmt.Errorf("the manifest of %q cannot be stored: %w", m.ID, err)
	}
	return seal(m)
}

// DecodeManifest reads what Encode wrote, in this version or an earlier one. What it returns has passed Check.
// Fields that it does not know are left out: a version that adds one which must not be overlooked raises the format.
func DecodeManifest(text []byte) (*Manifest, error) {
	body, err := opened(text)
	if err != nil {
		return nil, err
	}
	var version struct {
		Format int `json:"format"`
	}
	if err := json.Unmarshal(body, &version); err != nil {
		return nil, err
	}
	if err := formatError(version.Format); err != nil { // before a later format is taken for a wrong one
		return nil, err
	}
	m := &Manifest{}
	if err := json.Unmarshal(body, m); err != nil {
		return nil, err
	}
	if m.State, err = compacted(m.State); err != nil {
		return nil, err
	}
	if err := m.Check(); err != nil {
		return nil, err
	}
	return m, nil
}

// compacted takes the indentation away that a file has.
func compacted(raw json.RawMessage) (json.RawMessage, error) {
	if raw == nil {
		return nil, nil
	}
	var b bytes.Buffer
	err := json.Compact(&b, raw)
	return b.Bytes(), err
}

// read decodes an object. An error of its content is a *DamagedError; errors of the bucket wrap fs.ErrNotExist for
// one that is not there.
func (s *Store) read(ctx context.Context, name string, decode func(text []byte) error) (err error) {
	r, err := s.bucket.Open(ctx, name)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, r.Close()) }()
	text, err := io.ReadAll(io.LimitReader(r, maxJSON+1))
	switch {
	case err != nil:
		return fmt.Errorf("reading %s: %w", s.bucket.Locate(name), err)
	case len(text) > maxJSON:
		err = fmt.Errorf("it has more than %d bytes", maxJSON)
	default:
		err = decode(text)
	}
	if err != nil {
		return &DamagedError{s.bucket.Locate(name), err}
	}
	return nil
}

// write seals v and writes it as an object.
func (s *Store) write(ctx context.Context, name string, v any) error {
	text, err := seal(v)
	if err != nil {
		return fmt.Errorf("writing %s: %w", s.bucket.Locate(name), err)
	}
	return s.writeText(ctx, name, text)
}

func (s *Store) writeText(ctx context.Context, name string, text []byte) error {
	if err := s.mayWrite(); err != nil {
		return err
	}
	return s.bucket.Write(ctx, name, func(w io.Writer) error {
		_, err := w.Write(text)
		return err
	})
}

func manifestOf(id string) string { return path.Join(id, manifestName) }
