package ociimage

import (
	"archive/tar"
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/types"
)

// File is a file or folder of a layer.
type File struct {
	Name   string // in the image, without a slash before it; a folder's ends with one
	Source string // on this machine; of no meaning for a folder
	Mode   int64
	Size   int64
}

// Layer is files of this machine as a layer of an image. Owner, times and
// order are fixed, so that its digest depends on names and contents only. It is not
// compressed: the way to an engine is mostly short, and compressors differ
// between releases while digests must not.
type Layer struct {
	files []File
	hash  v1.Hash
	size  int64 // of the tar
}

// NewLayer makes a layer of files and folders, and reads all of them once.
func NewLayer(files []File) (*Layer, error) {
	l := &Layer{files: slices.Clone(files)}
	slices.SortFunc(l.files, func(a, b File) int { return cmp.Compare(a.Name, b.Name) })
	h := sha256.New()
	counter := &counting{w: h}
	if err := l.write(counter); err != nil {
		return nil, err
	}
	l.hash, l.size = v1.Hash{Algorithm: "sha256", Hex: hex.EncodeToString(h.Sum(nil))}, counter.n
	return l, nil
}

// write writes the tar. A file that is not as long as it was is an error.
func (l *Layer) write(w io.Writer) error {
	archive := tar.NewWriter(w)
	for _, f := range l.files {
		header := &tar.Header{Typeflag: tar.TypeReg, Name: f.Name, Mode: f.Mode, Size: f.Size, Format: tar.FormatPAX}
		if strings.HasSuffix(f.Name, "/") {
			header.Typeflag = tar.TypeDir
		}
		if err := archive.WriteHeader(header); err != nil {
			return fmt.Errorf("%s: %w", f.Name, err)
		}
		if header.Typeflag == tar.TypeDir {
			continue
		}
		if err := copyFile(archive, f.Source); err != nil {
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
func (l *Layer) Digest() (v1.Hash, error) { return l.hash, nil }

// DiffID is the digest of the tar.
func (l *Layer) DiffID() (v1.Hash, error) { return l.hash, nil }

// Compressed is the tar, not compressed.
func (l *Layer) Compressed() (io.ReadCloser, error) { return l.Uncompressed() }

// Uncompressed is the tar. Closing it ends the goroutine that writes it.
func (l *Layer) Uncompressed() (io.ReadCloser, error) {
	r, w := io.Pipe()
	go func() { _ = w.CloseWithError(l.write(w)) }() // it never fails
	return r, nil
}

// Size is that of the tar in bytes.
func (l *Layer) Size() (int64, error) { return l.size, nil }

// MediaType says that the layer is not compressed.
func (l *Layer) MediaType() (types.MediaType, error) { return types.DockerUncompressedLayer, nil }

var _ v1.Layer = (*Layer)(nil)
