package dataio_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"gonum.org/v1/gonum/mat"

	"github.com/gochimera/chimera/internal/dataio"
	"github.com/gochimera/chimera/learner"
)

// folder writes training files; a nil content is a file that is not there.
func folder(t *testing.T, x, y *string) string {
	t.Helper()
	dir := t.TempDir()
	for name, content := range map[string]*string{dataio.FeaturesFile: x, dataio.TargetFile: y} {
		if content != nil {
			if err := os.WriteFile(filepath.Join(dir, name), []byte(*content), 0o600); err != nil {
				t.Fatal(err)
			}
		}
	}
	return dir
}

var equalNaN = cmp.Comparer(func(a, b float64) bool { return a == b || math.IsNaN(a) && math.IsNaN(b) })

func TestReadTraining(t *testing.T) {
	nan := math.NaN()
	type table struct {
		Features []string
		X        []float64
		Target   string
		Y        []float64
		Classes  []learner.Label
	}
	for _, c := range []struct {
		name, x, y string
		task       learner.Task
		want       table
	}{
		{"regression", "a,b\n1,2\n3,4\n", "y\n0.5\n1e3\n", learner.Regression, table{[]string{"a", "b"}, []float64{1, 2, 3, 4}, "y", []float64{0.5, 1000}, nil}},
		{"names trimmed and lower-cased", " A ,B\n1,2\n", " Target\n5\n", learner.Regression,
			table{[]string{"a", "b"}, []float64{1, 2}, "target", []float64{5}, nil}},
		{"byte order mark and CRLF", "\ufeffa,b\r\n1,2\r\n", "\ufeffy\r\n5\r\n", learner.Regression,
			table{[]string{"a", "b"}, []float64{1, 2}, "y", []float64{5}, nil}},
		{"no line end at the end", "a,b\n1,2", "y\n5", learner.Regression, table{[]string{"a", "b"}, []float64{1, 2}, "y", []float64{5}, nil}},
		{"blank lines at the end", "a,b\n1,2\n\n\r\n", "y\n5\n\n", learner.Regression, table{[]string{"a", "b"}, []float64{1, 2}, "y", []float64{5}, nil}},
		{"missing values", "a,b\n,2\n3, \n\"\",NA\nnan,NaN\n", "y\n1\n2\n3\n4\n", learner.Regression,
			table{[]string{"a", "b"}, []float64{nan, 2, 3, nan, nan, nan, nan, nan}, "y", []float64{1, 2, 3, 4}, nil}},
		{"a missing value in the only column", "a\n1\n\n3\n\"\"\n", "y\n1\n2\n3\n4\n", learner.Regression,
			table{[]string{"a"}, []float64{1, nan, 3, nan}, "y", []float64{1, 2, 3, 4}, nil}},
		{"quoted fields", "\"a\",\"b, \"\"c\"\"\"\n\"1\",2\n3,\"4.5\"\n", "\"y\"\n\"5\"\n6\n", learner.Regression,
			table{[]string{"a", `b, "c"`}, []float64{1, 2, 3, 4.5}, "y", []float64{5, 6}, nil}},
		{"a name over two lines", "\"a\nb\",c\n1,2\n", "y\n5\n", learner.Regression, table{[]string{"a\nb", "c"}, []float64{1, 2}, "y", []float64{5}, nil}},
		{"booleans", "a,b\nTrue,false\ntrue,FALSE\n", "y\n1\n2\n", learner.Regression, table{[]string{"a", "b"}, []float64{1, 0, 1, 0}, "y", []float64{1, 2}, nil}},
		{"unusual numbers", "a,b,c,d\n +1 ,.5,5.,007\n", "y\n-0\n", learner.Regression,
			table{[]string{"a", "b", "c", "d"}, []float64{1, 0.5, 5, 7}, "y", []float64{0}, nil}},

		{"labels", "a\n1\n2\n3\n4\n", "y\nno\nyes\n\"no\"\n maybe\n", learner.Classification,
			table{[]string{"a"}, []float64{1, 2, 3, 4}, "y", []float64{1, 2, 1, 0}, []learner.Label{"maybe", "no", "yes"}}},
		{"numbers as labels", "a\n1\n2\n3\n4\n", "y\n10\n9.0\n9\n-0\n", learner.Classification,
			table{[]string{"a"}, []float64{1, 2, 3, 4}, "y", []float64{2, 1, 1, 0}, []learner.Label{"0", "9", "10"}}},
		{"numbers and text as labels", "a\n1\n2\n", "y\n1.5\nhigh\n", learner.Classification,
			table{[]string{"a"}, []float64{1, 2}, "y", []float64{0, 1}, []learner.Label{"1.5", "high"}}},
		{"none and no are names of classes", "a\n1\n2\n", "y\nnone\nno\n", learner.Classification,
			table{[]string{"a"}, []float64{1, 2}, "y", []float64{1, 0}, []learner.Label{"no", "none"}}},
		{"a label with a comma", "a\n1\n", "y\n\"red, green\"\n", learner.Classification,
			table{[]string{"a"}, []float64{1}, "y", []float64{0}, []learner.Label{"red, green"}}},
		{"one class", "a\n1\n2\n", "y\n1\n1\n", learner.Classification, table{[]string{"a"}, []float64{1, 2}, "y", []float64{0, 0}, []learner.Label{"1"}}},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := dataio.ReadTraining(t.Context(), folder(t, &c.x, &c.y), c.task, dataio.Options{})
			if err != nil {
				t.Fatal(err)
			}
			raw := got.X.RawMatrix()
			if raw.Rows != len(got.Y) || raw.Cols != len(got.Columns) {
				t.Errorf("X is %d x %d for %d targets and %d features", raw.Rows, raw.Cols, len(got.Y), len(got.Columns))
			}
			if diff := cmp.Diff(c.want, table{got.Columns, raw.Data, got.Target, got.Y, got.Classes}, equalNaN); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestReadTrainingRefuses(t *testing.T) {
	const x, y = "X_train.csv", "y_train.csv"
	for _, c := range []struct {
		name, x, y string
		task       learner.Task
		want       string // FILE:line:cell (column "name"): part of the reason
	}{
		{"text where a number belongs", "a,b\n1,2\n3,four\n", "y\n1\n2\n", "", x + `:3:2 (column "b"): expected a number, found "four"`},
		{"text in quotes", "a,b\n\"x\ny\",2\n", "y\n1\n", "", x + `:2:1 (column "a"): expected a number, found "x\ny"`},
		{"text after a record of two lines", "a,b\n\" \n1\",2\n3,x\n", "y\n1\n2\n", "", x + `:4:2 (column "b"): expected a number, found "x"`},
		{"long text", "a\n" + strings.Repeat("é", 5000) + "\n", "y\n1\n", "", x + `:2:1 (column "a"): expected a number, found "` + strings.Repeat("é", 32) + `"...`},
		{"infinite", "a\ninf\n", "y\n1\n", "", x + `:2:1 (column "a"): expected a finite number, found "inf"`},
		{"too large", "a,b\n1,1e999\n", "y\n1\n", "", x + `:2:2 (column "b"): expected a finite number, found "1e999"`},
		{"short row", "a,b,c\n1,2,3\n1,2\n", "y\n1\n2\n", "", x + ":3: the row has 2 fields, expected 3"},
		{"long row", "a,b\n1,2,\n", "y\n1\n", "", x + ":2: the row has 3 fields, expected 2"},
		{"text beyond the last column", "a\n1,x\n", "y\n1\n", "", x + `:2: the row has 2 fields, expected 1`},
		{"a quoted row too long", "a\n\"1\",\"2\"\n", "y\n1\n", "", x + ":2: the row has 2 fields, expected 1"},
		{"blank line between rows", "a,b\n1,2\n\n\n3,4\n", "y\n1\n2\n", "", x + ":3: a blank line between rows"},
		{"the same name twice", "a,b, A\n1,2,3\n", "y\n1\n", "", x + `:1:3 (column "a"): cell 1 has the same name`},
		{"a column without a name", "a,,c\n1,2,3\n", "y\n1\n", "", x + ":1:2: the column has no name"},
		{"an index that pandas wrote", ",a\n0,2\n", "y\n1\n", "", x + ":1:1: the column has no name (pandas"},
		{"a name that is not UTF-8", "a,\xe4\n1,2\n", "y\n1\n", "", x + ":1:2: the column's name is not UTF-8"},
		{"UTF-16 without rows", "\xff\xfea\x00\n\x00", "y\n1\n", "", x + ": the file has a header and no rows"},
		{"CR only", "a,b\r1,2\r", "y\n1\n", "", x + ":1:2: the file's lines end with CR only"},
		{"empty file", "", "y\n1\n", "", x + ": the file is empty"},
		{"only a byte order mark", "\ufeff", "y\n1\n", "", x + ": the file is empty"},
		{"only blank lines", "\n\r\n\n", "y\n1\n", "", x + ": the file is empty"},
		{"header only", "a,b\n", "y\n1\n", "", x + ": the file has a header and no rows"},
		{"bare quote", "a,b\n1,2\" x\n", "y\n1\n", "", x + ":2:2: a quote inside a field"},
		{"bare quote in the first field", "a,b\n5\" pipe,\"2\"\n", "y\n1\n", "", x + ":2:1: a quote inside a field"},
		{"text after a quote", "a,b\n\"1\"2,3\n", "y\n1\n", "", x + `:2:1: after the closing quote comes "2"`},
		{"quote that never closes", "a,b\n1,\"2\n3,4\n", "y\n1\n", "", x + ":2:2: a quote that never closes"},
		{"quote that never closes after a line end in quotes", "a,b\n\"1\n\",\"2\n3,4\n", "y\n1\n", "", x + ":3:2: a quote that never closes"},

		{"y empty", "a\n1\n", "", "", y + ": the file is empty"},
		{"y header only", "a\n1\n", "y\n\n", "", y + ": the file has a header and no rows"},
		{"y header only, labels", "a\n1\n", "y\n", learner.Classification, y + ": the file has a header and no rows"},
		{"y of two columns", "a\n1\n", "y,z\n1,2\n", "", y + ":1: expected one column, the target, found 2"},
		{"y with a second cell", "a\n1\n", "y\n1,2\n", "", y + ":2: the row has 2 fields, expected 1"},
		{"fewer targets", "a\n1\n2\n3\n", "y\n1\n", "", y + ": 1 rows, but DIR/" + x + " has 3"},
		{"more targets", "a\n1\n", "y\n1\n2\n", learner.Classification, y + ": 2 rows, but DIR/" + x + " has 1"},
		{"y without a header", "a\n1\n2\n3\n", "7\n8\n9\n", "", y + ": 2 rows, but DIR/" + x +
			` has 3: they must be the same rows in the same order; is the header missing? Its first line is "7"`},
		{"missing target", "a\n1\n2\n3\n", "y\n1\n\n3\n", "", y + `:3:1 (column "y"): the target is missing`},
		{"target NaN", "a\n1\n", "y\nNaN\n", "", y + `:2:1 (column "y"): the target is missing ("NaN")`},
		{"target infinite", "a\n1\n", "y\n-inf\n", "", y + `:2:1 (column "y"): expected a finite number, found "-inf"`},
		{"target too large", "a\n1\n", "y\n1e999\n", "", y + `:2:1 (column "y"): expected a finite number, found "1e999"`},
		{"text for a target", "a\n1\n", "y\nyes\n", "", y + `:2:1 (column "y"): expected a number, found "yes"`},
		{"missing label", "a\n1\n2\n", "y\n\"\"\nno\n", learner.Classification, y + `:2:1 (column "y"): the label is missing`},
		{"label NA", "a\n1\n2\n", "y\nyes\nNA\n", learner.Classification, y + `:3:1 (column "y"): the label is missing ("NA"): remove the row, or fill it in; if`},
		{"label nan", "a\n1\n", "y\nnan\n", learner.Classification, y + `:2:1 (column "y"): the label is missing ("nan")`},
		{"label not UTF-8", "a\n1\n", "y\n\xe4\n", learner.Classification, y + `:2:1 (column "y"): the label is not UTF-8`},
		{"continuous target for a classifier", "a\n1\n2\n3\n", "y\n1\n2.5\n3.5\n", learner.Classification,
			y + `:3:1 (column "y"): the target looks continuous: 2.5 is no whole number`},
		{"bad quote in y", "a\n1\n", "y\n\"1\n", "", y + ":2:1: a quote that never closes"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if c.task == "" {
				c.task = learner.Regression
			}
			dir := folder(t, &c.x, &c.y)
			table, err := dataio.ReadTraining(t.Context(), dir, c.task, dataio.Options{})
			if err == nil {
				err = table.CheckNumbers()
			}
			var typed *dataio.Error
			if !errors.As(err, &typed) {
				t.Fatalf("got %v, %v, want an *Error", table, err)
			}
			got := strings.ReplaceAll(strings.ReplaceAll(err.Error(), dir, "DIR"), `\`+x, "/"+x)
			if !strings.HasPrefix(strings.TrimLeft(strings.TrimPrefix(got, "DIR"), `/\`), c.want) {
				t.Errorf("got  %s\nwant %s", got, c.want)
			}
		})
	}
}

// Features and targets both have a header or neither: what the one file does not show, the other does, and a contradiction is refused, by
// all that read pairs.
func TestHeadersOfPairs(t *testing.T) {
	for _, tt := range []struct {
		name, x, y string
		task       learner.Task
		want       string // columns, target and rows; or an error
	}{
		{"years for names", "region,2019,2020,2021\nNorth,1,2,3\nSouth,4,5,6\n", "class\nyes\nno\n", learner.Classification, "[region 2019 2020 2021] class 2"},
		{"no header", "5.1,3.5\n4.9,3\n4.7,3.2\n", "a\nb\na\n", learner.Classification, "[x1 x2] x1 3"},
		{"no header, and labels that may count columns", "5.1,3.5\n4.9,3\n4.7,3.2\n", "1\n0\n1\n", learner.Classification, "[x1 x2] x1 3"},
		{"numbers for names, for both", "0,1,2\n5,6,7\n8,9,9\n", "0\n1.5\n2.5\n", learner.Regression, "[0 1 2] 0 2"},
		{"a target's name among labels", "2021,2019,2020\n1,2,3\n4,5,6\n", "class\nyes\nyes\n", learner.Classification,
			`y_train.csv:1: cannot tell whether the first line, "class", is a header or a row: it looks like a header, and that of DIR/X_train.csv like a row; `},
		{"a target's name above numbers", "2021,2019,2020\n1,2,3\n4,5,6\n", "price\n1\n2\n", learner.Regression,
			`y_train.csv:1: cannot tell whether the first line, "price", is a header or a row: it looks like a header`},
		{"a number above numbers", "0,1,2\n5,6,7\n8,9,9\n", "3.5\n2.5\n1.5\n", learner.Regression,
			`y_train.csv:1: cannot tell whether the first line, "3.5", is a header or a row: it looks like a row, and that of DIR/X_train.csv may be a header; `},
	} {
		t.Run(tt.name, func(t *testing.T) {
			dir := folder(t, &tt.x, &tt.y)
			check := func(by string, err error, columns []string, target string, rows int) {
				t.Helper()
				got := fmt.Sprint(columns, " ", target, " ", rows)
				if err != nil {
					got = strings.TrimPrefix(strings.ReplaceAll(filepath.ToSlash(err.Error()), filepath.ToSlash(dir), "DIR"), "DIR/")
				}
				if !strings.HasPrefix(got, tt.want) {
					t.Errorf("%s:\n%s\nwant\n%s", by, got, tt.want)
				}
			}
			table, err := dataio.ReadTraining(t.Context(), dir, tt.task, dataio.Options{})
			if err != nil {
				check("ReadTraining", err, nil, "", 0)
			} else {
				check("ReadTraining", nil, table.Columns, table.Target, table.Len())
			}
			x, y := filepath.Join(dir, dataio.FeaturesFile), filepath.Join(dir, dataio.TargetFile)
			rows, labels, err := dataio.ReadLabelledPair(t.Context(), x, y, dataio.Options{}, dataio.Options{})
			_, name := dataio.TargetPlace(x, y, dataio.Options{}, dataio.Options{}, 0)
			check("ReadLabelledPair", err, rows.Columns, name, len(labels))
			w, err := dataio.OpenTraining(dir, dataio.Options{})
			if err != nil {
				check("OpenTraining", err, nil, "", 0)
				return
			}
			n := 0
			for _, err := w.Target.Next(); err == nil; _, err = w.Target.Next() {
				n++
			}
			check("OpenTraining", w.Close(), w.Features.Columns(), w.Target.Columns()[0], n)
		})
	}
}

func TestReadTrainingMissingFile(t *testing.T) {
	content := "a\n1\n"
	for name, dir := range map[string]string{
		dataio.FeaturesFile: folder(t, nil, &content), dataio.TargetFile: folder(t, &content, nil),
	} {
		_, err := dataio.ReadTraining(t.Context(), dir, learner.Regression, dataio.Options{})
		var typed *dataio.Error
		if !errors.As(err, &typed) || !errors.Is(err, fs.ErrNotExist) || typed.File != filepath.Join(dir, name) {
			t.Errorf("got %v, want an *Error about %s that is fs.ErrNotExist", err, name)
		}
	}
	if _, err := dataio.ReadTraining(t.Context(), t.TempDir(), learner.Regression, dataio.Options{}); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("empty folder: got %v", err)
	}
}

func TestDataset(t *testing.T) {
	x, y := "a\n1\n2\n3\n", "y\nno\nyes\nno\n"
	table, err := dataio.ReadTraining(t.Context(), folder(t, &x, &y), learner.Classification, dataio.Options{})
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name    string
		classes []learner.Label
		want    []float64 // nil: an error
	}{
		{"its own classes", nil, []float64{0, 1, 0}},
		{"all workers' classes", []learner.Label{"maybe", "no", "perhaps", "yes"}, []float64{1, 3, 1}},
		{"a class missing", []learner.Label{"no", "perhaps"}, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			d, err := table.Dataset(c.classes)
			if (err != nil) != (c.want == nil) || !slices.Equal(d.Y, c.want) {
				t.Fatalf("got %v, %v, want %v", d.Y, err, c.want)
			}
			if err == nil {
				if err := learner.CheckFit(d, learner.Classification, learner.Traits{}); err != nil {
					t.Error(err)
				}
				if d.Row(2) != 2 {
					t.Errorf("row 2 has id %d", d.Row(2))
				}
			}
		})
	}
	y = "y\n5\n6\n7\n"
	if table, err = dataio.ReadTraining(t.Context(), folder(t, &x, &y), learner.Regression, dataio.Options{}); err != nil {
		t.Fatal(err)
	}
	if d, err := table.Dataset([]learner.Label{"no"}); err != nil || d.Task() != learner.Regression {
		t.Errorf("a regression has no classes: got %v, %v", d.Classes, err)
	}
}

func TestReadFeatures(t *testing.T) {
	x := "B,a\n1,\n"
	got, err := dataio.ReadFeatures(t.Context(), filepath.Join(folder(t, &x, nil), dataio.FeaturesFile), dataio.Options{})
	if err != nil || !slices.Equal(got.Columns, []string{"b", "a"}) || got.X.At(0, 0) != 1 || !math.IsNaN(got.X.At(0, 1)) {
		t.Errorf("got %v, %v", got, err)
	}
}

func TestReadBatch(t *testing.T) {
	var b strings.Builder
	b.WriteString("a,b\n")
	const rows = 100_000 // some blocks
	for i := range rows {
		fmt.Fprintf(&b, "%d,%d.5\n", i, i%7)
	}
	r, err := dataio.NewReader(strings.NewReader(b.String()), "X.csv")
	if err != nil {
		t.Fatal(err)
	}
	seen := 0
	for {
		var m *mat.Dense
		if m, err = r.ReadBatch(t.Context(), 999); err != nil {
			break
		}
		n, _ := m.Dims()
		for i := range n {
			if m.At(i, 0) != float64(seen) || m.At(i, 1) != float64(seen%7)+0.5 {
				t.Fatalf("row %d is %v", seen, mat.Row(nil, i, m))
			}
			seen++
		}
	}
	if !errors.Is(err, io.EOF) || seen != rows {
		t.Errorf("%d rows and %v, want %d and io.EOF", seen, err, rows)
	}
}

func TestTargetBatches(t *testing.T) {
	r, err := dataio.NewTargetReader(strings.NewReader("Y\nno\nyes\nno\n"), "y.csv", dataio.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if r.Name() != "y" {
		t.Errorf("the name is %q", r.Name())
	}
	first, err1 := r.ReadLabels(t.Context(), 2)
	second, err2 := r.ReadLabels(t.Context(), 2)
	_, err3 := r.ReadLabels(t.Context(), 2)
	if diff := cmp.Diff([][]learner.Label{{"no", "yes"}, {"no"}}, [][]learner.Label{first, second}); diff != "" || err1 != nil || err2 != nil ||
		!errors.Is(err3, io.EOF) {
		t.Errorf("%s errors %v, %v, %v", diff, err1, err2, err3)
	}
}

func TestContextEnds(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	x, y := "a\n1\n", "y\n1\n"
	if _, err := dataio.ReadTraining(ctx, folder(t, &x, &y), learner.Regression, dataio.Options{}); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want context.Canceled", err)
	}
	r, err := dataio.NewTargetReader(strings.NewReader(y), "y.csv", dataio.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := r.ReadLabels(ctx, -1); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want context.Canceled", err)
	}
}

func Example() {
	dir, err := os.MkdirTemp("", "example")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer func() { _ = os.RemoveAll(dir) }()
	for name, text := range map[string]string{
		dataio.FeaturesFile: "Age,Income\n34,1200.5\n51,\n",
		dataio.TargetFile:   "buys\nyes\nno\n",
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			fmt.Println(err)
			return
		}
	}
	table, err := dataio.ReadTraining(context.Background(), dir, learner.Classification, dataio.Options{})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(table.Columns, table.Classes, table.Y)
	fmt.Println(mat.Formatted(table.X))
	// Output:
	// [age income] [no yes] [1 0]
	// ⎡    34  1200.5⎤
	// ⎣    51     NaN⎦
}
