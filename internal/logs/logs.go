// Package logs makes the log handlers that nodes have in common.
package logs

import (
	"io"
	"log/slog"
)

// Handler writes lines of key=value without the time, for a terminal or for a
// launcher that adds it.
func Handler(w io.Writer, level slog.Level) slog.Handler {
	return slog.NewTextHandler(w, &slog.HandlerOptions{Level: level, ReplaceAttr: func(groups []string, a slog.Attr) slog.Attr {
		if len(groups) == 0 && a.Key == slog.TimeKey {
			return slog.Attr{}
		}
		return a
	}})
}
