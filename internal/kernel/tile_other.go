//go:build !amd64

package kernel

func fastest() tiling { return portable() }
