package datafile_test

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/gochimera/chimera/cmd/chimera/internal/datafile"
	"github.com/gochimera/chimera/internal/dataio"
)

func put(tb testing.TB, name, text string) string {
	tb.Helper()
	path := filepath.Join(tb.TempDir(), name)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		tb.Fatal(err)
	}
	return path
}

// walk reads all rows, each as the words of its cells.
func walk(tb testing.TB, s datafile.Source) (rows []string, problems *datafile.Problems) {
	tb.Helper()
	r, err := datafile.Open(s)
	if err != nil {
		tb.Fatal(err)
	}
	defer func() { _ = r.Close() }()
	for {
		row, err := r.Next()
		if errors.Is(err, io.EOF) {
			return rows, r.Problems()
		}
		if err != nil {
			tb.Fatal(err)
		}
		var words []string
		for _, c := range append(slices.Clone(row.Cells), row.Target) {
			switch c.Kind {
			case datafile.Missing:
				words = append(words, "-")
			case datafile.Number:
				words = append(words, fmt.Sprint(c.Number))
			case datafile.Text:
				words = append(words, fmt.Sprintf("%q", c.Text))
			}
		}
		rows = append(rows, strings.Join(words, " "))
	}
}

func TestWhatCellsMean(t *testing.T) {
	s := datafile.Source{Features: put(t, "a.csv", "a,b,y\n 1.50 ,x,yes\ntrue,?,no\n-0,NA,yes\n01,None,no\n-9,-9,yes\n"), Options: dataio.Options{Target: "y"}}
	rows, problems := walk(t, s)
	if d := cmp.Diff([]string{`1.5 "x" "yes"`, `1 - "no"`, `0 - "yes"`, `1 - "no"`, `-9 -9 "yes"`}, rows); d != "" || problems.Err() != nil {
		t.Errorf("(-want +got):\n%s%v", d, problems.Err())
	}
	s.Options.Missing = []string{"None", "b=-9.0"}
	rows, _ = walk(t, s)
	if d := cmp.Diff([]string{`1.5 "x" "yes"`, `1 "?" "no"`, `0 "NA" "yes"`, `1 - "no"`, `-9 - "yes"`}, rows); d != "" {
		t.Errorf("with markers of its own (-want +got):\n%s", d)
	}
	s.Options.Missing = []string{"b=x"}
	rows, _ = walk(t, s)
	if d := cmp.Diff([]string{`1.5 - "yes"`, `1 - "no"`, `0 - "yes"`, `1 - "no"`, `-9 -9 "yes"`}, rows); d != "" {
		t.Errorf("with a marker of a column, beside the usual ones (-want +got):\n%s", d)
	}
	s.Options.Missing = []string{}
	rows, _ = walk(t, s)
	if d := cmp.Diff([]string{`1.5 "x" "yes"`, `1 "?" "no"`, `0 "NA" "yes"`, `1 "None" "no"`, `-9 -9 "yes"`}, rows); d != "" {
		t.Errorf("with empty cells only (-want +got):\n%s", d)
	}
}

