package models

import (
	"context"
	"fmt"
	"io"
	"strings"
)

// Objects is all that the bucket of a store holds.
func Objects(ctx context.Context, s *Store) (string, error) {
	all, err := s.bucket.List(ctx, "")
	if err != nil {
		return "", err
	}
	var b strings.Builder
	for _, o := range all {
		r, err := s.bucket.Open(ctx, o.Name)
		if err != nil {
			return "", err
		}
		text, err := io.ReadAll(r)
		if err != nil {
			return "", err
		}
		fmt.Fprintf(&b, "%s %d %q\n", o.Name, o.Size, text)
	}
	return b.String(), nil
}
