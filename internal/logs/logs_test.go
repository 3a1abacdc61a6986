package logs_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/gochimera/chimera/internal/logs"
)

// What a context says is on the line, unless the line or its logger says it already; each key is there once.
func TestContextual(t *testing.T) {
	fit, request := logs.WithRun(context.Background(), "f1"), logs.WithRequest(context.Background(), "r1")
	for _, tt := range []struct {
		name string
		log  func(l *slog.Logger)
		want string
	}{
		{"neither", func(l *slog.Logger) { l.InfoContext(context.Background(), "m", "a", 1) }, "level=INFO msg=m a=1"},
		{"a run", func(l *slog.Logger) { l.InfoContext(fit, "m", "a", 1) }, "level=INFO msg=m a=1 run=f1"},
		{"a step", func(l *slog.Logger) { l.WarnContext(logs.WithStep(fit, 7), "m") }, "level=WARN msg=m run=f1 step=7"},
		{"a step that is over", func(l *slog.Logger) { l.InfoContext(logs.WithStep(logs.WithStep(fit, 7), 0), "m") }, "level=INFO msg=m run=f1"},
		{"a request", func(l *slog.Logger) { l.InfoContext(request, "m", "a", 1) }, "level=INFO msg=m a=1 request=r1"},
		{"a request, a run and a step", func(l *slog.Logger) { l.InfoContext(logs.WithStep(logs.WithRun(request, "f1"), 7), "m") },
			"level=INFO msg=m request=r1 run=f1 step=7"},
		{"a request within a step", func(l *slog.Logger) { l.InfoContext(logs.WithRequest(logs.WithStep(fit, 7), "r2"), "m") },
			"level=INFO msg=m request=r2 run=f1 step=7"},
		{"a request that is none", func(l *slog.Logger) { l.InfoContext(logs.WithRequest(fit, "a\nb"), "m") }, "level=INFO msg=m run=f1"},
		{"the line says the request", func(l *slog.Logger) { l.InfoContext(request, "m", "request", "r3") }, "level=INFO msg=m request=r3"},
		{"the logger says the request", func(l *slog.Logger) { l.With("request", "r3").InfoContext(request, "m") }, "level=INFO msg=m request=r3"},
		{"no run", func(l *slog.Logger) { l.InfoContext(logs.WithRun(fit, ""), "m") }, "level=INFO msg=m run=f1"},
		{"the line says it", func(l *slog.Logger) { l.InfoContext(logs.WithStep(fit, 7), "m", "step", 3) }, "level=INFO msg=m step=3 run=f1"},
		{"the logger says it", func(l *slog.Logger) { l.With("run", "f2").InfoContext(fit, "m") }, "level=INFO msg=m run=f2"},
		{"in a group", func(l *slog.Logger) { l.WithGroup("g").InfoContext(fit, "m", "a", 1) }, "level=INFO msg=m g.a=1"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var b strings.Builder
			h := logs.Contextual(logs.Handler(&b, logs.Text, slog.LevelInfo))
			tt.log(slog.New(logs.Contextual(h))) // twice is as once
			if got := strings.TrimSpace(b.String()); got != tt.want {
				t.Errorf("the line is %q, want %q", got, tt.want)
			}
		})
	}
}

// A line of JSON has what the line of text has, and its time; shown as text, it is that line again.
func TestFormats(t *testing.T) {
	write := func(format logs.Format) string {
		var b bytes.Buffer
		l := slog.New(logs.Handler(&b, format, slog.LevelInfo))
		l.Debug("not at this level")
		l.Warn("a worker is lost", "worker", "w 1", "step", 3, "in", 1500*time.Millisecond, "error", errors.New(`said "no"`), "empty", "")
		return strings.TrimSpace(b.String())
	}
	text, line := write(logs.Text), write(logs.JSON)
	var o map[string]any
	if err := json.Unmarshal([]byte(line), &o); err != nil {
		t.Fatal(err)
	}
	if o["step"] != 3.0 || o["in"] != "1.5s" || o["error"] != `said "no"` || o["msg"] != "a worker is lost" {
		t.Errorf("the line is %s", line)
	}
	at, shown, ok := logs.Plain(line)
	if _, err := time.Parse(time.RFC3339Nano, at); err != nil || !ok {
		t.Errorf("the time is %q", at)
	}
	if shown != text {
		t.Errorf("shown as\n%s\nwant\n%s", shown, text)
	}
	for _, other := range []string{text, "", "{", "[1]", `{"a":1} {"b":2}`, "panic: {"} {
		if _, _, ok := logs.Plain(other); ok {
			t.Errorf("%q passes for a line of JSON", other)
		}
	}
}

// What a worker prints beside its log becomes a line of JSON.
func TestWrapped(t *testing.T) {
	const printed = "panic: \"x\"\t\xff"
	line := logs.Wrapped("w1", printed, time.Date(2026, 11, 29, 12, 0, 0, 0, time.UTC))
	if want := `{"time":"2026-11-29T12:00:00Z","level":"INFO","msg":"panic: \"x\"\t\ufffd","worker":"w1"}`; line != want {
		t.Errorf("%s, want %s", line, want)
	}
}

func TestParseFormat(t *testing.T) {
	for text, want := range map[string]logs.Format{"": logs.Text, "text": logs.Text, "json": logs.JSON} {
		if got, err := logs.ParseFormat(text); err != nil || got != want {
			t.Errorf("%q is %q, %v; want %q", text, got, err, want)
		}
	}
	if _, err := logs.ParseFormat("xml"); err == nil || err.Error() != `want text or json, got "xml"` {
		t.Errorf("xml: %v", err)
	}
}

// What a caller may give as the ID of a request cannot break a line or a header, and is short. What is made can be one.
func TestRequestIDs(t *testing.T) {
	for id, want := range map[string]bool{
		"a": true, "7b1f 3c~!": true, strings.Repeat("x", 64): true, "": false, strings.Repeat("x", 65): false, "a\r\nb": false, "a\x7f": false, "\u00e9": false,
		logs.NewRequestID(): true,
	} {
		if got := logs.IsRequestID(id); got != want {
			t.Errorf("%q: %v, want %v", id, got, want)
		}
	}
	if first, second := logs.NewRequestID(), logs.NewRequestID(); first == second {
		t.Error("two requests have one ID")
	}
}

// Why a program ends is a line of its log's form, and names the worker that it is.
func TestEnded(t *testing.T) {
	for _, tt := range []struct {
		format       logs.Format
		worker, want string
	}{
		{logs.Text, "w1", "w1: no rows\n"},
		{logs.Text, "", "no rows\n"},
		{logs.JSON, "w1", `"level":"ERROR","msg":"the worker ends","worker":"w1","error":"no rows"}` + "\n"},
		{logs.JSON, "", `"level":"ERROR","msg":"the program ends","error":"no rows"}` + "\n"},
	} {
		var b strings.Builder
		logs.Ended(t.Context(), &b, tt.format, tt.worker, errors.New("no rows"))
		if got := b.String(); !strings.HasSuffix(got, tt.want) || logs.IsObject(strings.TrimSpace(got)) != (tt.format == logs.JSON) {
			t.Errorf("%s of worker %q: %q, want %q", tt.format, tt.worker, got, tt.want)
		}
	}
}
