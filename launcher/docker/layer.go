package docker

import (
	"archive/tar"
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/types"
)

// file is a file or folder of a layer.
type file struct {
	name   string // in the image, without a slash before it; a folder's ends with one
	source string // on this machine; of no meaning for a folder
	mode   int64
	size   int64
}

// layer is files of this machine as a layer of an image. Owner, times and
// order are fixed, so that its digest depends on names and contents only. It is not
// compressed: the way to an engine is mostly short, and compressors differ
// between releases while digests must not.
type layer struct {
	files []file
	hash  v1.Hash
	size  int64 // of the tar
}

func newLayer(files []file) (*layer, error) {
	l := &layer{files: slices.Clone(files)}
	slices.SortFunc(l.files, func(a, b file) int { return cmp.Compare(a.name, b.name) })
	h := sha256.New()
	counter := &counting{w: h}
	if err := l.write(counter); err != nil {
		return nil, err
	}
	l.hash, l.size = v1.Hash{Algorithm: "sha256", Hex: hex.EncodeToString(h.Sum(nil))}, counter.n
	return l, nil
}

// executableLayer has a worker's executable.
func executableLayer(executable string) (*layer, error) {
	info, err := os.Stat(executable)
	if err != nil {
		return nil, fmt.Errorf("the built worker: %w", err)
	}
	return newLayer([]file{{name: strings.TrimPrefix(imageExecutable, "/"), source: executable, mode: 0o755, size: info.Size()}})
}

// dataLayer has everything in a worker's data folder.
func dataLayer(dir string) (*layer, error) {
	root := strings.TrimPrefix(imageData, "/")
	var files []file
	err := filepath.WalkDir(dir, func(at string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(dir, at)
		if err != nil {
			return err
		}
		name := path.Join(root, filepath.ToSlash(rel))
		info, err := os.Stat(at) // links are followed: what they point to is not in the image
		switch {
		case err != nil:
			return err
		case info.IsDir() && !d.IsDir():
			return fmt.Errorf("%s is a link to a folder, which an image cannot have: put the folder itself there", at)
		case info.IsDir():
			files = append(files, file{name: name + "/", mode: 0o755})
		case info.Mode().IsRegular():
			files = append(files, file{name: name, source: at, mode: 0o644, size: info.Size()})
		default:
			return fmt.Errorf("%s is neither a file nor a folder", at)
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("training data: %w", err)
	}
	return newLayer(files)
}

// write writes the tar. A file that is not as long as it was is an error.
func (l *layer) write(w io.Writer) error {
	archive := tar.NewWriter(w)
	for _, f := range l.files {
		header := &tar.Header{Typeflag: tar.TypeReg, Name: f.name, Mode: f.mode, Size: f.size, Format: tar.FormatPAX}
		if strings.HasSuffix(f.name, "/") {
			header.Typeflag = tar.TypeDir
		}
		if err := archive.WriteHeader(header); err != nil {
			return fmt.Errorf("%s: %w", f.name, err)
		}
		if header.Typeflag == tar.TypeDir {
			continue
		}
		if err := copyFile(archive, f.source); err != nil {
			return err
		}
	}
	return archive.Close()
}

func copyFile(w io.Writer, name string) error {
	f, err := os.Open(name)
	if err != nil {
		return err
	}
	defer func() { _ = f.Close() }() // it was only read
	if _, err := io.Copy(w, f); err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	return nil
}

// counting counts what is written.
type counting struct {
	w io.Writer
	n int64
}

func (c *counting) Write(p []byte) (int, error) {
	n, err := c.w.Write(p)
	c.n += int64(n)
	return n, err
}

// Digest is that of the tar, since the layer is not compressed.
func (l *layer) Digest() (v1.Hash, error) { return l.hash, nil }

// DiffID is the digest of the tar.
func (l *layer) DiffID() (v1.Hash, error) { return l.hash, nil }

// Compressed is the tar, not compressed.
func (l *layer) Compressed() (io.ReadCloser, error) { return l.Uncompressed() }

// Uncompressed is the tar. Closing it ends the goroutine that writes it.
func (l *layer) Uncompressed() (io.ReadCloser, error) {
	r, w := io.Pipe()
	go func() { _ = w.CloseWithError(l.write(w)) }() // it never fails
	return r, nil
}

// Size is that of the tar in bytes.
func (l *layer) Size() (int64, error) { return l.size, nil }

// MediaType says that the layer is not compressed.
func (l *layer) MediaType() (types.MediaType, error) { return types.DockerUncompressedLayer, nil }

var _ v1.Layer = (*layer)(nil)
