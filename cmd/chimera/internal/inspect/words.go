package inspect

import (
	"fmt"
	"math"
	"regexp"
	"strconv"
	"strings"
	"unicode/utf8"
)

// many is a number of things in words.
func many(n int, thing string) string {
	if n == 1 {
		return "1 " + thing
	}
	return grouped(n) + " " + thing + "s"
}

// have is many with its verb.
func have(n int, thing string) string {
	if n == 1 {
		return "1 " + thing + " has"
	}
	return many(n, thing) + " have"
}

// grouped writes a number with a comma at every thousand.
func grouped(n int) string {
	text := strconv.Itoa(n)
	for at := len(text) - 3; at > 0; at -= 3 {
		text = text[:at] + "," + text[at:]
	}
	return text
}

// number writes a number with four significant digits; a whole one with all that it has, up to fifteen.
func number(v float64) string {
	switch size := math.Abs(v); {
	case v == math.Trunc(v) && size < 1e15:
		return strconv.FormatFloat(v, 'f', -1, 64)
	case size < 1e-3 || size >= 1e9:
		return strconv.FormatFloat(v, 'g', 4, 64)
	case size >= 1000:
		return strconv.FormatFloat(v, 'f', 0, 64)
	}
	text := strconv.FormatFloat(v, 'g', 4, 64)
	if short, err := strconv.ParseFloat(text, 64); err == nil {
		return strconv.FormatFloat(short, 'f', -1, 64)
	}
	return text
}

// clip shortens a text to fit a line.
func clip(s string) string { return cut(s, 24) }

// cut shortens a text to a width, in runes.
func cut(s string, most int) string {
	s = strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f {
			return ' '
		}
		return r
	}, s)
	if utf8.RuneCountInString(s) <= most {
		return s
	}
	return string([]rune(s)[:max(most-1, 0)]) + "…"
}

// list joins a few texts, and counts the rest.
func list(texts []string) string {
	const most = 5
	if len(texts) > most {
		return strings.Join(texts[:most], ", ") + fmt.Sprintf(" and %d more", len(texts)-most)
	}
	return strings.Join(texts, ", ")
}

// plain is what neither a shell nor YAML takes for anything else.
var plain = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_.=-]*$`)

// flag writes a text as an argument of a command.
func flag(s string) string {
	if plain.MatchString(s) {
		return s
	}
	return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'"
}

// word writes a text in YAML, within brackets.
func word(s string) string {
	if plain.MatchString(s) {
		return s
	}
	return strconv.Quote(s)
}
