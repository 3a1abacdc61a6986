package formats_test

import (
	"bytes"
	"compress/gzip"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
	"strconv"
	"strings"
	"testing"
	"unicode/utf16"

	"github.com/klauspost/compress/zstd"
	"github.com/parquet-go/parquet-go"
	"pgregory.net/rapid"

	_ "github.com/gochimera/chimera/formats"
	"github.com/gochimera/chimera/internal/dataio"
	"github.com/gochimera/chimera/prepare/table"
)

// A cell of a table to write: nil is missing, else a float64 or a string.
type drawn struct {
	columns []string
	rows    [][]any
}

func drawTable(t *rapid.T) drawn {
	var d drawn
	for j := range rapid.IntRange(1, 4).Draw(t, "columns") {
		d.columns = append(d.columns, fmt.Sprintf("c%d", j))
	}
	// Texts that are neither numbers nor markers, with all that has to be quoted.
	text := rapid.StringMatching("[a-dé][a-z ,;|\"\t\n]{0,6}[x-z]")
	number := rapid.OneOf(rapid.Float64Range(-1e12, 1e12), rapid.Map(rapid.IntRange(-3, 1000), func(n int) float64 { return float64(n) }))
	cell := rapid.Custom(func(t *rapid.T) any {
		switch rapid.IntRange(0, 3).Draw(t, "kind") {
		case 0:
			return nil
		case 1:
			return text.Draw(t, "text")
		default:
			return number.Draw(t, "number")
		}
	})
	for range rapid.IntRange(1, 9).Draw(t, "rows") {
		row := make([]any, len(d.columns))
		for j := range row {
			row[j] = cell.Draw(t, "cell")
		}
		d.rows = append(d.rows, row)
	}
	return d
}

