package models

import (
	"archive/zip"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"slices"
	"strings"
)

// Limits bound what an archive may make a program do. A zero stands for the default.
type Limits struct {
	Bytes   int64 // of all files in it, when they are not compressed any more (64 GiB)
	Entries int   // files in it (10,000)
}

const (
	defaultBytes   = 64 << 30
	defaultEntries = 10_000
	// directoryBytes is how much may be read for each entry before its name is known, and endBytes for the rest.
	directoryBytes, endBytes = 512, 256 << 10
)

// Archive is a model in one file, as WriteArchive has written it.
type Archive struct {
	name     string // as a user finds it
	manifest *Manifest
	scores   []byte // nil if there are none
	parts    map[string]*zip.File
	file     io.Closer // nil if it is the caller's
}

// OpenArchive reads the archive in a file, until Close.
func OpenArchive(ctx context.Context, file string, limits Limits) (*Archive, error) {
	f, err := os.Open(file)
	if err != nil {
		return nil, err
	}
	info, err := f.Stat()
	if err != nil {
		return nil, errors.Join(err, f.Close())
	}
	if !info.Mode().IsRegular() {
		return nil, errors.Join(&DamagedError{file, errors.New("it is not a regular file")}, f.Close())
	}
	a, err := readArchive(ctx, file, f, info.Size(), limits)
	if err != nil {
		return nil, errors.Join(err, f.Close())
	}
	a.file = f
	return a, nil
}

// ReadArchive reads the archive in size bytes of r, which must last as long as it. It checks everything but the content
// of the parts, which is checked when they are read; Store.Import and Verify read all of it. An archive may come from
// anywhere: what is not exactly as WriteArchive writes it is a *DamagedError that names the entry.
func ReadArchive(ctx context.Context, r io.ReaderAt, size int64, limits Limits) (*Archive, error) {
	return readArchive(ctx, "the archive", r, size, limits)
}

func readArchive(ctx context.Context, name string, r io.ReaderAt, size int64, limits Limits) (*Archive, error) {
	if limits.Bytes <= 0 {
		limits.Bytes = defaultBytes
	}
	if limits.Entries <= 0 {
		limits.Entries = defaultEntries
	}
	a := &Archive{name: name, parts: map[string]*zip.File{}}
	files, err := a.directory(r, size, limits)
	if err != nil {
		return nil, err
	}
	if ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	if err := a.checkEntries(files, size, limits.Bytes); err != nil {
		return nil, err
	}
	if err := a.readTexts(files); err != nil {
		return nil, err
	}
	if err := a.checkParts(files); err != nil {
		return nil, err
	}
	if _, err := a.Store().Scores(ctx, a.manifest.ID); err != nil {
		return nil, err
	}
	return a, nil
}

// budget is a reader of which only so much may be read.
type budget struct {
	r    io.ReaderAt
	left int64 // negative for no limit
}

var errDirectory = errors.New("the list of its files is too long")

func (b *budget) ReadAt(p []byte, off int64) (int, error) {
	if b.left >= 0 {
		if b.left -= int64(len(p)); b.left < 0 {
			b.left = 0
			return 0, errDirectory
		}
	}
	return b.r.ReadAt(p, off)
}

// directory lists the entries. It reads no more than so many need, whatever the archive says of their number.
func (a *Archive) directory(r io.ReaderAt, size int64, limits Limits) ([]*zip.File, error) {
	b := &budget{r, endBytes + directoryBytes*int64(limits.Entries)}
	z, err := zip.NewReader(b, size)
	switch {
	case errors.Is(err, errDirectory):
	case err != nil:
		return nil, &DamagedError{a.name, fmt.Errorf("it is no %s file, or was cut off: %w", Extension, err)}
	case len(z.File) > limits.Entries:
		err = errDirectory
	}
	if err != nil {
		return nil, &DamagedError{a.name, fmt.Errorf("%w: there may be %d", err, limits.Entries)}
	}
	b.left = -1
	return z.File, nil
}

// bad is the error of an entry.
func (a *Archive) bad(entry, format string, args ...any) error {
	return &DamagedError{a.locate(entry), fmt.Errorf(format, args...)}
}

