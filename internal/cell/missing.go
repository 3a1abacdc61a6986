package cell

import (
	"bytes"
	"strings"
)

// DefaultMissing are the cells that stand for a missing value if nothing else is said: what the issue of real
// files wants, and what pandas and R write. An empty cell always stands for one.
var DefaultMissing = []string{"", "NA", "N/A", "NaN", "null", "?", "<NA>", "None"}

// Missing is a set of cells that stand for a missing value. Blanks around a cell do not count, and neither does
// case, but for None: that is what Python writes for a missing value, and none is a category of many a table. A
// marker that is a number stands for every spelling of it: -999 for -999.0 too.
type Missing struct {
	words   map[string]struct{} // in lower case
	none    bool
	numbers map[float64]struct{}
	longest int // bytes of the longest word
}

// NewMissing makes the set of markers; nil is DefaultMissing.
func NewMissing(markers []string) *Missing {
	if markers == nil {
		markers = DefaultMissing
	}
	m := &Missing{words: map[string]struct{}{}}
	for _, s := range markers {
		s = strings.TrimSpace(s)
		if v, n := Number([]byte(s)); n > 0 && n == len(s) {
			if m.numbers == nil {
				m.numbers = map[float64]struct{}{}
			}
			m.numbers[v] = struct{}{}
			continue
		}
		if s == none {
			m.none = true
			continue
		}
		s = strings.ToLower(s)
		m.words[s] = struct{}{}
		m.longest = max(m.longest, len(s))
	}
	return m
}

const none = "None"

// Is reports whether a text stands for a missing value. A number is asked for by IsNumber too.
func (m *Missing) Is(text []byte) bool {
	text = bytes.TrimSpace(text)
	switch {
	case len(text) == 0:
		return true
	case m.none && string(text) == none:
		return true
	case len(text) > m.longest:
		return false
	}
	var lower [64]byte
	if len(text) <= len(lower) && isASCII(text) {
		low := lower[:len(text)]
		for i, c := range text {
			if 'A' <= c && c <= 'Z' {
				c += 'a' - 'A'
			}
			low[i] = c
		}
		_, is := m.words[string(low)]
		return is
	}
	_, is := m.words[string(bytes.ToLower(text))]
	return is
}

// IsNumber reports whether a number stands for a missing value.
func (m *Missing) IsNumber(v float64) bool {
	if m.numbers == nil {
		return false
	}
	_, is := m.numbers[v]
	return is
}

// HasNumbers reports whether a number is among the markers.
func (m *Missing) HasNumbers() bool { return len(m.numbers) > 0 }

func isASCII(b []byte) bool {
	for _, c := range b {
		if c >= 0x80 {
			return false
		}
	}
	return true
}