// check compares what was read, in batches, with what was written.
func (d drawn) check(t *rapid.T, text []byte, o dataio.Options, names []string) {
	s, err := dataio.NewSource(bytes.NewReader(text), "f", o)
	if err != nil {
		t.Fatalf("%q: %v", text, err)
	}
	if got := s.Columns(); !slices.Equal(got, names) {
		t.Fatalf("%q: columns %q, want %q", text, got, names)
	}
	var batch table.Rows
	at := 0
	for i, row := range d.rows {
		if at == batch.Len() {
			if batch, err = s.ReadBatch(t.Context(), 4); err != nil {
				t.Fatalf("%q: row %d: %v", text, i, err)
			}
			at = 0
		}
		for j, want := range row {
			got, is := batch.Text(at, j)
			v := batch.X.At(at, j)
			switch want := want.(type) {
			case nil:
				if is || !math.IsNaN(v) {
					t.Fatalf("%q: cell %d,%d is %q, %v, want none", text, i, j, got, v)
				}
			case string:
				if got != want || !math.IsNaN(v) {
					t.Fatalf("%q: cell %d,%d is %q, %v, want %q", text, i, j, got, v, want)
				}
			case float64:
				if is || v != want {
					t.Fatalf("%q: cell %d,%d is %q, %v, want %v", text, i, j, got, v, want)
				}
			}
		}
		at++
	}
	if _, err := s.ReadBatch(t.Context(), 1); !errors.Is(err, io.EOF) || at != batch.Len() {
		t.Fatalf("%q: more rows than were written, %v", text, err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
}

// csv writes the table; quotes stand around what needs them, and some that does not.
func (d drawn) csv(t *rapid.T, delimiter, lineEnd string, header bool) string {
	var b strings.Builder
	write := func(cells []string) {
		for j, c := range cells {
			if j > 0 {
				b.WriteString(delimiter)
			}
			if strings.ContainsAny(c, delimiter+" \t\n\"") || rapid.Bool().Draw(t, "quoted") {
				c = `"` + strings.ReplaceAll(c, `"`, `""`) + `"`
			}
			b.WriteString(c)
		}
		b.WriteString(lineEnd)
	}
	if header {
		write(d.columns)
	}
	for _, row := range d.rows {
		cells := make([]string, len(row))
		for j, c := range row {
			switch c := c.(type) {
			case nil:
				cells[j] = rapid.SampledFrom([]string{"NA", "?", "NaN", "null"}).Draw(t, "missing")
			case string:
				cells[j] = c
			case float64:
				cells[j] = strconv.FormatFloat(c, rapid.SampledFrom([]byte("gf")).Draw(t, "form"), -1, 64)
			}
		}
		write(cells)
	}
	return b.String()
}

func (d drawn) jsonl(t *rapid.T) string {
	var b strings.Builder
	fmt.Fprintf(&b, "{%q:null", d.columns[0])
	for _, c := range d.columns[1:] {
		fmt.Fprintf(&b, ",%q:null", c)
	}
	b.WriteString("}\n")
	for _, row := range d.rows {
		var cells []string
		for j, c := range row {
			switch c := c.(type) {
			case nil:
				if rapid.Bool().Draw(t, "null") {
					cells = append(cells, fmt.Sprintf("%q: null", d.columns[j]))
				}
			case string:
				cells = append(cells, fmt.Sprintf("%q: %q", d.columns[j], c))
			case float64:
				cells = append(cells, fmt.Sprintf("%q: %s", d.columns[j], strconv.FormatFloat(c, 'g', -1, 64)))
			}
		}
		b.WriteString("{" + strings.Join(cells, ", ") + "}\n")
	}
	return b.String()
}

// parquet writes columns of doubles where all cells are numbers, and of texts elsewhere.
func (d drawn) parquet(t *rapid.T) []byte {
	group := parquet.Group{}
	numeric := make([]bool, len(d.columns))
	for j, c := range d.columns {
		numeric[j] = !slices.ContainsFunc(d.rows, func(row []any) bool { _, is := row[j].(string); return is })
		if group[c] = parquet.Optional(parquet.String()); numeric[j] {
			group[c] = parquet.Optional(parquet.Leaf(parquet.DoubleType))
		}
	}
	var b bytes.Buffer
	w := parquet.NewWriter(&b, parquet.NewSchema("table", group))
	for i, row := range d.rows {
		values := make(parquet.Row, len(row))
		for j, c := range row {
			v, level := parquet.NullValue(), 1
			switch c := c.(type) {
			case nil:
				level = 0
			case string:
				v = parquet.ValueOf(c)
			case float64:
				if v = parquet.ValueOf(c); !numeric[j] {
					v = parquet.ValueOf(strconv.FormatFloat(c, 'g', -1, 64))
				}
			}
			values[j] = v.Level(0, level, j)
		}
		if _, err := w.WriteRows([]parquet.Row{values}); err != nil {
			t.Fatal(err)
		}
		if i%3 == 2 {
			if err := w.Flush(); err != nil { // a row group
				t.Fatal(err)
			}
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func encoded(t *rapid.T, text string) []byte {
	var order binary.AppendByteOrder
	switch rapid.IntRange(0, 3).Draw(t, "encoding") {
	case 0:
		order = binary.LittleEndian
	case 1:
		order = binary.BigEndian
	case 2:
		return []byte("\ufeff" + text)
	default:
		return []byte(text)
	}
	var b []byte
	for _, u := range utf16.Encode([]rune("\ufeff" + text)) {
		b = order.AppendUint16(b, u)
	}
	return b
}

func compressed(t *rapid.T, text []byte) []byte {
	var b bytes.Buffer
	var w io.WriteCloser
	switch rapid.IntRange(0, 2).Draw(t, "compression") {
	case 0:
		w = gzip.NewWriter(&b)
	case 1:
		var err error
		if w, err = zstd.NewWriter(&b); err != nil {
			t.Fatal(err)
		}
	default:
		return text
	}
	if _, err := w.Write(text); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// Any table that is written in any form is read as it was.
func TestRoundTrip(t *testing.T) {
	t.Run("CSV", rapid.MakeCheck(func(t *rapid.T) {
		d := drawTable(t)
		delimiter := rapid.SampledFrom([]string{",", ";", "\t", "|", ":", " "}).Draw(t, "delimiter")
		o, names := dataio.Options{Delimiter: delimiter, Header: "yes"}, d.columns
		if rapid.Bool().Draw(t, "no header") {
			o.Header, names = "no", nil
			for j := range d.columns {
				names = append(names, fmt.Sprintf("x%d", j+1))
			}
		}
		lineEnd := rapid.SampledFrom([]string{"\n", "\r\n"}).Draw(t, "line end")
		d.check(t, compressed(t, encoded(t, d.csv(t, delimiter, lineEnd, o.Header == "yes"))), o, names)
	}))
	t.Run("JSON lines", rapid.MakeCheck(func(t *rapid.T) {
		d := drawTable(t)
		text := compressed(t, encoded(t, d.jsonl(t)))
		d.rows = slices.Insert(d.rows, 0, make([]any, len(d.columns)))
		d.check(t, text, dataio.Options{}, d.columns)
	}))
	t.Run("Parquet", rapid.MakeCheck(func(t *rapid.T) {
		d := drawTable(t)
		d.check(t, d.parquet(t), dataio.Options{}, d.columns)
	}))
}

// A file that ends too early, or says that it needs more memory than it may have, is an error.
func TestBrokenZstd(t *testing.T) {
	var b bytes.Buffer
	w, err := zstd.NewWriter(&b, zstd.WithWindowSize(512<<20))
	if err != nil {
		t.Fatal(err)
	}
	_, _ = w.Write(bytes.Repeat([]byte("a,b\n1,2\n"), 1<<20)) // to memory
	_ = w.Close()
	for name, text := range map[string][]byte{"a window of 512 MiB": b.Bytes(), "cut off": b.Bytes()[:10]} {
		s, err := dataio.NewSource(bytes.NewReader(text), "f", dataio.Options{})
		for err == nil {
			_, err = s.ReadBatch(t.Context(), 1<<20)
		}
		var typed *dataio.Error
		if !errors.As(err, &typed) || typed.File != "f" {
			t.Errorf("%s: %v", name, err)
		}
	}
}
