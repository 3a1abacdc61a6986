package trial_test

import (
	"bytes"
	"encoding/csv"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/gochimera/chimera/cmd/chimera/internal/trial"
	"github.com/gochimera/chimera/internal/dataio"
)

// folder writes a worker's files.
func folder(t *testing.T, x, y string) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range map[string]string{"X_train.csv": x, "y_train.csv": y} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func written(t *testing.T, tables []*trial.Table, rows [][]int) (x, y string) {
	t.Helper()
	dir := t.TempDir()
	if err := trial.Write(dir, "x", "y", tables, rows); err != nil {
		t.Fatal(err)
	}
	a, err := os.ReadFile(filepath.Join(dir, "x"))
	if err != nil {
		t.Fatal(err)
	}
	b, err := os.ReadFile(filepath.Join(dir, "y"))
	if err != nil {
		t.Fatal(err)
	}
	return string(a), string(b)
}

// Cells are copied as they are written, and missing ones are empty; columns come into the first worker's order, and the groups
// are no feature.
func TestReadAndWrite(t *testing.T) {
	dirs := []string{
		folder(t, "age, Patient,city\n1.50,p1,\"Ulm, Donau\"\n?,p2,\n", "ill\nTrue\nfalse\n"),
		folder(t, "patient,city,age\np1,\"say \"\"x\"\"\",007\n", "ill\ntrue\n"),
	}
	tables, err := trial.Read(t.Context(), []string{"a", "b"}, dirs, dataio.Options{}, "patient")
	if err != nil {
		t.Fatal(err)
	}
	x, y := written(t, tables, [][]int{{1, 0}, {0}})
	if want := "age,city\n,\n1.50,\"Ulm, Donau\"\n007,\"say \"\"x\"\"\"\n"; x != want {
		t.Errorf("%s\nwant\n%s", x, want)
	}
	if want := "ill\nfalse\nTrue\ntrue\n"; y != want {
		t.Errorf("%s\nwant\n%s", y, want)
	}
	if tables[0].Labels[0] != "true" || !slices.Equal(tables[0].Groups, []string{"p1", "p2"}) {
		t.Errorf("%+v", tables[0])
	}
	if trial.OneSet(tables) || !trial.OneSet([]*trial.Table{tables[0], tables[0]}) {
		t.Error("which have the same rows?")
	}
}

func TestReadRefuses(t *testing.T) {
	for _, tt := range []struct{ name, x, y, group, want string }{
		{"no such group", "age,sex\n1,f\n", "y\n1\n", "sx", `X_train.csv: there is no column "sx" to group by; did you mean "sex"?`},
		{"a row without a group", "age,sex\n1,f\n2,\n", "y\n1\n2\n", "sex", `X_train.csv:3:2 (column "sex"): the row has no group: every row needs one`},
		{"other rows", "a\n1\n2\n", "y\n1\n", "", "they must be the same rows in the same order"},
		{"a ragged row", "a,b\n1,2\n3\n", "y\n1\n2\n", "", "X_train.csv:3: the row has 1 fields, expected 2"},
		{"no target", "a\n1\n2\n", "y\n1\n\"\"\n", "", "the row has no target: want a label or a number"},
		{"an empty file", "", "y\n1\n", "", "X_train.csv"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, err := trial.Read(t.Context(), []string{"w"}, []string{folder(t, tt.x, tt.y)}, dataio.Options{}, tt.group)
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got %v, want %s", err, tt.want)
			}
		})
	}
	_, err := trial.Read(t.Context(), []string{"a", "b"}, []string{folder(t, "a,b\n1,2\n", "y\n1\n"), folder(t, "a,c\n1,2\n", "y\n1\n")}, dataio.Options{}, "")
	if err == nil || !strings.Contains(err.Error(), `there is no column "b", which the first worker has`) {
		t.Error(err)
	}
}

// The target may be a column of the one file, and columns may be separated by anything.
func TestReadOneFile(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "train.csv"), []byte("age;ill;city\n1,5;no;Ulm\n2;yes;-\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	tables, err := trial.Read(t.Context(), []string{"w"}, []string{dir}, dataio.Options{Target: "ill", Header: dataio.HeaderYes, Missing: []string{"-"}}, "")
	if err != nil {
		t.Fatal(err)
	}
	x, y := written(t, tables, [][]int{{0, 1}})
	if x != "age,city\n\"1,5\",Ulm\n2,\n" || y != "ill\nno\nyes\n" {
		t.Errorf("%q, %q", x, y)
	}
}

// What a fold is written as says the same as what was read, to encoding/csv, a reader that is not ours. (Blanks around
// cells do not count.)
func FuzzReadAndWrite(f *testing.F) {
	f.Add([]byte("a,b\n1,\"x\ny\"\n,\"\"\"\"\n"), []byte("t\n1\n2\n"))
	f.Add([]byte("a\n\"\"\n\n5\n"), []byte("t\nx\n\"a,b\"\n"))
	f.Add([]byte("\xef\xbb\xbfa;b,c\r\n1;2,3\r\n"), []byte("t\r\n1"))
	f.Fuzz(func(t *testing.T, x, y []byte) {
		dir := folder(t, string(x), string(y))
		plain := dataio.Options{Delimiter: ",", Header: dataio.HeaderYes, Missing: []string{}}
		tables, err := trial.Read(t.Context(), []string{"w"}, []string{dir}, plain, "")
		if err != nil {
			if !strings.Contains(err.Error(), dir) {
				t.Errorf("which file? %v", err)
			}
			return
		}
		all := make([]int, tables[0].Rows())
		for i := range all {
			all[i] = i
		}
		a, b := written(t, tables, [][]int{all})
		for name, both := range map[string][2][]byte{"features": {x, []byte(a)}, "target": {y, []byte(b)}} {
			before, err := records(both[0])
			if err != nil {
				continue // encoding/csv is stricter in some places
			}
			after, err := records(both[1])
			if err != nil {
				t.Fatalf("%s: %v of %q", name, err, both[1])
			}
			if !slices.EqualFunc(before, after, slices.Equal) {
				t.Errorf("%s: %q became %q", name, before, after)
			}
		}
	})
}

// records are the rows below the header. encoding/csv skips blank lines, which are missing cells here.
func records(text []byte) ([][]string, error) {
	r := csv.NewReader(bytes.NewReader(bytes.TrimPrefix(text, []byte("\xef\xbb\xbf"))))
	all, err := r.ReadAll()
	for _, fields := range all {
		for j, field := range fields {
			fields[j] = strings.TrimSpace(field)
		}
	}
	all = slices.DeleteFunc(all, func(fields []string) bool { return len(fields) == 1 && fields[0] == "" })
	return all[min(1, len(all)):], err
}
