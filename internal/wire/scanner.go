package wire

import (
	"bytes"
	"fmt"
	"math"
	"net/http"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/gochimera/chimera/internal/cell"
)

// maxDepth is how deep a body may nest; what we read nests three deep.
const maxDepth = 100

// scanner walks over one JSON text as Python writes it: RFC 8259 and the
// literals NaN, Infinity and -Infinity. A method that reads a value leaves the
// scanner behind it. Errors are *BodyError with status 400.
type scanner struct {
	b []byte
	i int
}

// broken is the error that the JSON ends or goes wrong at the scanner's place.
func (s *scanner) broken(want string) error {
	found := "the end of the body"
	if s.i < len(s.b) {
		found = fmt.Sprintf("%q", excerpt(s.b[s.i:min(len(s.b), s.i+8)]))
	}
	return refuse(http.StatusBadRequest, "broken JSON at byte %d: expected %s, found %s", s.i, want, found)
}

// peek skips blanks and returns the next byte, 0 at the end of the text.
func (s *scanner) peek() byte {
	for s.i < len(s.b) {
		switch c := s.b[s.i]; c {
		case ' ', '\n', '\t', '\r':
			s.i++
		default:
			return c
		}
	}
	return 0
}

// next steps behind an element of a list or an object and reports whether
// another one follows; end is the closing bracket.
func (s *scanner) next(end byte) (more bool, err error) {
	switch s.peek() {
	case ',':
		s.i++
		if s.peek() == end {
			return false, s.broken("a value after the comma")
		}
		return true, nil
	case end:
		s.i++
		return false, nil
	default:
		return false, s.broken(fmt.Sprintf("',' or '%c'", end))
	}
}

// open steps into a list or an object and reports whether it has an element.
func (s *scanner) open(end byte) (more bool) {
	s.i++
	if s.peek() == end {
		s.i++
		return false
	}
	return true
}

// key reads a member's name and the colon.
func (s *scanner) key() (string, error) {
	if s.peek() != '"' {
		return "", s.broken("a field name in double quotes")
	}
	name, err := s.text()
	if err != nil {
		return "", err
	}
	if s.peek() != ':' {
		return "", s.broken("':'")
	}
	s.i++
	return name, nil
}

// text reads a string.
func (s *scanner) text() (string, error) {
	b, err := s.quoted()
	return string(b), err
}

// quoted reads a string; the result is part of the scanner's text if it may be.
func (s *scanner) quoted() ([]byte, error) {
	start := s.i
	plain := true
	for i := start + 1; i < len(s.b); i++ {
		switch c := s.b[i]; {
		case c == '"':
			s.i = i + 1
			if plain {
				return s.b[start+1 : i], nil
			}
			unquoted, err := jsontext.AppendUnquote(nil, s.b[start:s.i])
			if err != nil {
				s.i = start
				return nil, s.broken("a valid string")
			}
			return unquoted, nil
		case c == '\\':
			plain = false
			i++
		case c < 0x20 || c >= 0x80:
			plain = false // control characters are refused, UTF-8 is checked by the library
		}
	}
	s.i = len(s.b)
	return nil, s.broken("the end of a string")
}

// number reads a number, or one of Python's literals for values that are not numbers.
func (s *scanner) number() (float64, bool) {
	v, n := cell.Number(s.b[s.i:])
	if n == 0 {
		v, n = notFinite(s.b[s.i:])
	}
	s.i += n
	return v, n > 0
}

// skip reads a value of any kind and returns its text.
func (s *scanner) skip() ([]byte, error) { return s.skipNested(0) }

func (s *scanner) skipNested(depth int) ([]byte, error) {
	c := s.peek()
	start := s.i
	switch c {
	case '{', '[':
		if depth == maxDepth {
			return nil, refuse(http.StatusBadRequest, "broken JSON at byte %d: nested deeper than %d", s.i, maxDepth)
		}
		if err := s.skipElements(c, depth+1); err != nil {
			return nil, err
		}
	case '"':
		if _, err := s.quoted(); err != nil {
			return nil, err
		}
	default:
		if !s.literal("true") && !s.literal("false") && !s.literal("null") {
			if _, ok := s.number(); !ok {
				return nil, s.broken("a value")
			}
		}
	}
	return s.b[start:s.i], nil
}

func (s *scanner) skipElements(bracket byte, depth int) error {
	end := bracket + 2 // '[' and ']', '{' and '}' are two apart in ASCII
	for more := s.open(end); more; {
		if bracket == '{' {
			if _, err := s.key(); err != nil {
				return err
			}
		}
		if _, err := s.skipNested(depth); err != nil {
			return err
		}
		var err error
		if more, err = s.next(end); err != nil {
			return err
		}
	}
	return nil
}

// literal steps over word if it is what follows.
func (s *scanner) literal(word string) bool {
	if len(s.b)-s.i < len(word) || string(s.b[s.i:s.i+len(word)]) != word {
		return false
	}
	s.i += len(word)
	return true
}

// kind says in words what a JSON value is.
func kind(value []byte) string {
	switch value[0] {
	case '{':
		return "an object"
	case '[':
		return "a list"
	case '"':
		return "a string"
	case 't', 'f':
		return "a boolean"
	case 'n':
		return "null"
	default:
		return "a number"
	}
}

// notFinite reads one of Python's literals for values that JSON does not have.
func notFinite(b []byte) (v float64, n int) {
	switch {
	case bytes.HasPrefix(b, []byte("NaN")):
		return math.NaN(), len("NaN")
	case bytes.HasPrefix(b, []byte("Infinity")):
		return math.Inf(1), len("Infinity")
	case bytes.HasPrefix(b, []byte("-Infinity")):
		return math.Inf(-1), len("-Infinity")
	default:
		return 0, 0
	}
}
