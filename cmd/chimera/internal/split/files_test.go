package split_test

import (
	"encoding/csv"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/gochimera/chimera/cmd/chimera/internal/datafile"
	"github.com/gochimera/chimera/cmd/chimera/internal/split"
	"github.com/gochimera/chimera/internal/dataio"
	"github.com/gochimera/chimera/learner"
)

// present lists the files below a folder.
func present(t *testing.T, dir string) []string {
	t.Helper()
	var found []string
	err := filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			rel, _ := filepath.Rel(dir, path)
			found = append(found, filepath.ToSlash(rel))
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return found
}

// Rows of an earlier split that stayed somewhere would be trained on, or tested with, twice.
func TestASplitAnewLeavesNothingOfTheEarlierOne(t *testing.T) {
	x, y := data(t, 60)
	o := options(t, x, y, "iid", 4)
	out := filepath.Dir(o.TestDir)
	o.Holdout = split.Holdout{Share: 0.25}
	if _, err := split.Split(t.Context(), o); err != nil {
		t.Fatal(err)
	}
	own := put(t, o.Workers[3].Dir, "notes.txt", "mine")
	o.Workers, o.Holdout, o.Replace = o.Workers[:2], split.Holdout{}, true
	report, err := split.Split(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	want := []string{"split.json", "w1/X_train.csv", "w1/y_train.csv", "w2/X_train.csv", "w2/y_train.csv", "w4/notes.txt"}
	if got := present(t, out); !slices.Equal(got, want) {
		t.Errorf("there are %v, want %v", got, want)
	}
	if len(report.Removed) != 6 || report.Kept != nil {
		t.Errorf("removed %v, kept %v", report.Removed, report.Kept)
	}
	if _, err := os.Stat(own); err != nil {
		t.Error(err)
	}
}

// What no split wrote, or somebody has changed since, is the user's; so is what a manifest names that has another
// name than a split's files.
func TestOnlyASplitsOwnFilesAreRemoved(t *testing.T) {
	x, y := data(t, 60)
	o := options(t, x, y, "iid", 3)
	out := filepath.Dir(o.TestDir)
	if _, err := split.Split(t.Context(), o); err != nil {
		t.Fatal(err)
	}
	changed := filepath.Join(o.Workers[2].Dir, "X_train.csv")
	text, err := os.ReadFile(changed)
	if err != nil {
		t.Fatal(err)
	}
	text[len(text)-2] = '7' // as long as it was
	put(t, o.Workers[2].Dir, "X_train.csv", string(text))
	if err := os.Mkdir(o.TestDir, 0o700); err != nil {
		t.Fatal(err)
	}
	foreign := put(t, o.TestDir, "X_test.csv", "a\n1\n")
	precious := put(t, out, "precious", "")
	manifest := filepath.Join(out, "split.json")
	record, err := os.ReadFile(manifest)
	if err != nil {
		t.Fatal(err)
	}
	const empty = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
	put(t, out, "split.json", strings.Replace(string(record), `"files": [`, `"files": [{"path": "precious", "size": 0, "sha256": "`+empty+`"},`, 1))

	o.Workers, o.Replace = o.Workers[:2], true
	report, err := split.Split(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{changed, foreign, precious} {
		if _, err := os.Stat(path); err != nil {
			t.Error(err)
		}
	}
	if !slices.Equal(report.Kept, []string{foreign, changed}) || len(report.Removed) != 1 {
		t.Errorf("kept %v, removed %v", report.Kept, report.Removed)
	}
}

// A record that cannot be read is no leave to forget what it says: nothing is touched.
func TestAManifestThatCannotBeRead(t *testing.T) {
	x, y := data(t, 12)
	o := options(t, x, y, "iid", 2)
	put(t, filepath.Dir(o.TestDir), "split.json", "{")
	if _, err := split.Split(t.Context(), o); !isRefusal(err) || !strings.Contains(err.Error(), "split.json records what splits wrote, and cannot be read") {
		t.Errorf("got %v", err)
	}
	if got := present(t, filepath.Dir(o.TestDir)); !slices.Equal(got, []string{"split.json"}) {
		t.Errorf("there are %v", got)
	}
}

// Without leave to replace anything, workers that have no rows yet get theirs, and a later split with leave knows
// of both.
func TestSplitsAddUp(t *testing.T) {
	x, y := data(t, 60)
	o := options(t, x, y, "iid", 3)
	all := o.Workers
	o.Workers = all[:1]
	for _, workers := range [][]split.Destination{all[:1], all[1:2]} {
		o.Workers = workers
		if _, err := split.Split(t.Context(), o); err != nil {
			t.Fatal(err)
		}
	}
	o.Workers, o.Replace = all[2:], true
	if _, err := split.Split(t.Context(), o); err != nil {
		t.Fatal(err)
	}
	if got, want := present(t, filepath.Dir(o.TestDir)), []string{"split.json", "w3/X_train.csv", "w3/y_train.csv"}; !slices.Equal(got, want) {
		t.Errorf("there are %v, want %v", got, want)
	}
}

// One file with the target among its columns: cells come out as they were written, wherever commas and quotes are.
func TestOneFile(t *testing.T) {
	dir := t.TempDir()
	file := put(t, dir, "all.csv", "Id;Name;Class;Size\n1;\"a;b\";yes;1.50\n2;c,d;no;?\n3;\"say \"\"x\"\"\";yes;-9\n4;e;no;007\n")
	o := options(t, "", "", "contiguous", 1)
	o.Data = datafile.Source{Features: file, Drop: []string{"1"}, Options: dataio.Options{Target: "class", Missing: []string{"?", "size=-9"}}}
	report, err := split.Split(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(report.Parts[0].Counts, []int{2, 2}) {
		t.Errorf("got %+v", report)
	}
	want := []string{"a;b,1.50", `"c,d",`, `"say ""x""",`, "e,007"}
	if got := lines(t, filepath.Join(o.Workers[0].Dir, "X_train.csv")); !slices.Equal(got, want) {
		t.Errorf("got %q", got)
	}
	if got := lines(t, filepath.Join(o.Workers[0].Dir, "y_train.csv")); !slices.Equal(got, []string{"yes", "no", "yes", "no"}) {
		t.Errorf("got %q", got)
	}
	header, err := os.ReadFile(filepath.Join(o.Workers[0].Dir, "X_train.csv"))
	if err != nil || !strings.HasPrefix(string(header), "Name,Size\n") {
		t.Errorf("it begins with %.20q, %v", header, err)
	}
}

// A header of numbers, as pandas writes for columns without names, would be a row to who reads it: no row is won or
// lost on the way to a worker.
func TestNumbersAsNames(t *testing.T) {
	file := put(t, t.TempDir(), "all.csv", "0,1,X1,2\n1,2,3,0\n3,4,5,1\n5,6,7,0\n")
	o := options(t, "", "", "iid", 1)
	o.Data = datafile.Source{Features: file, Options: dataio.Options{Target: "2", Header: "yes"}}
	report, err := split.Split(t.Context(), o)
	if err != nil || !slices.Equal(report.Renamed, []string{"0", "1", "2"}) {
		t.Fatalf("%+v, %v", report, err)
	}
	table, err := dataio.ReadTraining(t.Context(), o.Workers[0].Dir, learner.Classification, dataio.Options{})
	if err != nil || table.Len() != 3 || !slices.Equal(table.Columns, []string{"x0", "xx1", "x1"}) || table.Target != "x2" {
		t.Errorf("workers read %+v, %v", table, err)
	}
}

// Whatever is in the cells, an independent reader finds it again.
func TestCellsComeBack(t *testing.T) {
	dir := t.TempDir()
	rapid.Check(t, func(rt *rapid.T) {
		cell := rapid.StringMatching(`[ -~äß]{0,6}`)
		var want [][]string
		rows := rapid.IntRange(1, 8).Draw(rt, "rows")
		columns := rapid.IntRange(1, 4).Draw(rt, "columns")
		file, err := os.Create(filepath.Join(dir, "in.csv"))
		if err != nil {
			rt.Fatal(err)
		}
		out := csv.NewWriter(file)
		header := make([]string, columns+1)
		for j := range header {
			header[j] = fmt.Sprintf("c%d", j)
		}
		want = append(want, header)
		for i := range rows {
			row := make([]string, columns, columns+1)
			for j := range row {
				row[j] = "x" + cell.Draw(rt, "cell") // neither blank nor infinite
			}
			want = append(want, append(row, fmt.Sprint(i%2)))
		}
		if err := errors.Join(out.WriteAll(want), file.Close()); err != nil {
			rt.Fatal(err)
		}
		o := split.Options{
			Data:    datafile.Source{Features: file.Name(), Options: dataio.Options{Target: "-1", Delimiter: ",", Header: "yes"}},
			By:      split.Strategy{Kind: split.Contiguous},
			Workers: []split.Destination{{Worker: "w", Dir: filepath.Join(dir, "w")}}, TestDir: filepath.Join(dir, "test"), Replace: true,
		}
		if _, err := split.Split(t.Context(), o); err != nil {
			if rows == 1 {
				return
			}
			rt.Fatal(err)
		}
		text, err := os.Open(filepath.Join(dir, "w", "X_train.csv"))
		if err != nil {
			rt.Fatal(err)
		}
		got, err := csv.NewReader(text).ReadAll()
		if err := errors.Join(err, text.Close()); err != nil {
			rt.Fatal(err)
		}
		for i := range want {
			if !slices.Equal(got[i], want[i][:columns]) {
				rt.Fatalf("row %d is %q, want %q", i, got[i], want[i][:columns])
			}
		}
	})
}

// Everything that is wrong is said at once, and nothing is written.
func TestAllThatIsWrong(t *testing.T) {
	dir := t.TempDir()
	file := put(t, dir, "all.csv", "a,b,y\n1,2,0.5\n1,2\n3,inf,\n4,5,1.5\n6,7,NA\n8,9,2.5\n8,9,red\n\n1,1,3\n")
	o := options(t, "", "", "iid", 1)
	o.Data = datafile.Source{Features: file, Options: dataio.Options{Target: "y"}}
	_, err := split.Split(t.Context(), o)
	var read *dataio.Error
	if !errors.As(err, &read) {
		t.Fatalf("got %v", err)
	}
	for _, want := range []string{
		"all.csv:3: the row has 2 fields, expected 3", `all.csv:4:2 (column "b"): expected a finite number, found "inf"`,
		`all.csv:4:3 (column "y"): the target is missing`, `all.csv:6:3 (column "y"): the target is missing ("NA")`,
		`all.csv:8:3 (column "y"): expected a number, as in the targets of most rows, found "red"`, "all.csv:9: a blank line",
	} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("it does not say %q", want)
		}
	}
	if t.Failed() {
		t.Log(err)
	}
	if left := present(t, filepath.Dir(o.TestDir)); left != nil {
		t.Errorf("files are left: %v", left)
	}
}

// Rows of one group are in one place, every worker has a group, and totals are as near to the shares as the largest group allows.
func TestGroupsStayTogether(t *testing.T) {
	dir := t.TempDir()
	rapid.Check(t, func(rt *rapid.T) {
		sizes := rapid.SliceOfN(rapid.IntRange(1, 9), 6, 20).Draw(rt, "sizes")
		var text strings.Builder
		text.WriteString("patient,age,y\n")
		total, largest := 0, 0
		for round := range 9 { // groups are mixed in the file
			for g, n := range sizes {
				if round < n {
					fmt.Fprintf(&text, "p%d,%d,%d\n", g, round, g%2)
				}
			}
		}
		for _, n := range sizes {
			total, largest = total+n, max(largest, n)
		}
		file := filepath.Join(dir, "all.csv")
		if err := os.WriteFile(file, []byte(text.String()), 0o600); err != nil {
			rt.Fatal(err)
		}
		o := split.Options{
			Data: datafile.Source{Features: file, Group: "patient", Options: dataio.Options{Target: "y"}}, By: split.Strategy{Kind: split.IID},
			TestDir: filepath.Join(dir, "out", "test"), Replace: true, Seed: rapid.Uint64().Draw(rt, "seed"), Holdout: split.Holdout{Share: 0.2},
		}
		for w := range 3 {
			name := fmt.Sprintf("w%d", w)
			o.Workers = append(o.Workers, split.Destination{Worker: name, Dir: filepath.Join(dir, "out", name)})
		}
		report, err := split.Split(t.Context(), o)
		if err != nil {
			rt.Fatal(err)
		}
		where := map[string]string{}
		files := []string{filepath.Join(o.TestDir, "X_test.csv")}
		for _, w := range o.Workers {
			files = append(files, filepath.Join(w.Dir, "X_train.csv"))
		}
		rows := 0
		for _, path := range files {
			for _, line := range lines(t, path) {
				patient, _, _ := strings.Cut(line, ",")
				if other, known := where[patient]; known && other != path {
					rt.Fatalf("%s is in %s and in %s", patient, other, path)
				}
				where[patient] = path
				rows++
			}
		}
		if rows != total || report.Groups != len(sizes) {
			rt.Fatalf("%d rows of %d, %d groups of %d", rows, total, report.Groups, len(sizes))
		}
		for _, p := range report.Parts {
			if p.Rows < 1 || p.Rows > (total-report.Test.Rows)/3+2*largest {
				rt.Errorf("%s has %d of %d rows", p.Worker, p.Rows, total)
			}
		}
	})
	o := options(t, "", "", "stratified", 2)
	o.Data = datafile.Source{Features: "x.csv", Group: "g", Options: dataio.Options{Target: "y"}}
	if _, err := split.Split(t.Context(), o); !isRefusal(err) || !strings.Contains(err.Error(), "--group") {
		t.Errorf("got %v", err)
	}
}
