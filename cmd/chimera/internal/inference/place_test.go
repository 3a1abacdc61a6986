package inference_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/gochimera/chimera/api"
	"github.com/gochimera/chimera/client"
	"github.com/gochimera/chimera/cmd/chimera/internal/inference"
	"github.com/gochimera/chimera/internal/dataio"
	"github.com/gochimera/chimera/prepare/table"
)

// picky refuses the cells that are 13, with their places in the request.
type picky struct{ master }

func (picky) refuse(rows table.Rows) error {
	p := api.NewProblem(api.CodeInvalidRequest, "Row and column of the request.")
	for i := range rows.Len() {
		for j := range rows.Columns {
			if rows.X.At(i, j) == 13 {
				p.Errors = append(p.Errors, api.Fault{Location: fmt.Sprintf("body.X_pred_rows[%d][%d]", i, j), Message: "it is unlucky", Value: "13"})
			}
		}
	}
	if p.Errors == nil {
		return nil
	}
	return p
}

func (m *picky) PredictTable(ctx context.Context, rows table.Rows) (*client.Prediction, error) {
	if err := m.refuse(rows); err != nil {
		return nil, err
	}
	return m.master.PredictTable(ctx, rows)
}

// A master names the row of a request; whoever sent a file is told the line of the file, however large the batches were.
func TestRefusedRowsAreNamedByLine(t *testing.T) {
	for name, c := range map[string]struct{ text, want string }{
		"CSV":            {"a,b\n1,2\n3,4\n5,13\n", `in:4 (column "b"): it is unlucky: "13"`},
		"quoted breaks":  {"a,b\n1,\"x\ny\"\n13,4\n", `in:4 (column "a"): it is unlucky: "13"`},
		"JSON lines":     {"{\"a\":1}\n\n{\"a\":13}\n", `in:3 (column "a"): it is unlucky: "13"`},
		"objects":        {"[\n {\"a\": 1},\n {\"a\": 2},\n\n {\"a\": 13}\n]\n", `in:5 (column "a"): it is unlucky: "13"`},
		"a request":      {"{\"X_pred_columns\": [\"a\"],\n \"X_pred_rows\": [[1],\n [13], [2]]}", `in:3 (column "a"): it is unlucky: "13"`},
		"all on a line":  {`[{"a": 1}, {"a": 13}]`, `in:1 (column "a"): it is unlucky: "13"`},
		"of many blanks": {"[" + strings.Repeat("\n", 100_000) + `{"a": 13}]`, `in:100001 (column "a"): it is unlucky: "13"`},
	} {
		for _, batch := range []int{1, 2, 100} {
			from, err := inference.NewSource(strings.NewReader(c.text), "in", inference.Written{})
			if err != nil {
				t.Fatal(err)
			}
			m := &picky{master{fits: []string{"1"}}}
			_, err = inference.Predict(t.Context(), m, from, inference.NewSink(io.Discard, inference.CSV, false), batch, nil)
			var p *client.Problem
			var at *dataio.Error
			if err == nil || err.Error() != c.want || !errors.As(err, &p) || !errors.As(err, &at) {
				t.Errorf("%s, batches of %d: %v, want %s", name, batch, err, c.want)
			}
		}
	}
}

func TestRefusedRowOfAWholeFile(t *testing.T) {
	file := filepath.Join(t.TempDir(), "X.csv")
	if err := os.WriteFile(file, []byte("a,b\n1,\"2\"\n13,13\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	rows, err := inference.ReadRows(t.Context(), file, inference.Written{})
	if err != nil {
		t.Fatal(err)
	}
	err = inference.Refused(picky{}.refuse(rows), file, "", rows.Columns, inference.Written{})
	if want := file + `:3 (column "a"): it is unlucky: "13" (and 1 more such cells)`; err == nil || err.Error() != want {
		t.Errorf("%v, want %s", err, want)
	}
	plain := errors.New("the master is gone")
	for _, other := range []error{nil, plain, api.NewProblem(api.CodeNotFitted, "No model.")} {
		if got := inference.Refused(other, file, "", rows.Columns, inference.Written{}); !errors.Is(got, other) {
			t.Errorf("%v became %v", other, got)
		}
	}
}

// So is a target that cannot be scored, by its line in the file that has it.
func TestRefusedTargetsAreNamedByLine(t *testing.T) {
	dir := t.TempDir()
	write := func(name, text string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	p := api.NewProblem(api.CodeInvalidRequest, "Entry 2 of the request.")
	p.Errors = []api.Fault{{Location: "body.y_true[2]", Message: "want a number", Value: "many"}}
	x := write("X.csv", "a,b\n1,2\n3,4\n5,6\n")
	for name, c := range map[string]struct {
		target  string // the file; empty if it is among the columns
		all     string
		written inference.Written
		want    string
	}{
		"a file of its own": {target: write("y.csv", "Price\n1\n2\nmany\n"), want: `y.csv:4 (column "price"): want a number: "many"`},
		"without a header":  {target: write("bare.csv", "1\n2\nmany\n"), written: inference.Written{NoHeader: true}, want: `bare.csv:3 (column "x1")`},
		"among the columns": {all: write("all.csv", "Price,note,a\n1,\"a\nb\",1\n2,c,2\nmany,d,3\n"), written: inference.Written{Target: "1"},
			want: `all.csv:5 (column "price"): want a number: "many"`},
	} {
		features := x
		if c.all != "" {
			features = c.all
		}
		err := inference.Refused(p, features, c.target, []string{"a", "b"}, c.written)
		var at *dataio.Error
		if !errors.As(err, &at) || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %s", name, err, c.want)
		}
	}
}

// What no row can be read of is named by its line too.
func TestUnreadableRowsAreNamedByLine(t *testing.T) {
	for text, want := range map[string]string{
		"[{\"a\": 1},\n {\"a\": 2},\n {\"a\" 3}]":                             "in:3: row 2: want an object",
		"[{\"a\": 1},\n [2]]":                                                 "in:2: row 1: want an object",
		"[{\"a\": 1},\n\n {\"b\": 2}]":                                        `in:3: row 1 has no "a"`,
		"{\"X_pred_columns\": [\"a\"], \"X_pred_rows\": [[1],\n\n[1, 2]]}":    "in:3: row 1 has 2 values",
		"{\"X_pred_columns\": [\"a\"], \"X_pred_rows\": [[1],\n\n[\"Inf\"]]}": `in:3: row 1, "a": expected a finite number`,
		"{\"a\":1}\n{\"a\":2\n":                                               "in:2",
		"a,b\n1,2\n3\n":                                                       "in:3: the row has 1 fields",
	} {
		_, _, err := all(t, text, 10)
		if err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("%q: %v, want %s", text, err, want)
		}
	}
}

// A file with a header and nothing below it is a mistake, and not an empty answer.
func TestPredictForNothing(t *testing.T) {
	for _, text := range []string{"a,b\n", "a,b\n\n\n", "[]", `{"X_pred_columns": ["a"], "X_pred_rows": []}`} {
		from, err := inference.NewSource(strings.NewReader(text), "in", inference.Written{})
		if err != nil {
			t.Fatalf("%q: %v", text, err)
		}
		var e *dataio.Error
		_, err = inference.Predict(t.Context(), &master{fits: []string{"1"}}, from, inference.NewSink(io.Discard, inference.CSV, false), 10, nil)
		if !errors.As(err, &e) || !strings.HasPrefix(err.Error(), "in: there are no rows to predict for") {
			t.Errorf("%q: %v", text, err)
		}
	}
}
