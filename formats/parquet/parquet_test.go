package parquet_test

import (
	"bytes"
	"errors"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/parquet-go/parquet-go"

	_ "github.com/gochimera/chimera/formats/parquet"
	"github.com/gochimera/chimera/internal/dataio"
)

func written[T any](tb testing.TB, rows ...T) []byte {
	tb.Helper()
	var b bytes.Buffer
	if err := parquet.Write(&b, rows); err != nil {
		tb.Fatal(err)
	}
	return b.Bytes()
}

type everything struct {
	Bool    bool      `parquet:"bool"`
	I32     int32     `parquet:"i32"`
	I64     int64     `parquet:"i64"`
	U64     uint64    `parquet:"u64"`
	F32     float32   `parquet:"f32"`
	F64     *float64  `parquet:"f64,optional"`
	Text    string    `parquet:"Text"`
	Bytes   []byte    `parquet:"bytes"`
	Decimal int64     `parquet:"decimal,decimal(2:18)"`
	Date    int32     `parquet:"date,date"`
	Time    time.Time `parquet:"time,timestamp(microsecond)"`
}

// The cells of every type, as a CSV file would have them.
func TestTypes(t *testing.T) {
	text := written(t,
		everything{Bool: true, I32: -7, I64: 9007199254740993, U64: 1<<64 - 1, F32: 0.5, Text: "red", Bytes: []byte("x"), Decimal: -1205, Date: 19000,
			Time: time.Date(2024, 2, 29, 12, 30, 0, 5000, time.UTC)},
		everything{F64: new(float64), Decimal: 7})
	s, err := dataio.NewSource(bytes.NewReader(text), "f", dataio.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if got := strings.Join(s.Columns(), " "); got != "bool i32 i64 u64 f32 f64 text bytes decimal date time" {
		t.Errorf("columns %s", got)
	}
	for i, want := range []string{
		"true|-7|9007199254740993|18446744073709551615|0.5||red|x|-12.05|2022-01-08|2024-02-29T12:30:00.000005Z",
		"false|0|0|0|0|0|||0.07|1970-01-01|",
	} {
		cells, err := s.Next()
		if err != nil {
			t.Fatal(err)
		}
		if got := string(bytes.Join(cells, []byte("|"))); !strings.HasPrefix(got, want) {
			t.Errorf("row %d is %s, want %s", i+1, got, want)
		}
		if missing := cells[5] == nil; missing != (i == 0) || s.Line() != i+1 {
			t.Errorf("row %d, line %d: the null is nil: %t", i+1, s.Line(), missing)
		}
	}
	if _, err := s.Next(); !errors.Is(err, io.EOF) {
		t.Errorf("at the end: %v", err)
	}
	if f := s.Format(); f != (dataio.Format{Name: "parquet"}) {
		t.Errorf("%v", f)
	}
}

func TestRefuses(t *testing.T) {
	type inner struct{ A int32 }
	for want, text := range map[string][]byte{
		`f:2 (column "In"): a column within a column`: written(t, struct {
			A  int32
			In inner
		}{}),
		`f:1 (column "L"): a column of lists`:  written(t, struct{ L []int32 }{[]int32{1}}),
		`f: the file is no whole Parquet file`: written(t, struct{ A int32 }{1})[:40],
		`f:2 (column "a"): column 1 has the same name`: written(t, struct {
			A int32 `parquet:"a"`
			B int32 `parquet:"A "`
		}{}),
	} {
		_, err := dataio.NewSource(bytes.NewReader(text), "f", dataio.Options{})
		var typed *dataio.Error
		if !errors.As(err, &typed) || !strings.HasPrefix(strings.Replace(err.Error(), "f:0:", "f:", 1), want) {
			t.Errorf("got  %v\nwant %s", err, want)
		}
	}
}

// Whatever the bytes, there are rows of the file's columns, or an error that names the file.
func FuzzParquet(f *testing.F) {
	one := 1.5
	f.Add(written(f, everything{Text: "red", F64: &one}, everything{I64: 1 << 60}))
	f.Add(written(f, struct{ A int32 }{1}, struct{ A int32 }{2}))
	f.Add([]byte("PAR1PAR1"))
	f.Fuzz(func(t *testing.T, text []byte) {
		if !bytes.HasPrefix(text, []byte("PAR1")) {
			return
		}
		s, err := dataio.NewSource(bytes.NewReader(text), "f", dataio.Options{})
		for n := 0; err == nil && n < 1<<12; n++ {
			var cells [][]byte
			if cells, err = s.Next(); err == nil && len(cells) != len(s.Columns()) {
				t.Fatalf("%d cells for %d columns", len(cells), len(s.Columns()))
			}
		}
		var typed *dataio.Error
		if err != nil && !errors.Is(err, io.EOF) && (!errors.As(err, &typed) || typed.File != "f") {
			t.Fatalf("not placed: %v", err)
		}
	})
}
