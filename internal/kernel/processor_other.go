//go:build !amd64

package kernel

// avx2 is for amd64 only.
func avx2() bool { return false }
