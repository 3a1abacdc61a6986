//go:build !linux

package bench_test

import "errors"

func forget(string) error { return errors.ErrUnsupported }