func TestColumnsAreFound(t *testing.T) {
	file := put(t, "a.csv", "Id,Age,7,Class\n1,2,3,x\n2,3,4,y\n")
	for _, tt := range []struct {
		target string
		drop   []string
		want   []string // columns and the target
		says   string
	}{
		{target: "-1", drop: []string{"1"}, want: []string{"age", "7", "class"}},
		{target: " CLASS ", drop: []string{"id", "-2"}, want: []string{"age", "class"}},
		{target: "7", want: []string{"id", "age", "class", "7"}}, // a name goes before a position
		{want: []string{"id", "age", "7", "class"}},
		{target: "5", says: "--target: there is no column 5"},
		{target: "kind", says: `--target: there is no column "kind"`},
		{target: "class", drop: []string{"4"}, says: "--drop: class is the target"},
		{target: "class", drop: []string{"1", "2", "3"}, says: "no column is left"},
		{target: "class", drop: []string{"none"}, says: `--drop: there is no column "none"`},
	} {
		r, err := datafile.Open(datafile.Source{Features: file, Drop: tt.drop, Options: dataio.Options{Target: tt.target, Header: "yes"}})
		if tt.says != "" {
			if err == nil || !strings.Contains(err.Error(), tt.says) {
				t.Errorf("%q, %q: %v, want %q", tt.target, tt.drop, err, tt.says)
			}
			continue
		}
		if err != nil {
			t.Errorf("%q, %q: %v", tt.target, tt.drop, err)
			continue
		}
		var got []string
		for _, c := range r.Columns() {
			got = append(got, c.Name)
		}
		if r.Target() != nil {
			got = append(got, r.Target().Name)
		}
		if d := cmp.Diff(tt.want, got); d != "" {
			t.Errorf("%q, %q (-want +got):\n%s", tt.target, tt.drop, d)
		}
		if err := r.Close(); err != nil {
			t.Error(err)
		}
	}
}

// A marker of all columns may be an equals sign.
func TestEqualsSignAsMarker(t *testing.T) {
	s := datafile.Source{Features: put(t, "a.csv", "a,b\n1,=\n2,x\n"), Options: dataio.Options{Missing: []string{"=", "a=2"}}}
	if rows, _ := walk(t, s); !slices.Equal(rows, []string{"1 - -", `- "x" -`}) {
		t.Errorf("got %q", rows)
	}
	s.Options.Missing = []string{"c=2"}
	if _, err := datafile.Open(s); err == nil || !strings.Contains(err.Error(), "--missing c=2: there is no column") {
		t.Errorf("got %v", err)
	}
}

// inf is a word where there are words, and no number that can be learnt from where there are numbers.
func TestInfinities(t *testing.T) {
	_, problems := walk(t, datafile.Source{Features: put(t, "a.csv", "a,b,y\n1,x,0\ninf,inf,1\n-Infinity,y,0\n")})
	if len(problems.List) != 2 || problems.List[0].Line != 3 || problems.List[1].Line != 4 || problems.List[0].Column != "a" {
		t.Errorf("got %v", problems.Err())
	}
}

// One mistake that every line repeats does not hide the others.
func TestAlikeProblemsAreCounted(t *testing.T) {
	text := "a,b,y\n1,2,3\n" + strings.Repeat("1,2\n", 50) + "1,2,\n"
	_, problems := walk(t, datafile.Source{Features: put(t, "a.csv", text), Options: dataio.Options{Target: "y"}})
	last := problems.List[len(problems.List)-1]
	if len(problems.List) != 11 || problems.Hidden != 40 || last.Line != 53 || !strings.Contains(problems.Err().Error(), "and 40 more like these") {
		t.Errorf("%d problems, %d hidden: %v", len(problems.List), problems.Hidden, problems.Err())
	}
}

func TestPairs(t *testing.T) {
	texts := put(t, "X.csv", "a\nred\nblue\n") // a header only because there is a pair
	rows, problems := walk(t, datafile.Source{Features: texts, Target: put(t, "y.csv", "y\nyes\nno\n")})
	if d := cmp.Diff([]string{`"red" "yes"`, `"blue" "no"`}, rows); d != "" || problems.Err() != nil {
		t.Errorf("(-want +got):\n%s%v", d, problems.Err())
	}
	rows, problems = walk(t, datafile.Source{Features: put(t, "X.csv", "0.5,2\n3,4\n"), Target: put(t, "y.csv", "5\n6\n")})
	if d := cmp.Diff([]string{"0.5 2 5", "3 4 6"}, rows); d != "" || problems.Err() != nil {
		t.Errorf("without headers (-want +got):\n%s%v", d, problems.Err())
	}
	_, problems = walk(t, datafile.Source{Features: texts, Target: put(t, "y.csv", "y\nyes\n")})
	if err := problems.Err(); err == nil || !strings.Contains(err.Error(), "y.csv: 1 rows, but") || !strings.Contains(err.Error(), "has 2") {
		t.Errorf("got %v", err)
	}
	_, problems = walk(t, datafile.Source{Features: texts, Target: put(t, "y.csv", "y\nyes\nno\nno\n")})
	if err := problems.Err(); err == nil || !strings.Contains(err.Error(), "y.csv: 3 rows, but") {
		t.Errorf("got %v", err)
	}
}

