package dataio_test

import (
	"bytes"
	"compress/gzip"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf16"

	"github.com/gochimera/chimera/internal/dataio"
	"github.com/gochimera/chimera/learner"
	"github.com/gochimera/chimera/prepare/table"
)

// shown is a table in one line a row, so that a test can say what it wants: texts in quotes, missing cells as -.
func shown(r table.Rows) string {
	var b strings.Builder
	b.WriteString(strings.Join(r.Columns, " "))
	for i := range r.Len() {
		b.WriteString("\n")
		for j := range r.Columns {
			if j > 0 {
				b.WriteString(" ")
			}
			v := r.X.At(i, j)
			if text, ok := r.Text(i, j); ok {
				fmt.Fprintf(&b, "%q", text)
			} else if math.IsNaN(v) {
				b.WriteString("-")
				continue
			}
			if !math.IsNaN(v) {
				fmt.Fprint(&b, v)
			}
		}
	}
	return b.String()
}

func utf16Of(text string, order binary.ByteOrder) string {
	var b bytes.Buffer
	for _, u := range utf16.Encode([]rune("\ufeff" + text)) {
		_ = binary.Write(&b, order, u) // to memory
	}
	return b.String()
}

func gzipped(text string) string {
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	_, _ = io.WriteString(w, text) // to memory
	_ = w.Close()
	return b.String()
}

