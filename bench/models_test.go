package bench_test

import (
	"errors"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"

	"github.com/gochimera/chimera/models"
)

// partSize is what one worker holds of a large model.
const partSize = 64 << 20

// BenchmarkModelStore is a part with its checksum, on the disk and back, beside the same bytes in a plain file.
func BenchmarkModelStore(b *testing.B) {
	part := make([]byte, partSize)
	random := rand.New(rand.NewPCG(1, 2))
	for i := 0; i < len(part); i += 8 {
		copy(part[i:], []byte{byte(random.Uint32()), byte(i), byte(i >> 8), byte(i >> 16), 1, 2, 3, byte(random.Uint32())})
	}
	dir := b.TempDir()
	bucket, err := models.OpenFolder(filepath.Join(dir, "store"))
	if err != nil {
		b.Fatal(err)
	}
	store, plain := models.NewStore(bucket), filepath.Join(dir, "plain")
	draft, err := store.Draft("fit")
	if err != nil {
		b.Fatal(err)
	}
	var entry models.Part
	b.Run("store", func(b *testing.B) {
		turns{peer: "plain", before: func(ours bool) error { // both write a file that is not there
			if ours {
				return draft.Abort(b.Context())
			}
			return os.RemoveAll(plain)
		}}.compare(b, func() error {
			entry, err = draft.Write(b.Context(), "master", func(w io.Writer) error { return inPieces(w, part) })
			return err
		}, func() error { return writePlain(plain, part) })
	})
	load := func() error {
		_, err := store.Read(b.Context(), &models.Manifest{ID: "fit"}, entry)
		return err
	}
	read := func() error { _, err := os.ReadFile(plain); return err }
	b.Run("load", func(b *testing.B) { turns{peer: "plain"}.compare(b, load, read) })
	b.Run("load-from-disk", func(b *testing.B) {
		turns{peer: "plain", before: func(bool) error {
			err := errors.Join(forget(bucket.Locate("fit/parts/master")), forget(plain))
			if errors.Is(err, errors.ErrUnsupported) {
				b.Skip("this system is not told to forget a file")
			}
			return err
		}}.compare(b, load, read)
	})
}

// inPieces writes as an answer of a worker comes in.
func inPieces(w io.Writer, part []byte) error {
	for len(part) > 0 {
		n, err := w.Write(part[:min(len(part), 32<<10)])
		if err != nil {
			return err
		}
		part = part[n:]
	}
	return nil
}

func writePlain(path string, part []byte) error {
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	return errors.Join(inPieces(f, part), f.Sync(), f.Close())
}
