package dataio

import (
	"bytes"
	"errors"
	"fmt"
	"io"
)

const (
	blockSize = 256 << 10
	maxRecord = 64 << 20 // bytes; a longer one is a quote that never closes
)

// Records splits a CSV file into records. It is not for use by several
// goroutines at once.
type Records struct {
	name string
	in   io.Reader

	delimiter byte // between fields; a blank stands for any number of blanks and tabs
	lenient   bool // blanks may stand around a quoted field
	plain     bool // quotes mean nothing: a record is a line

	buf      []byte
	pos, end int // what is read and not yet taken
	ended    bool
	lines    int // of the file, taken

	current record
	blanks  int    // blank lines to return before held
	held    record // if it has text

	fields [][]byte
	text   []byte // unquoted fields
}

// record is one record of the file; its text refers to Records.buf.
type record struct {
	text   []byte // without the line end
	line   int    // where it begins, from 1
	quoted bool   // it has a quote in it
}

// NewRecords reads records, fields separated by commas, from in. name is the file's name in errors.
func NewRecords(in io.Reader, name string) (*Records, error) {
	r := &Records{name: name, in: in, delimiter: ',', buf: make([]byte, blockSize)}
	for r.end < len(markUTF8) && !r.ended {
		if err := r.fill(); err != nil {
			return nil, err
		}
	}
	switch start := r.buf[:r.end]; {
	case bytes.HasPrefix(start, []byte(markUTF8)):
		r.pos = len(markUTF8)
	case bytes.HasPrefix(start, []byte(markUTF16LE)), bytes.HasPrefix(start, []byte(markUTF16BE)):
		return nil, &Error{File: name, Reason: "the file is UTF-16: save it as UTF-8"}
	}
	return r, nil
}

// Next moves to the next record and returns it without its line end; it is
// valid until the next call. A blank line with a record somewhere after it is
// an empty record; blank lines at the end of the file do not count as any. The error is
// io.EOF at the end, else an *Error.
func (r *Records) Next() ([]byte, error) {
	switch {
	case r.blanks > 0:
		r.current = record{line: r.held.line - r.blanks}
		r.blanks--
	case r.held.text != nil:
		r.current, r.held = r.held, record{}
	default:
		next, err := r.take()
		if err != nil {
			return nil, err
		}
		r.current = next
		if len(next.text) > 0 {
			break
		}
		for len(next.text) == 0 { // blank lines count only if something follows
			r.blanks++
			if next, err = r.take(); err != nil {
				r.blanks = 0
				return nil, err
			}
		}
		r.held = next
		r.blanks-- // one of them is current
	}
	return r.current.text, nil
}

// Line is the line of the file, from 1, at which the current record begins.
func (r *Records) Line() int { return r.current.line }

// take takes one record off the file, blank or not. It is valid until the next
// take.
func (r *Records) take() (record, error) {
	looked, quotes := 0, 0 // of the bytes from pos on
	for {
		rest := r.buf[r.pos+looked : r.end]
		i := bytes.IndexByte(rest, '\n')
		if i < 0 && !r.ended {
			if err := r.fill(); err != nil {
				return record{}, err
			}
			continue
		}
		last := i < 0
		if last {
			if looked+len(rest) == 0 {
				return record{}, io.EOF
			}
			i = len(rest)
		}
		// A record ends at the first line end outside quotes: after an even
		// number of them.
		if !r.plain {
			quotes += bytes.Count(rest[:i], []byte{'"'})
		}
		looked += i
		if quotes%2 == 0 || last {
			break
		}
		looked++
	}
	rec := record{
		text: bytes.TrimSuffix(r.buf[r.pos:r.pos+looked], []byte{'\r'}),
		line: r.lines + 1, quoted: quotes > 0,
	}
	r.lines++
	if rec.quoted {
		r.lines += bytes.Count(rec.text, []byte{'\n'})
	}
	r.pos = min(r.pos+looked+1, r.end)
	return rec, nil
}

// fill reads more of the file behind what is not yet taken.
func (r *Records) fill() error {
	if r.pos > 0 {
		copy(r.buf, r.buf[r.pos:r.end])
		r.pos, r.end = 0, r.end-r.pos
	}
	if r.end == len(r.buf) {
		if len(r.buf) >= maxRecord {
			return &Error{File: r.name, Line: r.lines + 1, Reason: fmt.Sprintf("a line of more than %d MiB; is there a quote that never closes?", maxRecord>>20)}
		}
		r.buf = append(r.buf, make([]byte, len(r.buf))...)
	}
	n, err := io.ReadAtLeast(r.in, r.buf[r.end:], 1)
	r.end += n
	switch {
	case errors.Is(err, io.EOF):
		r.ended = true
	case err != nil:
		return &Error{File: r.name, Line: r.lines + 1, Reason: cannotReadOn, Err: err}
	}
	return nil
}
