package logs

import (
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"strconv"
	"strings"
	"time"
	"unicode"
)

// Format is the form of a log's lines.
type Format string

// The formats. The empty one is Text.
const (
	Text Format = "text" // key=value
	JSON Format = "json" // an object a line
)

// FormatOf is JSON or Text.
func FormatOf(json bool) Format {
	if json {
		return JSON
	}
	return Text
}

// ParseFormat reads a format; none is Text.
func ParseFormat(text string) (Format, error) {
	switch f := Format(text); f {
	case "", Text:
		return Text, nil
	case JSON:
		return JSON, nil
	default:
		return Text, fmt.Errorf("want text or json, got %q", text)
	}
}

// Handler writes lines to a terminal, or for a launcher. In text they are without the time, which a terminal does not need
// and a launcher adds; in JSON they have it.
func Handler(w io.Writer, format Format, level slog.Level) slog.Handler {
	if format == JSON {
		return FileHandler(w, format, level)
	}
	return slog.NewTextHandler(w, &slog.HandlerOptions{Level: level, ReplaceAttr: func(groups []string, a slog.Attr) slog.Attr {
		if len(groups) == 0 && a.Key == slog.TimeKey {
			return slog.Attr{}
		}
		return a
	}})
}

// FileHandler writes lines with their time to a file.
func FileHandler(w io.Writer, format Format, level slog.Level) slog.Handler {
	if format != JSON {
		return slog.NewTextHandler(w, &slog.HandlerOptions{Level: level})
	}
	return slog.NewJSONHandler(w, &slog.HandlerOptions{Level: level, ReplaceAttr: func(_ []string, a slog.Attr) slog.Attr {
		if a.Value.Kind() == slog.KindDuration { // 1.5s, as in text, rather than a number of nanoseconds
			a.Value = slog.StringValue(a.Value.Duration().String())
		}
		return a
	}})
}

// Plain is a line of the JSON form as the text form has it, and its time apart; ok is false for any other line.
func Plain(line string) (at, text string, ok bool) {
	if !IsObject(line) {
		return "", "", false
	}
	d := json.NewDecoder(strings.NewReader(line))
	_, _ = d.Token() // the brace; the line is an object
	var b strings.Builder
	for d.More() {
		key, _ := d.Token()
		var value json.RawMessage
		if err := d.Decode(&value); err != nil {
			return "", "", false
		}
		shown := string(value)
		var word string
		if json.Unmarshal(value, &word) == nil {
			shown = word
		}
		if key == slog.TimeKey {
			at = shown
			continue
		}
		if b.Len() > 0 {
			b.WriteByte(' ')
		}
		fmt.Fprintf(&b, "%v=%s", key, quoted(shown))
	}
	return at, b.String(), true
}

// quoted is a value as the text form has it: in quotes unless it is one plain word.
func quoted(value string) string {
	if value == "" || strings.ContainsFunc(value, func(r rune) bool { return r == '"' || r == '=' || unicode.IsSpace(r) || !unicode.IsPrint(r) }) {
		return strconv.Quote(value)
	}
	return value
}

// IsObject reports whether a line is one of the JSON form.
func IsObject(line string) bool { return strings.HasPrefix(line, "{") && json.Valid([]byte(line)) }

// Wrapped is a line of the JSON form for what a worker printed that is not: a panic, or what a learner of one's own prints.
// Without a time, that is left out.
func Wrapped(worker, line string, at time.Time) string {
	text, err := json.Marshal(struct {
		Time    time.Time  `json:"time,omitzero"`
		Level   slog.Level `json:"level"`
		Message string     `json:"msg"`
		Worker  string     `json:"worker"`
	}{at, slog.LevelInfo, line, worker})
	if err != nil { // of a time after the year 9999
		return "{}"
	}
	return string(text)
}
