package cloud

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"slices"
	"strings"

	"gocloud.dev/blob"
	"gocloud.dev/gcerrors"

	"github.com/gochimera/chimera/models"
)

// Bucket is a models.Bucket of gocloud.dev/blob.
type Bucket struct {
	blobs *blob.Bucket
	place string // as a user names it, with a slash at the end
}

var _ models.Bucket = (*Bucket)(nil)

// New makes a bucket, which owns blobs from now on. Place is how errors name it, such as "s3://bucket/prefix".
func New(blobs *blob.Bucket, place string) *Bucket {
	return &Bucket{blobs, strings.TrimSuffix(place, "/") + "/"}
}

// What an upload holds in memory: so many pieces of so many bytes, whatever the size of the object.
const (
	pieces    = 2
	pieceSize = 8 << 20
)

// Locate is the URL of an object.
func (b *Bucket) Locate(name string) string { return b.place + name }

// failed is an error with the object's name, which wraps fs.ErrNotExist or fs.ErrPermission if it says so.
func (b *Bucket) failed(doing, name string, err error) error {
	switch gcerrors.Code(err) {
	case gcerrors.NotFound:
		return &fs.PathError{Op: doing, Path: b.Locate(name), Err: fs.ErrNotExist}
	case gcerrors.PermissionDenied:
		return fmt.Errorf("%s %s: %w: the bucket refuses these credentials: %w", doing, b.Locate(name), fs.ErrPermission, err)
	default:
		return fmt.Errorf("%s %s: %w", doing, b.Locate(name), err)
	}
}

// check refuses what is no name of an object.
func check(name string) error {
	if !fs.ValidPath(name) || name == "." {
		return fmt.Errorf("%q is not a name of an object", name)
	}
	return nil
}

// Write uploads an object while it is written. It is there when all of it is.
func (b *Bucket) Write(ctx context.Context, name string, write func(io.Writer) error) error {
	if err := check(name); err != nil {
		return err
	}
	uploading, abort := context.WithCancelCause(ctx)
	defer abort(nil)
	w, err := b.blobs.NewWriter(uploading, name, &blob.WriterOptions{
		BufferSize: pieceSize, MaxConcurrency: pieces, ContentType: contentType(name), DisableContentTypeDetection: true,
	})
	if err != nil {
		return b.failed("write", name, err)
	}
	err = write(w)
	if err == nil && ctx.Err() != nil {
		err = context.Cause(ctx)
	}
	if err != nil {
		abort(err)
		_ = w.Close() // it says that it was aborted
		return err
	}
	if err := w.Close(); err != nil {
		if ctx.Err() != nil {
			err = errors.Join(context.Cause(ctx), err)
		}
		return b.failed("write", name, err)
	}
	return nil
}

func contentType(name string) string {
	if strings.HasSuffix(name, ".json") {
		return "application/json"
	}
	return "application/octet-stream"
}

// Open downloads an object while it is read.
func (b *Bucket) Open(ctx context.Context, name string) (io.ReadCloser, error) {
	if err := check(name); err != nil {
		return nil, err
	}
	r, err := b.blobs.NewReader(ctx, name, nil)
	if err != nil {
		return nil, b.failed("open", name, err)
	}
	return &reader{r, b, name}, nil
}

// reader names the object in errors.
type reader struct {
	io.ReadCloser
	bucket *Bucket
	name   string
}

func (r *reader) Read(p []byte) (int, error) {
	n, err := r.ReadCloser.Read(p)
	if err != nil && !errors.Is(err, io.EOF) {
		err = r.bucket.failed("read", r.name, err)
	}
	return n, err
}

// List lists objects.
func (b *Bucket) List(ctx context.Context, prefix string) ([]models.Object, error) {
	var all []models.Object
	each := b.blobs.List(&blob.ListOptions{Prefix: prefix})
	for {
		o, err := each.Next(ctx)
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, b.failed("list", prefix, err)
		}
		if !o.IsDir && fs.ValidPath(o.Key) {
			all = append(all, models.Object{Name: o.Key, Size: o.Size, Modified: o.ModTime})
		}
	}
	slices.SortFunc(all, func(a, b models.Object) int { return strings.Compare(a.Name, b.Name) })
	return all, nil
}

// Remove removes an object.
func (b *Bucket) Remove(ctx context.Context, name string) error {
	if err := check(name); err != nil {
		return err
	}
	if err := b.blobs.Delete(ctx, name); err != nil && gcerrors.Code(err) != gcerrors.NotFound {
		return b.failed("remove", name, err)
	}
	return nil
}

// Close ends what the bucket does.
func (b *Bucket) Close() error { return b.blobs.Close() }
