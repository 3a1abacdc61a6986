package dataio

import (
	"bytes"
	"math"
	"slices"

	"github.com/gochimera/chimera/internal/cell"
)

// sniffLines is how many of a file's first records are looked at to find out how it is written.
const sniffLines = 64

// candidates are the delimiters that are looked for, those first that occur least in other roles: a comma is
// within many a text or number.
var candidates = []byte{'\t', ';', '|', ',', blank}

// sniff is the first records of a file, and what they say about how it is written.
type sniff struct {
	lines []record // their texts are copies
}

// peek copies the first records that lie in the buffer whole, without taking them; blank lines are left out.
func (r *Records) peek() (sniff, error) {
	for r.end-r.pos < blockSize/4 && !r.ended {
		if err := r.fill(); err != nil {
			return sniff{}, err
		}
	}
	rest := slices.Clone(r.buf[r.pos:r.end])
	whole := &Records{name: r.name, buf: rest, end: len(rest), ended: true}
	var s sniff
	for len(s.lines) < sniffLines {
		rec, err := whole.take()
		if err != nil || whole.pos == whole.end && !r.ended { // the last one may go on
			break
		}
		if len(bytes.TrimSpace(rec.text)) > 0 {
			s.lines = append(s.lines, rec)
		}
	}
	return s, nil
}

// delimiter is the delimiter that parts all lines into the same number of fields, more than one. If none does, it
// is the one that the first line has most of; a comma, if it has none.
func (s sniff) delimiter() byte {
	if len(s.lines) == 0 {
		return ','
	}
	for _, c := range candidates {
		if n := len(s.split(0, c)); n > 1 && s.same(c, n) && (c != blank || n > 2 && s.hasNumbers(c)) {
			return c
		}
	}
	best, most := byte(','), 1
	for _, c := range candidates[:len(candidates)-1] {
		if n := len(s.split(0, c)); n > most {
			best, most = c, n
		}
	}
	return best
}

// same reports whether all lines have n fields.
func (s sniff) same(c byte, n int) bool {
	for i := range s.lines {
		if len(s.split(i, c)) != n {
			return false
		}
	}
	return true
}

// hasNumbers reports whether a third of the last line's fields are numbers: what has blanks between its words is
// prose otherwise.
func (s sniff) hasNumbers(c byte) bool {
	fields, numbers := s.split(len(s.lines)-1, c), 0
	for _, f := range fields {
		if _, ok := cell.Float(f); ok {
			numbers++
		}
	}
	return 3*numbers >= len(fields)
}

// split is the fields of a line, or nil if its quotes are not those of a delimiter c.
func (s sniff) split(i int, c byte) [][]byte {
	r := Records{delimiter: c, lenient: true, current: s.lines[i]}
	fields, err := r.Fields()
	if err != nil {
		return nil
	}
	return fields
}

// splitAll is the fields of all lines, line by line.
func (s sniff) splitAll(c byte) [][][]byte {
	lines := make([][][]byte, len(s.lines))
	for i := range lines {
		lines[i] = s.split(i, c)
	}
	return lines
}

// The answers of sniff.header.
type headerGuess int

const (
	inDoubt headerGuess = iota
	hasHeader
	noHeader
)

// header compares the first line with the others, column by column, where the others hold numbers: a header has
// texts there, and a row has numbers. Anything else leaves doubt.
func (s sniff) header(c byte, missing *cell.Missing) headerGuess {
	if len(s.lines) == 0 {
		return hasHeader // the file is empty, which is said later
	}
	lines := s.splitAll(c)
	first := lines[0]
	if first == nil {
		return hasHeader // its quotes are wrong, which is said when it is read
	}
	names, numbers := 0, 0
	for j, f := range first {
		is := kindOf(f, missing)
		if len(lines) > 1 && column(lines, j, missing) != numberCell {
			continue
		}
		switch is {
		case numberCell:
			numbers++
		case textCell:
			names++
		case missingCell: // a header may have none, and a row too
		}
	}
	switch {
	case len(lines) == 1 && numbers == 0:
		return hasHeader // and there are no rows
	case len(lines) == 1 || names > 0 && numbers > 0 || names == 0 && numbers == 0:
		return inDoubt
	case names > 0:
		return hasHeader
	case counts(first) || mayName(lines, missing):
		return inDoubt
	}
	return noHeader
}

