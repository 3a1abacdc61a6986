package mastertest

import (
	"context"
	"io"
	"sync/atomic"
	"testing"

	"github.com/gochimera/chimera/models"
)

// Bucket is a folder of models whose writing a test looks at, and can make fail.
type Bucket struct {
	models.Bucket
	before, after atomic.Pointer[BucketHook]
}

// BucketHook is told of an object that is written; an error fails the writing.
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
