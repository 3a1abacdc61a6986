package dataio

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"golang.org/x/text/encoding/unicode"
)

// The formats, compressions and encodings that are known by name.
const (
	CSV     = "csv"
	JSONL   = "jsonl"
	Parquet = "parquet" // if it is linked

	gzipName = "gzip"
	zstdName = "zstd" // if it is linked

	utf8Name    = "utf-8"
	utf16LEName = "utf-16le"
	utf16BEName = "utf-16be"
)

// What files begin with.
const (
	gzipMagic    = "\x1f\x8b"
	zstdMagic    = "\x28\xb5\x2f\xfd"
	parquetMagic = "PAR1"
	markUTF8     = "\xef\xbb\xbf"
	markUTF16LE  = "\xff\xfe"
	markUTF16BE  = "\xfe\xff"
)

// peeked is how much of a file shows what it is.
const peeked = 512

// input is the text of a file.
type input struct {
	name   string
	text   *bufio.Reader
	format Format
	closer io.Closer // of a decompressor, or nil
}

// openInput looks at what a file begins with, and takes compression and encoding off it.
func openInput(in io.Reader, name string) (*input, error) {
	t := &input{name: name, text: bufio.NewReaderSize(in, peeked)}
	start, err := t.peek()
	if err != nil {
		return nil, err
	}
	c := Compression{Name: gzipName, Magic: gzipMagic, Open: func(in io.Reader) (io.ReadCloser, error) { return gzip.NewReader(in) }}
	switch {
	case strings.HasPrefix(start, c.Magic):
		err = t.decompress(c)
	case strings.HasPrefix(start, zstdMagic):
		var ok bool
		if c, ok = compressions[zstdName]; !ok {
			return nil, notLinked(name, zstdName)
		}
		err = t.decompress(c)
	}
	if err != nil {
		return nil, err
	}
	if start, err = t.peek(); err != nil {
		return nil, err
	}
	for magic, what := range archives {
		if strings.HasPrefix(start, magic) {
			return nil, &Error{File: name, Reason: "the file is " + what + ": unpack it, or save the table as CSV"}
		}
	}
	t.format.Encoding = utf8Name
	switch {
	case strings.HasPrefix(start, markUTF8):
		_, _ = t.text.Discard(len(markUTF8)) // it was peeked
	case strings.HasPrefix(start, markUTF16LE):
		t.decode(utf16LEName, unicode.LittleEndian)
	case strings.HasPrefix(start, markUTF16BE):
		t.decode(utf16BEName, unicode.BigEndian)
	}
	return t, nil
}

// archives are what else a file may begin with, in words.
var archives = map[string]string{
	"PK\x03\x04": "a zip archive or a spreadsheet", "BZh": "compressed by bzip2", "\xfd7zXZ": "compressed by xz", "\x89HDF": "HDF5",
}

func (t *input) peek() (string, error) {
	start, err := t.text.Peek(peeked)
	if err != nil && !errors.Is(err, io.EOF) {
		return "", &Error{File: t.name, Line: 1, Reason: cannotReadOn, Err: err}
	}
	return string(start), nil
}

const cannotReadOn = "cannot read on"

func (t *input) decompress(c Compression) error {
	r, err := c.Open(t.text)
	if err != nil {
		return &Error{File: t.name, Reason: fmt.Sprintf("the file begins as one compressed by %s, and is none", c.Name), Err: err}
	}
	t.format.Compression, t.closer = c.Name, r
	t.text = bufio.NewReaderSize(r, peeked)
	return nil
}

func (t *input) decode(name string, order unicode.Endianness) {
	t.format.Encoding = name
	t.text = bufio.NewReaderSize(unicode.UTF16(order, unicode.ExpectBOM).NewDecoder().Reader(t.text), peeked)
}

// isObject reports whether a text begins with a JSON object.
func isObject(start string) bool {
	rest, ok := strings.CutPrefix(strings.TrimLeft(start, " \t\r\n"), "{")
	rest = strings.TrimLeft(rest, " \t\r\n")
	return ok && (strings.HasPrefix(rest, `"`) || strings.HasPrefix(rest, "}"))
}

// at makes a file readable in any order; what is no file is read into memory. in is where it begins, of which text has
// buffered some.
func (t *input) at(in io.Reader) (io.ReaderAt, int64, error) {
	if f, ok := in.(*os.File); ok {
		if info, err := f.Stat(); err == nil && info.Mode().IsRegular() {
			return f, info.Size(), nil
		}
	}
	all, err := io.ReadAll(t.text)
	if err != nil {
		return nil, 0, &Error{File: t.name, Reason: cannotReadOn, Err: err}
	}
	return bytes.NewReader(all), int64(len(all)), nil
}
