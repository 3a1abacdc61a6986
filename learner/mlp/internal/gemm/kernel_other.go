//go:build !amd64

package gemm

func fastest() kernel { return portable() }