// mayName reports whether the numbers of a first line may be names of columns, such as years, though all lines have numbers there. They
// are whole then, or ascend, and more speaks for names: three that ascend evenly, or that are unlike all numbers below; or a text beside
// them that never comes again below where others do, or where they ascend or are unlike all numbers below. A text that does come again is
// a row's.
func mayName(lines [][][]byte, missing *cell.Missing) bool {
	const enough = 2 // lines below: of one, everything differs
	n, last, step := 0, math.Inf(-1), math.Inf(1)
	whole, ascending, evenly, unlike := true, true, true, true
	texts, others := false, false
	for j, f := range lines[0] {
		is := kindOf(f, missing)
		if is != column(lines, j, missing) {
			continue
		}
		switch is {
		case textCell:
			again, repeat := recurs(lines, j)
			if again {
				return false
			}
			texts, others = true, others || repeat
		case numberCell:
			v, digits := cell.Number(bytes.TrimSpace(f))
			if digits == 0 {
				return false // true and false name nothing
			}
			whole, ascending, unlike = whole && v == math.Trunc(v), ascending && v > last, unlike && apart(lines, j, v)
			evenly = evenly && (n < 2 || math.Abs(v-last-step) <= 1e-6*step)
			n, last, step = n+1, v, v-last
		case missingCell: // says nothing
		}
	}
	ascending = ascending && n > 1
	switch {
	case n == 0 || !whole && !ascending:
		return false
	case n > 2 && ascending && (evenly || unlike):
		return true
	case len(lines) <= enough:
		return false
	case texts:
		return others || ascending || unlike
	}
	return ascending && unlike
}

// recurs reports whether the first cell of a column comes again, and whether another one does.
func recurs(lines [][][]byte, j int) (first, other bool) {
	seen := map[string]bool{}
	for i, fields := range lines {
		if j >= len(fields) {
			continue
		}
		text := string(bytes.TrimSpace(fields[j]))
		switch {
		case i == 0:
		case text == string(bytes.TrimSpace(lines[0][j])):
			first = true
		case seen[text]:
			other = true
		}
		seen[text] = true
	}
	return first, other
}

// apart reports whether a number is smaller or larger than all below the first line of a column.
func apart(lines [][][]byte, j int, v float64) bool {
	smaller, larger := true, true
	for _, fields := range lines[1:] {
		if j >= len(fields) {
			continue
		}
		if other, ok := cell.Float(fields[j]); ok {
			smaller, larger = smaller && v < other, larger && v > other
		}
	}
	return smaller || larger
}

// beside is what is said of a file of targets whose features are in a file with the guess x. The file is written as that one is, so what
// is in doubt by itself is as there; what is not must not contradict it.
func (s sniff) beside(x headerGuess, c byte, missing *cell.Missing) (guess headerGuess, contradicts bool) {
	own := s.header(c, missing)
	switch {
	case x == noHeader && own == inDoubt && len(s.lines) > 0: // all are texts, perhaps: a name is none of the labels, which come again
		lines := s.splitAll(c)
		again, others := recurs(lines, 0)
		return noHeader, kindOf(lines[0][0], missing) == textCell && !again && others
	case x == noHeader:
		return noHeader, own == hasHeader
	case x == inDoubt:
		return hasHeader, own == noHeader
	}
	return hasHeader, false // the counts of rows tell
}

type cellKind int

const (
	missingCell cellKind = iota
	numberCell
	textCell
)

func kindOf(text []byte, missing *cell.Missing) cellKind {
	if missing.Is(text) {
		return missingCell
	}
	if v, ok := cell.Float(text); ok {
		if missing.IsNumber(v) {
			return missingCell
		}
		return numberCell
	}
	return textCell
}

// column is what the cells of a column are, in all lines but the first: texts if one is.
func column(lines [][][]byte, j int, missing *cell.Missing) cellKind {
	found := missingCell
	for _, fields := range lines[1:] {
		if j < len(fields) {
			found = max(found, kindOf(fields[j], missing))
		}
	}
	return found
}

// counts reports whether the fields are 0, 1, 2, ... or 1, 2, 3, ...: numbers that columns have been given in
// place of names, or an unlikely row.
func counts(fields [][]byte) bool {
	start, ok := cell.Float(fields[0])
	if !ok || start != 0 && start != 1 {
		return false
	}
	for j, f := range fields {
		if v, ok := cell.Float(f); !ok || v != start+float64(j) {
			return false
		}
	}
	return true
}
