package dataio_test

import (
	"bytes"
	"context"
	"encoding/csv"
	"errors"
	"io"
	"math"
	"slices"
	"strings"
	"testing"
	"testing/iotest"

	"pgregory.net/rapid"

	"github.com/gochimera/chimera/internal/cell"
	"github.com/gochimera/chimera/internal/dataio"
)

type fataler interface {
	Helper()
	Fatalf(string, ...any)
}

// plainRecords is what encoding/csv makes of the input, up to its error.
func plainRecords(input []byte) (records [][]string, err error) {
	r := csv.NewReader(bytes.NewReader(input))
	r.FieldsPerRecord = -1
	for {
		record, err := r.Read()
		if errors.Is(err, io.EOF) {
			return records, nil
		}
		if err != nil {
			return records, err
		}
		records = append(records, record)
	}
}

// ourRecords is the same by Records. Blank lines are left out, as encoding/csv does, and so are
// carriage returns before line ends in quotes.
func ourRecords(input io.Reader) (records [][]string, err error) {
	r, err := dataio.NewRecords(input, "input")
	if err != nil {
		return nil, err
	}
	for {
		text, err := r.Next()
		if errors.Is(err, io.EOF) {
			return records, nil
		}
		if err != nil {
			return records, err
		}
		if len(text) == 0 {
			continue
		}
		fields, err := r.Fields()
		if err != nil {
			return records, err
		}
		record := make([]string, len(fields))
		for j, f := range fields {
			record[j] = strings.ReplaceAll(string(f), "\r\n", "\n")
		}
		records = append(records, record)
	}
}

// agree fails unless Records and encoding/csv split the input alike, and
// Reader finds the numbers that are in those fields.
func agree(t fataler, input []byte) {
	t.Helper()
	if bytes.HasPrefix(input, []byte("\xEF\xBB\xBF")) || bytes.HasPrefix(input, []byte("\xFF\xFE")) || bytes.HasPrefix(input, []byte("\xFE\xFF")) {
		return // encoding/csv knows no byte order mark
	}
	want, wantErr := plainRecords(input)
	got, err := ourRecords(bytes.NewReader(input))
	if (err == nil) != (wantErr == nil) {
		t.Fatalf("%q: error %v, encoding/csv has %v", input, err, wantErr)
	}
	if !slices.EqualFunc(got, want, slices.Equal) {
		t.Fatalf("%q: records %q, encoding/csv has %q", input, got, want)
	}
	slow, slowErr := ourRecords(iotest.OneByteReader(bytes.NewReader(input)))
	if !slices.EqualFunc(got, slow, slices.Equal) || (err == nil) != (slowErr == nil) {
		t.Fatalf("%q: %q in one block and %q byte by byte", input, got, slow)
	}
	numbersAgree(t, input, want, wantErr == nil)
}

func numbersAgree(t fataler, input []byte, records [][]string, valid bool) {
	t.Helper()
	r, err := dataio.NewReader(bytes.NewReader(input), "input")
	if err != nil || len(records) == 0 {
		return // the header is bad; the tables of errors say how
	}
	x, err := r.ReadBatch(context.Background(), 1<<20)
	cols := len(r.Columns())
	var want []float64
	for _, record := range records[1:] {
		valid = valid && len(record) == cols
		for _, field := range record {
			v, ok := cell.Value([]byte(field))
			if strings.TrimSpace(field) == "" {
				v, ok = math.NaN(), true
			}
			valid = valid && ok && !math.IsInf(v, 0)
			want = append(want, v)
		}
	}
	if blankInside(input) {
		return // an error, or a missing value; encoding/csv skips it
	}
	if (err == nil || errors.Is(err, io.EOF)) != valid {
		t.Fatalf("%q: error %v, but valid: %v", input, err, valid)
	}
	if err != nil {
		return
	}
	same := func(a, b float64) bool {
		return math.Float64bits(a) == math.Float64bits(b) || math.IsNaN(a) && math.IsNaN(b)
	}
	if !slices.EqualFunc(x.RawMatrix().Data, want, same) {
		t.Fatalf("%q: numbers %v, want %v", input, x.RawMatrix().Data, want)
	}
}

