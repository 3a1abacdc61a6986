//go:build !linux

package machines

import "errors"

// Again is Linux's.
func (Net) Again([]string, ...string) (int, error) {
	return 0, errors.New("network namespaces are Linux's")
}
