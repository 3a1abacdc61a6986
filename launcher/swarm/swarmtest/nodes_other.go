//go:build !linux

package swarmtest

import "errors"

func within() (int, error) { return 0, errors.New("network namespaces are Linux's") }

func (*Swarm) begin(int) error { return errors.New("network namespaces are Linux's") }

func (*Swarm) end(int) {}