func TestSourceFindsOut(t *testing.T) {
	const rows = "a b\n1 \"red, green\"\n- 2"
	for _, tt := range []struct {
		name, text string
		o          dataio.Options
		want       string
		format     dataio.Format
	}{
		{"commas", "a,b\n1,\"red, green\"\n?,2\n", dataio.Options{}, rows, dataio.Format{Name: "csv", Delimiter: ",", Header: true, Encoding: "utf-8"}},
		{"semicolons", "a;b\n1;red, green\n;2\n", dataio.Options{}, rows, dataio.Format{Name: "csv", Delimiter: ";", Header: true, Encoding: "utf-8"}},
		{"tabs", "a\tb\n1\tred, green\nNA\t2\n", dataio.Options{}, rows, dataio.Format{Name: "csv", Delimiter: "\t", Header: true, Encoding: "utf-8"}},
		{"pipes", "A|B\r\n1|\"red, green\"\r\nnull|2", dataio.Options{}, rows, dataio.Format{Name: "csv", Delimiter: "|", Header: true, Encoding: "utf-8"}},
		{"blanks", "  a  b   c\n1 \"red, green\" 3\n?\t2   4  \n", dataio.Options{}, "a b c\n1 \"red, green\" 3\n- 2 4",
			dataio.Format{Name: "csv", Delimiter: " ", Header: true, Encoding: "utf-8"}},
		{"blanks around quotes", "a, b\n1, \"red, green\" \n? , 2\n", dataio.Options{}, rows,
			dataio.Format{Name: "csv", Delimiter: ",", Header: true, Encoding: "utf-8"}},
		{"a delimiter of one's own", "a:b\n1:red, green\n:2\n", dataio.Options{Delimiter: ":"}, rows,
			dataio.Format{Name: "csv", Delimiter: ":", Header: true, Encoding: "utf-8"}},
		{"UTF-16, little", utf16Of("a;ü\n1;é\n", binary.LittleEndian), dataio.Options{}, "a ü\n1 \"é\"",
			dataio.Format{Name: "csv", Delimiter: ";", Header: true, Encoding: "utf-16le"}},
		{"UTF-16, big", utf16Of("a;ü\n1;😀\n", binary.BigEndian), dataio.Options{}, "a ü\n1 \"😀\"",
			dataio.Format{Name: "csv", Delimiter: ";", Header: true, Encoding: "utf-16be"}},
		{"gzip", gzipped("a,b\n1,2\n"), dataio.Options{},
			"a b\n1 2", dataio.Format{Name: "csv", Delimiter: ",", Header: true, Encoding: "utf-8", Compression: "gzip"}},
		{"rows whose numbers ascend, beside a text that recurs", "39,State,77516\n50,Self,83311\n38,State,215646\n", dataio.Options{},
			"x1 x2 x3\n39 \"State\" 77516\n50 \"Self\" 83311\n38 \"State\" 215646", dataio.Format{Name: "csv", Delimiter: ",", Encoding: "utf-8"}},
		{"rows with identifiers", "Ann,34\nBob,27\nCid,40\n", dataio.Options{}, "x1 x2\n\"Ann\" 34\n\"Bob\" 27\n\"Cid\" 40",
			dataio.Format{Name: "csv", Delimiter: ",", Encoding: "utf-8"}},
		{"rows of two numbers", "3,7\n1,9\n4,6\n", dataio.Options{}, "x1 x2\n3 7\n1 9\n4 6", dataio.Format{Name: "csv", Delimiter: ",", Encoding: "utf-8"}},
		{"no header, though the first row ascends", "1,2,9\n4,5,6\n0,1,10\n", dataio.Options{}, "x1 x2 x3\n1 2 9\n4 5 6\n0 1 10",
			dataio.Format{Name: "csv", Delimiter: ",", Encoding: "utf-8"}},
		{"no header", "1,M,0.5\n2,F,0.25\n", dataio.Options{}, "x1 x2 x3\n1 \"M\" 0.5\n2 \"F\" 0.25", dataio.Format{Name: "csv", Delimiter: ",", Encoding: "utf-8"}},
		{"a header said not to be", "a,b\n1,2\n", dataio.Options{Header: "no"},
			"x1 x2\n\"a\" \"b\"\n1 2", dataio.Format{Name: "csv", Delimiter: ",", Encoding: "utf-8"}},
		{"texts alone", "a,b\nc,d\n", dataio.Options{Header: "yes"}, "a b\n\"c\" \"d\"", dataio.Format{Name: "csv", Delimiter: ",", Header: true, Encoding: "utf-8"}},
		{"JSON lines", `{"a":1,"b":"red, green"}` + "\n\n" + `{"b":2, "a":null}` + "\n" + `{"b":true}`, dataio.Options{}, rows + "\n- 1",
			dataio.Format{Name: "jsonl", Encoding: "utf-8"}},
		{"whole numbers beyond 2^53", "a\n9007199254740993\n9007199254740992\n18014398509481985.0\n", dataio.Options{},
			"a\n\"9007199254740993\"9.007199254740992e+15\n9.007199254740992e+15\n\"18014398509481985.0\"1.8014398509481984e+16",
			dataio.Format{Name: "csv", Delimiter: ",", Header: true, Encoding: "utf-8"}},
		{"a number for missing", "a,b\n-999,1\n2,-999.0\n", dataio.Options{Missing: []string{"-999"}}, "a b\n- 1\n2 -",
			dataio.Format{Name: "csv", Delimiter: ",", Header: true, Encoding: "utf-8"}},
		{"an id that looks like a number too large", "a,b\n12e4567,1\nx,2\n", dataio.Options{Header: "yes"}, "a b\n\"12e4567\" 1\n\"x\" 2",
			dataio.Format{Name: "csv", Delimiter: ",", Header: true, Encoding: "utf-8"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s, err := dataio.NewSource(strings.NewReader(tt.text), "f", tt.o)
			if err != nil {
				t.Fatal(err)
			}
			rows, err := s.ReadBatch(t.Context(), 100)
			if err != nil || shown(rows) != tt.want || s.Format() != tt.format {
				t.Errorf("got\n%s\n%v, %v; want\n%s\n%v", shown(rows), s.Format(), err, tt.want, tt.format)
			}
			if _, err := s.ReadBatch(t.Context(), 1); !errors.Is(err, io.EOF) {
				t.Errorf("at the end: %v", err)
			}
		})
	}
}

