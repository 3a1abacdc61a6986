// Package zstd makes a program that imports it read files that are compressed by zstd (RFC 8878).
package zstd

import (
	"io"

	"github.com/klauspost/compress/zstd"

	"github.com/gochimera/chimera/internal/dataio"
)

func init() {
	dataio.RegisterCompression(dataio.Compression{Name: "zstd", Magic: "\x28\xb5\x2f\xfd", Open: open})
}

// maxWindow is how much memory a file may ask for, in bytes: what the strongest setting of the zstd command writes
// without --long.
const maxWindow = 128 << 20

// open decompresses in the goroutine that reads.
func open(in io.Reader) (io.ReadCloser, error) {
	d, err := zstd.NewReader(in, zstd.WithDecoderConcurrency(1), zstd.WithDecoderLowmem(true), zstd.WithDecoderMaxWindow(maxWindow))
	if err != nil {
		return nil, err
	}
	return d.IOReadCloser(), nil
}
