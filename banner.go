package chimera

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/gochimera/chimera/api"
	"github.com/gochimera/chimera/config"
	"github.com/gochimera/chimera/internal/cell"
	"github.com/gochimera/chimera/internal/dataio"
)

// banner prints where the master listens and how to call it, once it serves: of a program that cannot start, the reason is
// all there is to read. Where logs are JSON, it is a line of the log.
func (s *session) banner(ctx context.Context) {
	url, paths := s.url(), api.PathsOf(string(s.config.Master))
	if s.config.LogFormat == config.LogJSON {
		s.log.InfoContext(ctx, "the master serves", "project", s.config.Project, "kind", s.config.Master, "url", url, "docs", url+"/docs")
		return
	}
	body, more := s.example().onALine()
	show := s.trusting()
	if s.guard != nil {
		show += ` -H "Authorization: Bearer $CHIMERA_TOKEN"`
	}
	_, _ = fmt.Fprintf(s.stdout, `Chimera: %s master of project %s
  master   %s
  docs     %s/docs
  fit      curl -X POST %s%s%s
  predict  curl -X POST %s%s%s -H 'Content-Type: application/json' -d '%s'
`, s.config.Master, s.config.Project, url, url, url, paths.Fit, show, url, paths.Predict, show, body)
	if s.certificate != nil {
		_, _ = fmt.Fprintf(s.stdout, "  trust    %s (SHA-256 %s)\n", s.trustedFile(), s.certificate.Fingerprint())
	}
	if more {
		_, _ = fmt.Fprintf(s.stdout, "           (shortened: %s/docs has a request to send as it is, and go tool chimera predict FILE sends a file)\n", url)
	}
}

// example is a row to predict for.
type example struct {
	columns []string
	row     []any // numbers, texts, and nil for a missing cell
}

// Lengths of the example on the banner, in bytes: it is to fit a screen.
const (
	longestBody = 160 // a longer one is shortened
	longestCell = 40  // of a body that is shortened
)

// dots stand for what is left out.
const dots = "..."

// example is the first training row of the first worker whose file is on this machine, first of those that are started
// from it; or else a placeholder that shows the form.
func (s *session) example() example {
	for _, elsewhere := range []bool{false, true} {
		for i, w := range s.config.Workers {
			if (w.URL != "") != elsewhere {
				continue
			}
			if e := firstRow(s.config.DataFolder(i), s.config.Reading()); len(e.columns) > 0 {
				return e
			}
		}
	}
	return example{[]string{"a", "b"}, []any{json.RawMessage("1.5"), 2}}
}

// onALine is the body of a predict request, or, with shortened, the beginning of one: a few columns, and dots.
func (e example) onALine() (body string, shortened bool) {
	body = e.body()
	if len(body) <= longestBody {
		return body, false
	}
	for n := len(e.columns); n > 0; n-- {
		if body = e.first(n).body(); len(body) <= longestBody {
			break
		}
	}
	return body, true
}

// first is the example with its first n columns, and dots for those after them; texts of any length become short ones.
func (e example) first(n int) example {
	short := example{}
	for j, name := range e.columns[:n] {
		cell := e.row[j]
		if text, is := cell.(string); is {
			cell = cut(text)
		}
		short.columns, short.row = append(short.columns, cut(name)), append(short.row, cell)
	}
	if n < len(e.columns) {
		short.columns, short.row = append(short.columns, dots), append(short.row, dots)
	}
	return short
}

// cut is the beginning of a long text.
func cut(text string) string {
	runes := []rune(text)
	if len(runes) <= longestCell {
		return text
	}
	return string(runes[:longestCell]) + dots
}

// body is the request as JSON, for between single quotes of a shell; empty if it has no form in JSON.
func (e example) body() string {
	var body bytes.Buffer
	enc := json.NewEncoder(&body)
	enc.SetEscapeHTML(false) // for people to read
	if err := enc.Encode(struct {
		Columns []string `json:"X_pred_columns"`
		Rows    [][]any  `json:"X_pred_rows"`
	}{e.columns, [][]any{e.row}}); err != nil {
		return ""
	}
	return strings.ReplaceAll(strings.TrimSpace(body.String()), "'", `\u0027`)
}

// firstRow is the first row of the training data in a folder. It is empty if that cannot be read; the worker reports what is
// wrong with a file.
func firstRow(folder string, o dataio.Options) example {
	files, err := dataio.OpenTraining(folder, o)
	if err != nil {
		return example{}
	}
	defer func() { _ = files.Close() }() // it was only read
	rows, target := files.Features, files.At
	cells, err := rows.Next()
	if err != nil {
		return example{}
	}
	e := example{columns: rows.Columns()}
	for j, text := range cells {
		switch v, number := cell.Float(text); {
		case j == target:
		case text == nil, rows.IsMissing(text):
			e.row = append(e.row, nil)
		case number && json.Valid(bytes.TrimSpace(text)):
			e.row = append(e.row, json.RawMessage(bytes.Clone(bytes.TrimSpace(text))))
		case number:
			e.row = append(e.row, v)
		default:
			e.row = append(e.row, string(bytes.TrimSpace(text)))
		}
	}
	if target >= 0 {
		e.columns = slices.Delete(e.columns, target, target+1)
	}
	return e
}
