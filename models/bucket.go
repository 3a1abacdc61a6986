package models

import (
	"context"
	"io"
	"time"
)

// Bucket holds objects by name. Names are paths with slashes, as fs.ValidPath
// has them. An object is written whole or not at all, and one that is written
// survives a crash of the machine. Errors of reading what is not there wrap
// fs.ErrNotExist; all errors name the object as a user finds it.
type Bucket interface {
	// Write puts what write writes in place of an object. If write returns an
	// error, or ctx ends, whatever was there before stays.
	Write(ctx context.Context, name string, write func(io.Writer) error) error
	// Open reads an object from its beginning.
	Open(ctx context.Context, name string) (io.ReadCloser, error)
	// List lists the objects whose names begin with a prefix, sorted by name.
	List(ctx context.Context, prefix string) ([]Object, error)
	// Remove removes an object; one that is not there is no error.
	Remove(ctx context.Context, name string) error
	// Locate is an object's name as a user finds it: a path, or a URL.
	Locate(name string) string
	// Close releases what the bucket holds.
	Close() error
}

// Object is one entry of a bucket.
type Object struct {
	Name     string
	Size     int64
	Modified time.Time
}