func TestSourceRefuses(t *testing.T) {
	for _, tt := range []struct {
		name, text string
		o          dataio.Options
		want       string
	}{
		{"texts in all lines", "\nname,city\nAnn,Rome\nBob,Oslo\n", dataio.Options{},
			`f:2: cannot tell whether the first line, "name,city", is a header or a row: nothing in it differs`},
		{"a word in a row of numbers", "1,unknown,3\n1,2,3\n", dataio.Options{},
			`f:1: cannot tell whether the first line, "1,unknown,3", is a header or a row: it is like`},
		{"numbers for names, or a row", "0,1,2\n5,6,7\n", dataio.Options{}, `f:1: cannot tell whether the first line`},
		{"years for names", "region,2019,2020,2021\nNorth,1,2,3\nSouth,4,5,6\n", dataio.Options{},
			`f:1: cannot tell whether the first line, "region,2019,2020,2021", is a header or a row: its numbers may name columns, as years do, or be cells`},
		{"one year", "region,2019\nNorth,1\nSouth,4\n", dataio.Options{}, `f:1: cannot tell whether the first line, "region,2019", is a header or a row`},
		{"years from the last", "region,2020,2019\nNorth,1,2\nSouth,4,5\n", dataio.Options{}, `f:1: cannot tell whether the first line`},
		{"a name that is no value of a column", "region,1,0\nNorth,1,2\nNorth,4,0\n", dataio.Options{}, `f:1: cannot tell whether the first line`},
		{"wavelengths", "400.5,401,401.5\n0.1,0.3,0.2\n", dataio.Options{}, `f:1: cannot tell whether the first line`},
		{"one line", "1,2\n", dataio.Options{}, `f:1: cannot tell whether the first line`},
		{"UTF-16 with a bad name", utf16Of("a,\n1,2\n", binary.LittleEndian), dataio.Options{Header: "yes"}, "f:1:2: the column has no name"},
		{"zstd that is not linked", "\x28\xb5\x2f\xfd....", dataio.Options{},
			"f: the file is zstd, which this program does not read: import github.com/gochimera/chimera/formats/zstd"},
		{"Parquet that is not linked", "PAR1....", dataio.Options{},
			"f: the file is parquet, which this program does not read: import github.com/gochimera/chimera/formats/parquet"},
		{"a spreadsheet", "PK\x03\x04....", dataio.Options{}, "f: the file is a zip archive or a spreadsheet: unpack it"},
		{"no gzip after all", "\x1f\x8bxx", dataio.Options{}, "f: the file begins as one compressed by gzip, and is none"},
		{"gzip cut off", gzipped(strings.Repeat("a,b\n1,2\n", 9999))[:60], dataio.Options{}, "f:1: cannot read on: unexpected EOF"},
		{"a bad delimiter", "a\n1\n", dataio.Options{Delimiter: "::"}, "f: delimiter: want one ASCII character"},
		{"a bad header", "a\n1\n", dataio.Options{Header: "maybe"}, `f: header: want auto, yes or no, not "maybe"`},
		{"latin-1", "a,b\n1,\xe4\n", dataio.Options{}, `f:2:2 (column "b"): the cell is not UTF-8: save the file as UTF-8`},
		{"infinite among numbers", "a,b\n1,2\n-inf,3\n", dataio.Options{}, `f:3:1 (column "a"): expected a finite number, found "-inf"`},
		{"a list in JSON", "{\"a\":1}\n{\"a\":[1]}", dataio.Options{}, `f:2: "a" is a list or an object`},
		{"no JSON", "{\"a\":1}\n{\"a\":", dataio.Options{}, `f:2: the line is no JSON object`},
		{"a name twice in JSON", "{\"a\":1}\n{\"A \":1}", dataio.Options{}, `f:2: "A " names no column of its own beside "a"`},
		{"two objects a line", "{\"a\":1}{\"a\":1}", dataio.Options{}, `f:1: something follows the object`},
		{"a late name in JSON", strings.Repeat("{\"a\":1}\n", 1000) + "{\"b\":1}", dataio.Options{}, `f:1001: "b" is in none of the first 1000 lines`},
		{"empty objects", "{}\n{}", dataio.Options{}, `f: the file has no objects with names`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s, err := dataio.NewSource(strings.NewReader(tt.text), "f", tt.o)
			for err == nil {
				_, err = s.ReadBatch(t.Context(), 100)
			}
			var typed *dataio.Error
			if !errors.As(err, &typed) || !strings.HasPrefix(err.Error(), tt.want) {
				t.Errorf("got  %v\nwant %s", err, tt.want)
			}
		})
	}
}

