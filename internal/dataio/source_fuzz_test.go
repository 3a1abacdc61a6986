package dataio_test

import (
	"bytes"
	"errors"
	"io"
	"math"
	"strings"
	"testing"

	"github.com/gochimera/chimera/internal/dataio"
	"github.com/gochimera/chimera/prepare/table"
)

// readAll reads a file in one batch.
func readAll(t *testing.T, text []byte, o dataio.Options) (table.Rows, error) {
	t.Helper()
	s, err := dataio.NewSource(bytes.NewReader(text), "f", o)
	if err != nil {
		return table.Rows{}, err
	}
	return s.ReadBatch(t.Context(), math.MaxInt)
}

// Whatever a file holds and whatever is said about it, its cells are the same typed and as they are written, and come
// back when they are written with commas. An error names the file and a line that it can have.
func FuzzSource(f *testing.F) {
	for _, s := range []string{
		"a;b\n1;x\n", "1\t2\n3\t?\n", " 1  2   x \n 3 4 y\n", "\xff\xfea\x00\n\x001\x00", "{\"a\":1}\n{\"b\":\"x\"}\n", "a|\"b\"\n1| \"x\ny\" \n",
		"a,b\nNA,9007199254740993\n", "a\ninf\nx\n", gzipped("a,b\n1,2\n"), "{\"a\":{}}", "\ufeffa,b\n,\n", "a,a\n\"", "x,y\nTRUE,1e999\n",
	} {
		for _, header := range []uint8{0, 1, 2} {
			f.Add([]byte(s), uint8(0), header)
			f.Add([]byte(s), uint8(1), header)
		}
	}
	f.Fuzz(func(t *testing.T, text []byte, delimiter, header uint8) {
		if bytes.HasPrefix(text, []byte("\x1f\x8b")) && len(text) > 1<<10 {
			return // as much as memory is asked for, it is in proportion to what comes out
		}
		o := dataio.Options{
			Delimiter: []string{"", ",", ";", "\t", " ", ":"}[delimiter%6], Header: []string{"auto", "yes", "no"}[header%3],
		}
		rows, err := readAll(t, text, o)
		if err != nil {
			var e *dataio.Error
			if !errors.Is(err, io.EOF) && (!errors.As(err, &e) || e.File != "f" || e.Reason == "" || e.Line < 0) {
				t.Fatalf("not placed: %v", err)
			}
			return
		}
		s, err := dataio.NewSource(bytes.NewReader(text), "f", o)
		if err != nil {
			t.Fatal(err)
		}
		var again strings.Builder
		line := func(cells [][]byte) {
			for j, c := range cells {
				if j > 0 {
					again.WriteByte(',')
				}
				again.WriteString(`"` + strings.ReplaceAll(string(c), `"`, `""`) + `"`)
			}
			again.WriteByte('\n')
		}
		var names [][]byte
		for _, c := range s.Columns() {
			names = append(names, []byte(c))
		}
		line(names)
		for i := range rows.Len() {
			cells, err := s.Next()
			if err != nil || len(cells) != len(rows.Columns) {
				t.Fatalf("row %d: %q, %v", i, cells, err)
			}
			for j, c := range cells {
				if _, is := rows.Text(i, j); s.IsMissing(c) != (!is && math.IsNaN(rows.X.At(i, j))) {
					t.Fatalf("%q is missing: %t, and %v", c, s.IsMissing(c), rows.X.At(i, j))
				}
			}
			line(cells)
		}
		if _, err := s.Next(); !errors.Is(err, io.EOF) {
			t.Fatalf("after the last row: %v", err)
		}
		if o.Header != "yes" || s.Format().Name != "csv" {
			for _, c := range s.Columns() {
				if strings.ContainsAny(c, "\ufeff\r\"") {
					return // names that a header may not have
				}
			}
		}
		back, err := readAll(t, []byte(again.String()), dataio.Options{Delimiter: ",", Header: "yes"})
		if err != nil || shown(back) != shown(rows) {
			t.Fatalf("%q came back from %q as\n%s, %v; it was\n%s", text, again.String(), shown(back), err, shown(rows))
		}
	})
}
