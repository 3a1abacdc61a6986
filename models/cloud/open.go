package cloud

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"path/filepath"
	"strings"

	"gocloud.dev/blob"
	"gocloud.dev/blob/memblob"
	"gocloud.dev/blob/s3blob"

	"github.com/gochimera/chimera/models"
)

func init() {
	models.RegisterScheme("s3", openS3)
	models.RegisterScheme("mem", openMemory)
	models.RegisterScheme("file", openFile)
}

// Open opens the bucket of a URL.
func Open(ctx context.Context, where string) (models.Bucket, error) {
	u, err := url.Parse(where)
	if err != nil {
		return nil, err
	}
	switch u.Scheme {
	case "s3":
		return openS3(ctx, u)
	case "mem":
		return openMemory(ctx, u)
	case "file":
		return openFile(ctx, u)
	default:
		return nil, fmt.Errorf("no bucket is opened by %s", u.Redacted())
	}
}

func openS3(ctx context.Context, u *url.URL) (models.Bucket, error) {
	if u.Host == "" {
		return nil, errors.New("it names no bucket: want s3://bucket, or s3://bucket/prefix?region=name")
	}
	prefix := strings.Trim(u.Path, "/")
	root := &url.URL{Scheme: u.Scheme, Host: u.Host, RawQuery: u.RawQuery}
	b, err := new(s3blob.URLOpener).OpenBucketURL(ctx, root)
	if err != nil {
		return nil, err
	}
	place := "s3://" + u.Host
	if prefix != "" {
		b, place = blob.PrefixedBucket(b, prefix+"/"), place+"/"+prefix
	}
	return New(b, place), nil
}

func openMemory(_ context.Context, u *url.URL) (models.Bucket, error) {
	if u.Host != "" || u.Path != "" && u.Path != "/" || u.RawQuery != "" {
		return nil, errors.New("memory has no name: want mem://")
	}
	return New(memblob.OpenBucket(nil), "mem://"), nil
}

// openFile is for a folder, which models.Folder keeps safer than blobs in files are.
func openFile(_ context.Context, u *url.URL) (models.Bucket, error) {
	path := filepath.FromSlash(u.Path)
	if filepath.Separator == '\\' {
		path = strings.TrimPrefix(path, `\`) // of file:///C:/folder
	}
	if u.Host != "" && u.Host != "localhost" || !filepath.IsAbs(path) {
		return nil, fmt.Errorf("want file:///absolute/folder, got %s", u.Redacted())
	}
	return models.OpenFolder(path)
}