// locate is an entry as a user finds it.
func (a *Archive) locate(entry string) string { return fmt.Sprintf("%.200q in %s", entry, a.name) }

// checkEntries refuses entries that WriteArchive does not write, whatever their names.
func (a *Archive) checkEntries(files []*zip.File, size, limit int64) error {
	var total uint64
	end := int64(0) // of the entry before
	seen := make(map[string]bool, len(files))
	for _, f := range files {
		switch {
		case seen[f.Name]:
			return a.bad(f.Name, "it is there twice")
		case f.Flags&1 != 0:
			return a.bad(f.Name, "it is encrypted")
		case !f.Mode().IsRegular():
			return a.bad(f.Name, "it is not a regular file (%v)", f.Mode().Type())
		case f.Method != zip.Store && f.Method != zip.Deflate:
			return a.bad(f.Name, "it is compressed by a method (%d) that no model is", f.Method)
		case f.Method == zip.Store && f.CompressedSize64 != f.UncompressedSize64:
			return a.bad(f.Name, "it has %d bytes and takes %d, without being compressed", f.UncompressedSize64, f.CompressedSize64)
		case f.UncompressedSize64 > uint64(limit) || total+f.UncompressedSize64 > uint64(limit):
			return a.bad(f.Name, "with it there are more than %d bytes, the most that a model may have here", limit)
		}
		seen[f.Name] = true
		total += f.UncompressedSize64
		begin, err := f.DataOffset()
		if err != nil {
			return a.bad(f.Name, "where it begins there is no file: %w", err)
		}
		if begin < end || f.CompressedSize64 > uint64(size) || begin > size-int64(f.CompressedSize64) {
			return a.bad(f.Name, "it is said to be where there is another file, or none")
		}
		end = begin + int64(f.CompressedSize64)
	}
	return nil
}

// readTexts reads the manifest and the scores.
func (a *Archive) readTexts(files []*zip.File) error {
	if len(files) == 0 || files[0].Name != manifestName {
		return &DamagedError{a.name, errors.New("its first file is not " + manifestName + ": it is no archive of a model")}
	}
	text, err := a.text(files[0])
	if err != nil {
		return err
	}
	if a.manifest, err = DecodeManifest(text); err != nil {
		return &DamagedError{a.locate(manifestName), err}
	}
	if last := files[len(files)-1]; last.Name == scoresName {
		if a.scores, err = a.text(last); err != nil {
			return err
		}
		if _, err := opened(a.scores); err != nil {
			return &DamagedError{a.locate(scoresName), err}
		}
	}
	return nil
}

// text reads an entry that is in the archive as it is: so it takes no more memory than the archive is long.
func (a *Archive) text(f *zip.File) (text []byte, err error) {
	if f.Method != zip.Store {
		return nil, a.bad(f.Name, "it is compressed, which no archive's JSON is")
	}
	if f.UncompressedSize64 > maxJSON {
		return nil, a.bad(f.Name, "it has %d bytes; it may have %d", f.UncompressedSize64, int64(maxJSON))
	}
	r, err := f.Open()
	if err != nil {
		return nil, a.bad(f.Name, "%w", err)
	}
	defer func() { err = errors.Join(err, r.Close()) }()
	if text, err = io.ReadAll(r); err != nil {
		return nil, a.bad(f.Name, "%w", err)
	}
	return text, nil
}

// checkParts compares the entries with what the manifest lists.
func (a *Archive) checkParts(files []*zip.File) error {
	rest := files[1:]
	for _, p := range a.manifest.Parts {
		if p.Refit != "" {
			continue
		}
		name := path.Join(partsFolder, p.Name)
		switch {
		case len(rest) == 0:
			return a.bad(name, "it is missing")
		case rest[0].Name != name:
			return a.bad(rest[0].Name, "the manifest lists %s in its place", name)
		case rest[0].UncompressedSize64 != uint64(p.Size):
			return a.bad(name, "it is said to have %d bytes; the manifest says %d", rest[0].UncompressedSize64, p.Size)
		}
		a.parts[path.Join(a.manifest.ID, name)] = rest[0]
		rest = rest[1:]
	}
	if a.scores != nil {
		rest = rest[:len(rest)-1]
	}
	if len(rest) > 0 {
		return a.bad(rest[0].Name, "the manifest does not list it")
	}
	return nil
}

