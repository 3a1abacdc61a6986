package chimera

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/gochimera/chimera/api"
	"github.com/gochimera/chimera/internal/cell"
	"github.com/gochimera/chimera/internal/dataio"
)

// banner prints where the master listens and how to call it, once the workers that it starts have their
// data: of a program that cannot start, the reason is all there is to read.
func (s *session) banner() {
	url, paths := s.url(), api.PathsOf(string(s.config.Master))
	_, _ = fmt.Fprintf(s.stdout, `Chimera: %s master of project %s
  master   %s
  docs     %s/docs
  fit      curl -X POST %s%s
  predict  curl -X POST %s%s -H 'Content-Type: application/json' -d '%s'
`, s.config.Master, s.config.Project, url, url, url, paths.Fit, url, paths.Predict, s.exampleBody())
}

// exampleBody is the body of a working predict request: the first training row of the first worker
// whose file is on this machine, first of those that are started from it; or else a placeholder that shows the form.
func (s *session) exampleBody() string {
	const form = `{"X_pred_columns":["a","b"],"X_pred_rows":[[1.5,2]]}`
	for _, elsewhere := range []bool{false, true} {
		for i, w := range s.config.Workers {
			if (w.URL != "") != elsewhere {
				continue
			}
			if body := firstRow(s.config.DataFolder(i), s.config.Reading()); body != "" {
				return body
			}
		}
	}
	return form
}

// firstRow makes a predict request from the first row of the training data in a folder: numbers, texts, and null for
// a missing cell. It returns "" if that cannot be read; the worker reports what is wrong with a file.
func firstRow(folder string, o dataio.Options) string {
	files, err := dataio.OpenTraining(folder, o)
	if err != nil {
		return ""
	}
	defer func() { _ = files.Close() }() // it was only read
	rows, target := files.Features, files.At
	cells, err := rows.Next()
	if err != nil {
		return ""
	}
	row, columns := make([]any, 0, len(cells)), rows.Columns()
	for j, text := range cells {
		switch v, number := cell.Float(text); {
		case j == target:
		case text == nil, rows.IsMissing(text):
			row = append(row, nil)
		case number && json.Valid(bytes.TrimSpace(text)):
			row = append(row, json.RawMessage(bytes.TrimSpace(text)))
		case number:
			row = append(row, v)
		default:
			row = append(row, string(bytes.TrimSpace(text)))
		}
	}
	if target >= 0 {
		columns = slices.Delete(columns, target, target+1)
	}
	var body bytes.Buffer
	e := json.NewEncoder(&body)
	e.SetEscapeHTML(false) // for people to read
	if err := e.Encode(struct {
		Columns []string `json:"X_pred_columns"`
		Rows    [][]any  `json:"X_pred_rows"`
	}{columns, [][]any{row}}); err != nil {
		return ""
	}
	// it stands between single quotes of a shell
	return strings.ReplaceAll(strings.TrimSpace(body.String()), "'", `\u0027`)
}