func TestSourceRows(t *testing.T) {
	s, err := dataio.NewSource(strings.NewReader("a;b\n\" x\ny\";?\n3; 007 \n"), "f", dataio.Options{})
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for {
		cells, err := s.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, fmt.Sprintf("%d %q %t", s.Line(), cells, s.IsMissing(cells[1])))
	}
	want := []string{`2 [" x\ny" "?"] true`, `4 ["3" " 007 "] false`}
	if strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestTargetInTheFile(t *testing.T) {
	write := func(t *testing.T, name, text string) string {
		t.Helper()
		dir := t.TempDir()
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return dir
	}
	const csv = "Age,Income,City\n30,<=50K,Rome\n40,>50K,?\n50,<=50K,\"x,y\"\n"
	for _, tt := range []struct {
		name, file, text, target string
		task                     learner.Task
		want                     string // the table, its target and its classes; or an error
	}{
		{"by name", "train.csv", csv, " income", learner.Classification, "age city\n30 \"Rome\"\n40 -\n50 \"x,y\" income [0 1 0] [<=50K >50K]"},
		{"by position", "train.csv.gz", gzipped(csv), "2", learner.Classification, "age city\n30 \"Rome\"\n40 -\n50 \"x,y\" income [0 1 0] [<=50K >50K]"},
		{"from the end", "train.tsv", "5\t2\n3\tTrue\n", "-1", learner.Regression, "x1\n5\n3 x2 [2 1] []"},
		{"booleans of JSON", "train.jsonl", "{\"a\":1,\"y\":true}\n{\"a\":2,\"y\":\"False\"}\n", "y", learner.Classification, "a\n1\n2 y [1 0] [false true]"},
		{"numbers as labels", "train.csv", "a,y\nx,1.0\nz,01\nx,9007199254740993\nx,9007199254740992\n", "y", learner.Classification,
			"a\n\"x\"\n\"z\"\n\"x\"\n\"x\" y [0 0 2 1] [1 9007199254740992 9007199254740993]"},
		{"a wrong name", "train.csv", csv, "incone", learner.Classification,
			`DIR/train.csv: target: there is no column "incone" among the 3 columns; did you mean "income"?`},
		{"a wrong position", "train.csv", csv, "4", learner.Classification,
			`DIR/train.csv: target: there is no column 4: positions are 1 to 3, or -1 (the last) to -3`},
		{"no target", "train.csv", csv, "", learner.Classification, `DIR/train.csv: which column is the target? Set target`},
		{"a row without a target", "train.csv", "a,y\n1,2\n3,?\n", "y", learner.Regression,
			`DIR/train.csv:3:2 (column "y"): the target is missing ("?"): remove the row`},
		{"a text for a number", "train.csv", csv, "income", learner.Regression, `DIR/train.csv:2:2 (column "income"): expected a number, found "<=50K"`},
		{"nothing but the target", "train.csv", "a\n1\n", "a", learner.Regression, `DIR/train.csv: the only column, "a", is the target`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			dir := write(t, tt.file, tt.text)
			got, err := dataio.ReadTraining(t.Context(), dir, tt.task, dataio.Options{Target: tt.target})
			if err != nil {
				if text := strings.ReplaceAll(filepath.ToSlash(err.Error()), filepath.ToSlash(dir), "DIR"); !strings.HasPrefix(text, tt.want) {
					t.Errorf("got  %s\nwant %s", text, tt.want)
				}
				return
			}
			if text := fmt.Sprint(shown(got.Rows), " ", got.Target, " ", got.Y, " ", got.Classes); text != tt.want {
				t.Errorf("got\n%s\nwant\n%s", text, tt.want)
			}
		})
	}
}
