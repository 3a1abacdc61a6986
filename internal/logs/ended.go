package logs

import (
	"context"
	"fmt"
	"io"
	"log/slog"
)

// Ended writes why a program ends that had a log of this form: as its last line, if that is JSON, so that every line is; else as text.
// worker is the name of the worker that the program is, or empty.
func Ended(ctx context.Context, w io.Writer, format Format, worker string, err error) {
	switch log := slog.New(Handler(w, format, slog.LevelError)); {
	case format == JSON && worker != "":
		log.ErrorContext(ctx, "the worker ends", WorkerKey, worker, "error", err)
	case format == JSON:
		log.ErrorContext(ctx, "the program ends", "error", err)
	case worker != "":
		_, _ = fmt.Fprintf(w, "%s: %v\n", worker, err)
	default:
		_, _ = fmt.Fprintln(w, err)
	}
}
