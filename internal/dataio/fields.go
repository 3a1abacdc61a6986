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
	for {
		field, after, more := bytes.Cut(rest, []byte{','})
		if r.current.quoted && len(rest) > 0 && rest[0] == '"' {
			start := len(r.text)
			end, ok := r.unquote(rest)
			if !ok {
				return nil, r.quoteError(rest, end)
			}
			field = r.text[start:]
			if more = end < len(rest); more {
				after = rest[end+1:]
			}
		} else if r.current.quoted && bytes.IndexByte(field, '"') >= 0 {
			return nil, r.quoteError(rest, 0)
		}
		r.fields = append(r.fields, field)
		if !more {
			return r.fields, nil
		}
		rest = after
	}
}

// unquote appends the quoted field that b begins with to r.text and returns
// where it ends, at a comma or the end of b; or false and the place that is
// wrong.
func (r *Records) unquote(b []byte) (end int, ok bool) {
	for i := 1; ; {
		j := bytes.IndexByte(b[i:], '"')
		if j < 0 {
			return len(b), false
		}
		r.text = append(r.text, b[i:i+j]...)
		i += j + 1
		switch {
		case i == len(b) || b[i] == ',':
			return i, true
		case b[i] != '"':
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
		e.Reason = fmt.Sprintf("after the closing quote comes %s instead of a comma or the end of the line", quote(rest[at:at+1]))
	}
	return e
}