// Manifest says what the model is.
func (a *Archive) Manifest() *Manifest { return a.manifest }

// Store is the archive as a store of one model, which is in service. It can only be read.
func (a *Archive) Store() *Store { return &Store{bucket: archived{a}, reader: true} }

// Verify reads all parts and compares them with their checksums.
func (a *Archive) Verify(ctx context.Context) error {
	s := a.Store()
	for _, p := range a.manifest.Parts {
		if p.Refit != "" {
			continue
		}
		r, err := s.Open(ctx, a.manifest, p)
		if err != nil {
			return err
		}
		_, err = io.Copy(io.Discard, until(ctx, r))
		if err := errors.Join(err, r.Close()); err != nil {
			return err
		}
	}
	return nil
}

// Close closes the file that OpenArchive has opened.
func (a *Archive) Close() error {
	if a.file == nil {
		return nil
	}
	return a.file.Close()
}

// archived is an archive as a Bucket.
type archived struct{ a *Archive }

var _ Bucket = archived{}

// Write refuses to: an archive is whole.
func (archived) Write(context.Context, string, func(io.Writer) error) error { return ErrReader }

// Remove refuses to.
func (archived) Remove(context.Context, string) error { return ErrReader }

// texts are the objects of the bucket that are in memory.
func (b archived) texts(name string) (text []byte, ok bool, err error) {
	m := b.a.manifest
	switch {
	case name == manifestOf(m.ID):
		text, err = m.Encode()
	case name == path.Join(m.ID, scoresName) && b.a.scores != nil:
		text = b.a.scores
	case name == servingName:
		text, err = seal(serving{m.ID})
	default:
		return nil, false, nil
	}
	return text, true, err
}

// Open opens an object.
func (b archived) Open(_ context.Context, name string) (io.ReadCloser, error) {
	if text, ok, err := b.texts(name); ok || err != nil {
		return io.NopCloser(bytes.NewReader(text)), err
	}
	f, ok := b.a.parts[name]
	if !ok {
		return nil, &fs.PathError{Op: "open", Path: b.Locate(name), Err: fs.ErrNotExist}
	}
	r, err := f.Open()
	if err != nil {
		return nil, &DamagedError{b.Locate(name), err}
	}
	return &archivedPart{r, b.Locate(name)}, nil
}

// archivedPart reads an entry. Errors of what is compressed name it.
type archivedPart struct {
	io.ReadCloser
	file string
}

func (p *archivedPart) Read(b []byte) (int, error) {
	n, err := p.ReadCloser.Read(b)
	if err != nil && !errors.Is(err, io.EOF) {
		err = &DamagedError{p.file, err}
	}
	return n, err
}

// List lists the objects.
func (b archived) List(_ context.Context, prefix string) ([]Object, error) {
	var all []Object
	add := func(name string, size int64) {
		if strings.HasPrefix(name, prefix) {
			all = append(all, Object{Name: name, Size: size, Modified: b.a.manifest.Created})
		}
	}
	for _, name := range []string{manifestOf(b.a.manifest.ID), path.Join(b.a.manifest.ID, scoresName), servingName} {
		text, ok, err := b.texts(name)
		if err != nil {
			return nil, err
		}
		if ok {
			add(name, int64(len(text)))
		}
	}
	for name, f := range b.a.parts {
		add(name, int64(f.UncompressedSize64))
	}
	slices.SortFunc(all, func(x, y Object) int { return strings.Compare(x.Name, y.Name) })
	return all, nil
}

// Locate names the entry and the archive.
func (b archived) Locate(name string) string {
	if inside, ok := strings.CutPrefix(name, b.a.manifest.ID+"/"); ok {
		return b.a.locate(inside)
	}
	if name == b.a.manifest.ID {
		return b.a.name
	}
	return b.a.locate(name)
}

// Close leaves the archive open, which its owner closes.
func (archived) Close() error { return nil }
