//go:build !amd64

package kernel

func singlesAVX2() singles { return plainSingles() }
