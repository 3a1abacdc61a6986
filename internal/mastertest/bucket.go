package mastertest

import (
	"context"
	"errors"
	"io"
	"sync/atomic"
	"testing"

	"github.com/gochimera/chimera/models"
)

// Bucket is a folder of models whose writing and reading a test looks at, and can make fail.
type Bucket struct {
	models.Bucket
	before, after, opened atomic.Pointer[BucketHook]
}

// BucketHook is told of an object that is written or read; an error fails that.
type BucketHook func(ctx context.Context, name string) error

// OpenBucket makes a folder, or opens it.
func OpenBucket(t *testing.T, dir string) *Bucket {
	t.Helper()
	folder, err := models.OpenFolder(dir)
	if err != nil {
		t.Fatal(err)
	}
	return &Bucket{Bucket: folder}
}

// Before has hook called before an object is written: if it fails, nothing is, as when a disk is full. A nil hook is none.
func (b *Bucket) Before(hook BucketHook) { set(&b.before, hook) }

// After has hook called when an object is in place: if it fails, the object stays, as when a disk fails to say that it has it.
func (b *Bucket) After(hook BucketHook) { set(&b.after, hook) }

// Opened has hook called when an object has been opened, which is then read as it was. A nil hook is none.
func (b *Bucket) Opened(hook BucketHook) { set(&b.opened, hook) }

func set(at *atomic.Pointer[BucketHook], hook BucketHook) {
	if hook == nil {
		at.Store(nil)
		return
	}
	at.Store(&hook)
}

// Write writes an object between the hooks.
func (b *Bucket) Write(ctx context.Context, name string, write func(io.Writer) error) error {
	if hook := b.before.Load(); hook != nil {
		if err := (*hook)(ctx, name); err != nil {
			return err
		}
	}
	if err := b.Bucket.Write(ctx, name, write); err != nil {
		return err
	}
	if hook := b.after.Load(); hook != nil {
		return (*hook)(ctx, name)
	}
	return nil
}

// Open opens an object, and calls the hook.
func (b *Bucket) Open(ctx context.Context, name string) (io.ReadCloser, error) {
	r, err := b.Bucket.Open(ctx, name)
	if hook := b.opened.Load(); hook != nil && err == nil {
		if err := (*hook)(ctx, name); err != nil {
			return nil, errors.Join(err, r.Close())
		}
	}
	return r, err
}