// blankInside reports whether there may be a blank line with text after it.
func blankInside(input []byte) bool {
	text := strings.TrimRight(strings.ReplaceAll(string(input), "\r\n", "\n"), "\n")
	return strings.Contains(text, "\n\n")
}

func TestRecordsAsEncodingCSV(t *testing.T) {
	field := rapid.OneOf(
		rapid.StringMatching(`-?[0-9]{1,20}(\.[0-9]{0,20})?`),
		rapid.SampledFrom([]string{"", " ", "1", "0", "-0", `"1"`, `"a,b"`, `"a""b"`, "\"a\nb\"", "\"a\r\nb\"", `""`, `""""`, `a"b`, `"a"b`, `"`, "x",
			"1e400", "+1", "01", "NaN", "true", "\r", "é"}),
	)
	lineEnd := rapid.SampledFrom([]string{"\n", "\n", "\r\n", "\n\n"})
	rapid.Check(t, func(t *rapid.T) {
		var b strings.Builder
		for range rapid.IntRange(0, 6).Draw(t, "records") {
			for j := range rapid.IntRange(1, 3).Draw(t, "fields") {
				if j > 0 {
					b.WriteString(",")
				}
				b.WriteString(field.Draw(t, "field"))
			}
			b.WriteString(lineEnd.Draw(t, "line end"))
		}
		input := b.String()
		if rapid.Bool().Draw(t, "cut") && input != "" {
			input = input[:len(input)-1]
		}
		agree(t, []byte(input))
	})
}

func FuzzRecords(f *testing.F) {
	for _, s := range []string{"a,b\n1,2\n", "a\n\n1\n", "\"a\nb\",c\r\n\"1\"\"\",2", "a\"b\n\"c", "a,b\n1.25,-3e5\n.5,007\n", "\r", "a\r"} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, input []byte) { agree(t, input) })
}

func TestRecordsLines(t *testing.T) {
	r, err := dataio.NewRecords(strings.NewReader("a\n\n\r\n\"b\n\"\n\nc\n\n"), "input")
	if err != nil {
		t.Fatal(err)
	}
	type at struct {
		text string
		line int
	}
	var got []at
	for {
		text, err := r.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, at{string(text), r.Line()})
	}
	want := []at{{"a", 1}, {"", 2}, {"", 3}, {"\"b\n\"", 4}, {"", 6}, {"c", 7}}
	if !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

func TestRecordsReadError(t *testing.T) {
	broken := errors.New("the disk is broken")
	for _, start := range []string{"", "a,b\n1,2\n3"} {
		in := io.MultiReader(strings.NewReader(start), iotest.ErrReader(broken))
		r, err := dataio.NewReader(in, "X.csv")
		if err == nil {
			_, err = r.ReadBatch(context.Background(), 10)
		}
		var typed *dataio.Error
		if !errors.As(err, &typed) || !errors.Is(err, broken) || typed.File != "X.csv" {
			t.Errorf("after %q: got %v, want an *Error that wraps the cause", start, err)
		}
	}
}

// endless is a quote that never closes in a file that never ends.
type endless struct{ started bool }

func (e *endless) Read(b []byte) (int, error) {
	for i := range b {
		b[i] = 'x'
	}
	if !e.started && len(b) > 0 {
		e.started, b[0] = true, '"'
	}
	return len(b), nil
}

func TestRecordTooLong(t *testing.T) {
	_, err := dataio.NewReader(&endless{}, "X.csv")
	var typed *dataio.Error
	if !errors.As(err, &typed) || typed.Line != 1 || !strings.Contains(err.Error(), "more than 64 MiB") {
		t.Errorf("got %v, want an *Error about line 1", err)
	}
}