func TestTargets(t *testing.T) {
	for _, tt := range []struct {
		name, targets, task string
		labels              int
		says                string
	}{
		{name: "texts", targets: "a b a", task: "classification", labels: 2},
		{name: "whole numbers", targets: "1 2.0 2 1", task: "classification", labels: 2},
		{name: "fractions", targets: "1 2.5 2", task: "regression"},
		{name: "booleans", targets: "true False TRUE", task: "classification", labels: 2},
		{name: "a text among quantities", targets: "1.5 2.5 3.5 low", task: "classification", says: `found "low"`},
		{name: "one class", targets: "a a a", task: "classification", labels: 1, says: "nothing to learn"},
	} {
		text := "x,y\n1," + strings.ReplaceAll(tt.targets, " ", "\n1,") + "\n"
		source := datafile.Source{Features: put(t, "a.csv", text), Options: dataio.Options{Target: "y", Header: "yes"}}
		r, err := datafile.Open(source)
		if err != nil {
			t.Fatal(err)
		}
		all := datafile.NewTargets()
		for row, err := r.Next(); err == nil; row, err = r.Next() {
			all.Add(row.Target, row.TargetPlace, r.Target())
		}
		c := all.Settle(r.Problems())
		err = r.Problems().Err()
		if string(c.Task) != tt.task || len(c.Labels) != tt.labels || (err == nil) != (tt.says == "") || err != nil && !strings.Contains(err.Error(), tt.says) {
			t.Errorf("%s: %+v, %v", tt.name, c, err)
		}
		_ = r.Close()
	}
}

// Whatever a file holds: reading comes to an end, each row has its cells, what is wrong has a place, and a file in
// which nothing is wrong has the records that an independent reader finds.
func FuzzReader(f *testing.F) {
	for _, s := range []string{"a,b,y\n1,2,3\n", "a;b\n1;x\n", "1,2\n3,4\n", "a\n\"x\n", "a,b\n1\n\n2,inf\n", "a,b\n\"1\"\"\",2\n", "\xff\xfe", "a\n\xc3\n"} {
		f.Add(s, byte(0))
	}
	f.Fuzz(func(t *testing.T, text string, how byte) {
		s := datafile.Source{Features: put(t, "f.csv", text), Options: dataio.Options{Delimiter: ",", Header: "yes"}}
		if how&1 > 0 {
			s.Options.Target = "-1"
		}
		r, err := datafile.Open(s)
		if err != nil {
			var e *dataio.Error
			if !errors.As(err, &e) || e.File != s.Features {
				t.Errorf("%T: %v", err, err)
			}
			return
		}
		defer func() { _ = r.Close() }()
		n := 0
		for row, err := r.Next(); err == nil; row, err = r.Next() {
			if n++; len(row.Cells) != len(r.Columns()) || n > len(text) {
				t.Fatalf("row %d has %d cells", n, len(row.Cells))
			}
		}
		for _, e := range r.Problems().List {
			if e.File != s.Features || e.Line == 0 {
				t.Errorf("without a place: %v", e)
			}
		}
		if r.Problems().Err() != nil || strings.ContainsAny(text, "\r\x00") {
			return
		}
		all := csv.NewReader(strings.NewReader(text))
		all.LazyQuotes = true
		if records, err := all.ReadAll(); err == nil && !strings.ContainsAny(text, "\"") && len(r.Columns()) > 1 && len(records)-1 != n {
			t.Errorf("%d rows, want %d", n, len(records)-1)
		}
	})
}
