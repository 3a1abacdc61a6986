package chimera

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/gochimera/chimera/api"
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
// whose file is on this machine, or else a placeholder that shows the form.
func (s *session) exampleBody() string {
	const form = `{"X_pred_columns":["a","b"],"X_pred_rows":[[1.5,2]]}`
	for i, w := range s.config.Workers {
		if w.URL != "" {
			continue
		}
		if body := firstRow(filepath.Join(s.config.DataFolder(i), "X_train.csv")); body != "" {
			return body
		}
	}
	return form
}

// firstRow makes a predict request from the first two lines of a CSV file. It returns "" if they are
// too complex to copy; the worker reports what is wrong with a file.
func firstRow(file string) string {
	f, err := os.Open(file)
	if err != nil {
		return ""
	}
	defer func() { _ = f.Close() }() // it was only read
	lines := bufio.NewScanner(f)
	var fields [2][]string
	for i := range fields {
		if !lines.Scan() || strings.ContainsAny(lines.Text(), `"'`) {
			return ""
		}
		fields[i] = strings.Split(lines.Text(), ",")
	}
	row := make([]json.Number, len(fields[1]))
	for i, v := range fields[1] {
		row[i] = json.Number(strings.TrimSpace(v))
	}
	for i, name := range fields[0] {
		fields[0][i] = strings.ToLower(strings.TrimSpace(name))
	}
	body, err := json.Marshal(struct {
		Columns []string        `json:"X_pred_columns"`
		Rows    [][]json.Number `json:"X_pred_rows"`
	}{fields[0], [][]json.Number{row}})
	if err != nil || len(fields[0]) != len(row) {
		return ""
	}
	return string(body)
}
