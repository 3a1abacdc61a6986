package dataio

import (
	"bytes"
	"fmt"
	"slices"
)

// Fields splits the current record; the fields are valid until the next call of
// Next or Fields. A quote in the wrong place is an *Error.
func (r *Records) Fields() ([][]byte, error) {
	rest := r.current.text
	r.fields, r.text = r.fields[:0], r.text[:0]
	if r.current.quoted {
		r.text = slices.Grow(r.text, len(rest)) // never more, so that fields stay where they are
	}
	if r.delimiter == blank {
		rest = bytes.Trim(rest, blanks)
	}
	for {
		if r.lenient && r.current.quoted {
			if trimmed := r.trimBlanks(rest); len(trimmed) > 0 && trimmed[0] == '"' {
				rest = trimmed
			}
		}
		end := r.endOf(rest)
		field := rest[:end]
		if r.current.quoted && len(rest) > 0 && rest[0] == '"' {
			start := len(r.text)
			var ok bool
			if end, ok = r.unquote(rest); !ok {
				return nil, r.quoteError(rest, end)
			}
			field = r.text[start:]
		} else if r.current.quoted && bytes.IndexByte(field, '"') >= 0 {
			return nil, r.quoteError(rest, 0)
		}
		r.fields = append(r.fields, field)
		if end == len(rest) {
			return r.fields, nil
		}
		if rest = rest[end+1:]; r.delimiter == blank {
			rest = bytes.TrimLeft(rest, blanks)
		}
	}
}

// blank is the delimiter that stands for any number of blanks.
const (
	blank  = ' '
	blanks = " \t"
)

// trimBlanks removes the blanks that b begins with, unless they are delimiters.
func (r *Records) trimBlanks(b []byte) []byte {
	for len(b) > 0 && (b[0] == ' ' || b[0] == '\t') && b[0] != r.delimiter {
		b = b[1:]
	}
	return b
}

// endOf is where the field without quotes that b begins with ends.
func (r *Records) endOf(b []byte) int {
	var end int
	if r.delimiter == blank {
		end = bytes.IndexAny(b, blanks)
	} else {
		end = bytes.IndexByte(b, r.delimiter)
	}
	if end < 0 {
		return len(b)
	}
	return end
}

// ends reports whether a field ends before b.
func (r *Records) ends(b []byte) bool {
	return len(b) == 0 || b[0] == r.delimiter || r.delimiter == blank && b[0] == '\t'
}

// unquote appends the quoted field that b begins with to r.text and returns
// where it ends, at a delimiter or the end of b; or false and the place that is
// wrong.
func (r *Records) unquote(b []byte) (end int, ok bool) {
	for i := 1; ; {
		j := bytes.IndexByte(b[i:], '"')
		if j < 0 {
			return len(b), false
		}
		r.text = append(r.text, b[i:i+j]...)
		i += j + 1
		if r.ends(b[i:]) {
			return i, true
		}
		if b[i] != '"' {
			if rest := r.trimBlanks(b[i:]); r.lenient && r.ends(rest) {
				return len(b) - len(rest), true
			}
			return i, false
		}
		r.text = append(r.text, '"')
		i++
	}
}

// quoteError says what is wrong with a quote in the field that begins rest, the
// end of the record; for a quoted field, at is the place that is wrong.
func (r *Records) quoteError(rest []byte, at int) error {
	before := r.current.text[:len(r.current.text)-len(rest)]
	e := &Error{File: r.name, Line: r.current.line + bytes.Count(before, []byte{'\n'}), Field: len(r.fields) + 1}
	switch at {
	case 0:
		e.Reason = "a quote inside a field: such a field is written in quotes, each of its own quotes doubled"
	case len(rest):
		e.Reason = "a quote that never closes"
	default:
		e.Reason = fmt.Sprintf("after the closing quote comes %s instead of a %s or the end of the line", quote(rest[at:at+1]), delimiterName(r.delimiter))
	}
	return e
}
