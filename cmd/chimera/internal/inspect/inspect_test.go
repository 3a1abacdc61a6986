package inspect_test

import (
	"bytes"
	"context"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"

	"github.com/gochimera/chimera/cmd/chimera/internal/datafile"
	"github.com/gochimera/chimera/cmd/chimera/internal/inspect"
	"github.com/gochimera/chimera/internal/dataio"
	"github.com/gochimera/chimera/learner"
	"github.com/gochimera/chimera/prepare"
)

func put(t *testing.T, name, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// table writes a file whose columns are functions of the row and of a coin that is the target unless a column is
// named y.
func table(t *testing.T, rows int, header string, row func(i, coin int, r *rand.Rand) string) inspect.Source {
	t.Helper()
	r := learner.NewRand(7)
	var b strings.Builder
	b.WriteString(header + "\n")
	for i := range rows {
		b.WriteString(row(i, r.IntN(2), r) + "\n")
	}
	return inspect.Source{Source: datafile.Source{Features: put(t, "data.csv", b.String()), Options: dataio.Options{Target: "y", Header: "yes"}}}
}

func look(t *testing.T, o inspect.Options, sources ...inspect.Source) *inspect.Report {
	t.Helper()
	r, err := inspect.Inspect(t.Context(), sources, o)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// advised are the columns that advice of a kind is about.
func advised(r *inspect.Report, code inspect.Code) []string {
	var columns []string
	for _, a := range r.Advice {
		if a.Code == code {
			columns = append(columns, a.Column)
		}
	}
	return columns
}

func text(r *inspect.Report, code inspect.Code, column string) string {
	for _, a := range r.Advice {
		if a.Code == code && a.Column == column {
			return a.Text
		}
	}
	return ""
}

func TestLeaksOfClasses(t *testing.T) {
	r := look(t, inspect.Options{}, table(t, 300, "noise,copy,nearly_copy,code,nearly_code,filled,score,blurred,fine,y", func(i, coin int, r *rand.Rand) string {
		class := []string{"no", "yes"}[coin]
		nearly, code, filled, score := class, []string{"k", "m"}[coin]+fmt.Sprint(r.IntN(3)), "", float64(coin)+0.9*r.Float64()
		if i == 50 {
			nearly = "no"
			if coin == 0 {
				nearly = "yes"
			}
		}
		nearlyCode := code
		if i%100 == 7 {
			nearlyCode = "k1"
		}
		if coin == 1 {
			filled = fmt.Sprint(r.IntN(50))
		}
		return fmt.Sprintf("%d,%s,%s,%s,%s,%s,%.4f,%.4f,%d,%s",
			r.IntN(40), class, nearly, code, nearlyCode, filled, score, score+0.5*r.Float64(), r.IntN(2)+coin, class)
	}))
	want := []string{"copy", "nearly_copy", "code", "nearly_code", "filled", "score"}
	if d := cmp.Diff(want, advised(r, inspect.Leak)); d != "" {
		t.Errorf("columns that leak (-want +got):\n%s", d)
	}
	for column, says := range map[string]string{
		"copy": "cell by cell", "nearly_copy": "all but 1 row", "code": "rows of one class only", "nearly_code": "tells the class in 99", "score": "threshold",
	} {
		if got := text(r, inspect.Leak, column); !strings.Contains(got, says) || !strings.Contains(got, "--drop "+column) {
			t.Errorf("%s: %q, want %q", column, got, says)
		}
	}
}

func TestLeaksOfQuantities(t *testing.T) {
	r := look(t, inspect.Options{}, table(t, 300, "noise,fahrenheit,product,half,y", func(i, _ int, r *rand.Rand) string {
		product := r.IntN(12)
		y := float64(product)*10.25 + 0.1*r.Float64()
		return fmt.Sprintf("%d,%.3f,p%d,%.3f,%.4f", r.IntN(9), 32+1.8*y, product, y+60*r.Float64(), y)
	}))
	if r.Target.Task != learner.Regression || r.Target.Range == nil || r.Target.Classes != nil {
		t.Errorf("the target is %+v", r.Target)
	}
	if d := cmp.Diff([]string{"fahrenheit", "product"}, advised(r, inspect.Leak)); d != "" {
		t.Errorf("columns that leak (-want +got):\n%s", d)
	}
	if got := text(r, inspect.Leak, "product"); !strings.Contains(got, "% of the target's variance") {
		t.Errorf("got %q", got)
	}
}

func TestAdviceAboutTargets(t *testing.T) {
	for name, tt := range map[string]struct {
		target func(i int, r *rand.Rand) string
		want   []inspect.Code
	}{
		"even classes":          {func(i int, _ *rand.Rand) string { return []string{"a", "b", "c"}[i%3] }, nil},
		"a rare class":          {func(i int, _ *rand.Rand) string { return []string{"a", "b"}[min(i, 1)] }, []inspect.Code{inspect.RareClass, inspect.Imbalance}},
		"whole numbers":         {func(i int, _ *rand.Rand) string { return fmt.Sprint(i % 24) }, []inspect.Code{inspect.Quantity}},
		"hardly any repetition": {func(i int, _ *rand.Rand) string { return fmt.Sprint(i % 150) }, []inspect.Code{inspect.Quantity}},
		"a quantity":            {func(_ int, r *rand.Rand) string { return fmt.Sprintf("%.3f", r.Float64()) }, nil},
	} {
		r := look(t, inspect.Options{}, table(t, 300, "x,y", func(i, _ int, r *rand.Rand) string { return fmt.Sprintf("%.6f,%s", r.Float64(), tt.target(i, r)) }))
		var got []inspect.Code
		for _, a := range r.Advice {
			got = append(got, a.Code)
		}
		if !slices.Equal(got, tt.want) {
			t.Errorf("%s: %v, want %v", name, got, tt.want)
		}
	}
}

// Data sets that are known to be sound are not suspected.
func TestSoundDataIsNotSuspected(t *testing.T) {
	iris := filepath.Join("..", "scaffold", "template", "iris.csv")
	sources := []inspect.Source{
		{Source: datafile.Source{Features: iris, Options: dataio.Options{Target: "-1"}}},
	}
	for _, name := range []string{"bagging", "bagging-regression"} {
		dir := filepath.Join("..", "..", "..", "..", "examples", name, "test_data")
		sources = append(sources, inspect.Source{Source: datafile.Source{Features: filepath.Join(dir, "X_test.csv"), Target: filepath.Join(dir, "y_test.csv")}})
	}
	for _, s := range sources {
		r := look(t, inspect.Options{}, s)
		for _, code := range []inspect.Code{inspect.Leak, inspect.Mixed, inspect.Constant, inspect.Spelling} {
			if got := advised(r, code); got != nil {
				t.Errorf("%s: %s of %v", s.Features, code, got)
			}
		}
		if len(r.Problems) > 0 || r.Rows < 20 {
			t.Errorf("%s: %d rows, %v", s.Features, r.Rows, r.Problems)
		}
	}
}

func TestAdviceAboutColumns(t *testing.T) {
	const header = "id,name,street,glucose,visits,level,sparse,void,one,one_or_none,mixed,many,y"
	r := look(t, inspect.Options{}, table(t, 400, header, func(i, coin int, r *rand.Rand) string {
		glucose, level := 60+r.IntN(90), fmt.Sprint(r.IntN(30))
		if i%20 == 3 {
			glucose, level = 0, "-999"
		}
		sparse, maybe, mixed := "", "", fmt.Sprint(r.IntN(300))
		if i%10 == 0 {
			sparse, maybe = fmt.Sprint(r.IntN(9)), "x"
		}
		if i%100 == 5 {
			mixed = []string{"low", "high"}[i/100%2]
		}
		return fmt.Sprintf("%d,n%d,%s,%d,%d,%s,%s,,north,%s,%s,m%d,%d",
			1000+i*3, i, []string{"Main", "main ", "High"}[i%3], glucose, r.IntN(15), level, sparse, maybe, mixed, r.IntN(300), coin)
	}))
	for code, want := range map[inspect.Code][]string{
		inspect.Identifier: {"id", "name"}, inspect.Spelling: {"street"}, inspect.Placeholder: {"glucose", "level"}, inspect.Missing: {"sparse", "one_or_none"},
		inspect.Empty: {"void"}, inspect.Constant: {"one", "one_or_none"}, inspect.Mixed: {"mixed"}, inspect.Leak: nil,
	} {
		if d := cmp.Diff(want, advised(r, code)); d != "" {
			t.Errorf("%s (-want +got):\n%s", code, d)
		}
	}
	if got := text(r, inspect.Placeholder, "level"); !strings.Contains(got, "level is -999 in 20 rows, and then 0 at the least") ||
		!strings.Contains(got, "--missing level=-999") {
		t.Errorf("got %q", got)
	}
	for _, a := range r.Advice {
		if a.Code == inspect.Mixed && (!strings.Contains(a.Text, `"low" (line 7), "high" (line 107)`) || a.Places[1].Line != 107 || a.Places[1].Field != 11) {
			t.Errorf("got %+v", a)
		}
	}
	kinds := map[string]prepare.Kind{}
	for _, c := range r.Columns {
		kinds[c.Name] = c.Kind
	}
	if kinds["name"] != prepare.Dropped || kinds["void"] != prepare.Dropped || kinds["street"] != prepare.Categorical || kinds["id"] != prepare.Numeric {
		t.Errorf("got %v", kinds)
	}
}

// Of columns that the project drops itself nothing is advised: neither what was followed already, nor a reason that is none.
func TestNoAdviceAboutDroppedColumns(t *testing.T) {
	source := table(t, 40, "leak,few,one,id,void,kept,y", func(i, coin int, r *rand.Rand) string {
		return fmt.Sprintf("%d,%s,north,n%d,,%d,%d", coin, []string{"a", "b", "A"}[i%3], i, r.IntN(9), coin)
	})
	var before []string
	for _, a := range look(t, inspect.Options{}, source).Advice {
		before = append(before, a.Column+" "+string(a.Code))
	}
	if d := cmp.Diff([]string{"leak leak", "few spelling", "one constant", "id identifier", "void empty"}, before); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
	settings := prepare.Settings{Drop: []string{"Leak", "few", "one", "id"}, Columns: map[string]prepare.Column{"void": {Kind: prepare.Dropped}}}
	if r := look(t, inspect.Options{Prepare: settings}, source); len(r.Advice) > 0 {
		t.Errorf("got %+v", r.Advice)
	}
	narrow := table(t, 2, "a,b,c,y", func(i, coin int, _ *rand.Rand) string { return fmt.Sprintf("%d,%d,%d,%d", i, i, i, coin) })
	if r := look(t, inspect.Options{Prepare: prepare.Settings{Drop: []string{"a"}}}, narrow); len(advised(r, inspect.FewRows)) > 0 {
		t.Errorf("got %+v", r.Advice)
	}
}

// What becomes of a column is what package prepare makes of it, whose rules these are.
func TestKindsAreThoseOfThePreparation(t *testing.T) {
	var x, y strings.Builder
	x.WriteString("few,many,number\n")
	y.WriteString("y\n")
	for i := range 60 {
		fmt.Fprintf(&x, "f%d,m%d,%d\n", i%3, i%20, i%7)
		fmt.Fprintln(&y, i%2)
	}
	source := inspect.Source{Source: datafile.Source{Features: put(t, "X.csv", x.String()), Target: put(t, "y.csv", y.String())}}
	table, err := dataio.ReadTable(t.Context(), source.Features, source.Target, learner.Classification, source.Options)
	if err != nil {
		t.Fatal(err)
	}
	for _, settings := range []prepare.Settings{
		{}, {MaxCategories: 10}, {MaxCategories: 10, MinFrequency: 4}, {MaxCategories: 10, MinFrequency: 0.1}, {MaxCategories: 10, Encode: prepare.Frequency},
		{Drop: []string{"few"}}, {Columns: map[string]prepare.Column{"number": {Kind: prepare.Categorical}, "few": {Kind: prepare.Dropped}}},
		{MaxCategories: 2, Columns: map[string]prepare.Column{"many": {MinFrequency: 30}}},
	} {
		q := prepare.Question{Columns: table.Columns, Texts: []string{"few", "many"}, Settings: settings, Needs: prepare.Needs{Complete: true}}
		summary, err := prepare.Summarise(t.Context(), q, table.Rows, table.Y)
		if err != nil {
			t.Fatal(err)
		}
		agreed, err := prepare.Agree(q, []*prepare.Summary{summary})
		if err != nil {
			t.Fatal(err)
		}
		report := look(t, inspect.Options{Prepare: settings}, source)
		for j, c := range agreed.Columns {
			if got := report.Columns[j]; got.Name != c.Name || got.Kind != c.Kind {
				t.Errorf("%+v: %s is %s, and becomes %s (%s)", settings, got.Name, got.Kind, c.Kind, c.Note)
			}
		}
	}
}

// Rows that are looked at worker by worker, columns in another order, are those of one file.
func TestWorkersTogether(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		rows := rapid.IntRange(3, 60).Draw(rt, "rows")
		cell := rapid.SampledFrom([]string{"1", "2.5", "-3", "red", "", "NA", "4"})
		dir := t.TempDir()
		type row struct{ a, b, y string }
		var all []row
		for range rows {
			all = append(all, row{cell.Draw(rt, "a"), cell.Draw(rt, "b"), rapid.SampledFrom([]string{"no", "yes"}).Draw(rt, "y")})
		}
		write := func(name string, rows []row, turned bool) inspect.Source {
			var b strings.Builder
			b.WriteString("a,b,y\n")
			if turned {
				b.Reset()
				b.WriteString("b,a,y\n")
			}
			for _, r := range rows {
				if turned {
					r.a, r.b = r.b, r.a
				}
				fmt.Fprintf(&b, "%s,%s,%s\n", r.a, r.b, r.y)
			}
			path := filepath.Join(dir, name)
			if err := os.WriteFile(path, []byte(b.String()), 0o600); err != nil {
				rt.Fatal(err)
			}
			return inspect.Source{Worker: name, Source: datafile.Source{Features: path, Options: dataio.Options{Target: "y", Header: "yes"}}}
		}
		cut := rapid.IntRange(1, rows-1).Draw(rt, "cut")
		whole, err := inspect.Inspect(t.Context(), []inspect.Source{write("all.csv", all, false)}, inspect.Options{})
		parts, err2 := inspect.Inspect(t.Context(), []inspect.Source{write("one.csv", all[:cut], false), write("two.csv", all[cut:], true)}, inspect.Options{})
		if err := errors.Join(err, err2); err != nil {
			rt.Fatal(err)
		}
		d := cmp.Diff(whole, parts, cmpopts.IgnoreUnexported(inspect.Report{}, inspect.Problem{}), cmpopts.IgnoreFields(inspect.Report{}, "Files"),
			cmpopts.IgnoreFields(inspect.Duplicates{}, "Example"), cmpopts.IgnoreFields(inspect.Advice{}, "Text", "Places"),
			cmpopts.IgnoreFields(inspect.Problem{}, "Place"))
		if d != "" {
			rt.Errorf("one file and two workers differ:\n%s", d)
		}
		seen, repeated, conflicts := map[row]string{}, 0, 0
		for _, r := range all {
			key := row{a: strings.Replace(r.a, "NA", "", 1), b: strings.Replace(r.b, "NA", "", 1)}
			y, known := seen[key]
			if !known {
				seen[key] = r.y
				continue
			}
			if repeated++; y != r.y {
				conflicts++
			}
		}
		if whole.Duplicates.Rows != repeated || whole.Duplicates.Conflicts != conflicts {
			rt.Errorf("%+v, want %d repeated rows, %d with another target", whole.Duplicates, repeated, conflicts)
		}
	})
}

func TestWorkersOfOtherColumns(t *testing.T) {
	source := func(worker, text string) inspect.Source {
		return inspect.Source{Worker: worker, Source: datafile.Source{Features: put(t, worker+".csv", text), Options: dataio.Options{Target: "y"}}}
	}
	r := look(t, inspect.Options{}, source("one", "a,b,y\n1,2,no\n2,3,yes\n"), source("two", "a,c,y\n1,2,no\n"), source("three", ""))
	if all := fmt.Sprint(r.Problems); len(r.Problems) != 2 || !strings.Contains(all, "lacks b and has further c, compared with") ||
		!strings.Contains(all, "empty") {
		t.Errorf("got %s", all)
	}
	if r.Rows != 2 || len(r.Files) != 3 {
		t.Errorf("%d rows of %d files", r.Rows, len(r.Files))
	}
}

// Memory has limits, and the report says where they were met.
func TestLimits(t *testing.T) {
	source := table(t, 3000, "a,b,y", func(i, coin int, _ *rand.Rand) string { return fmt.Sprintf("%d,t%d,%d", i, i%1500, coin) })
	r := look(t, inspect.Options{Values: 1000, Rows: 2000}, source)
	for _, c := range r.Columns {
		if !c.Capped || c.Distinct != 1000 {
			t.Errorf("%s: %d distinct values, capped: %v", c.Name, c.Distinct, c.Capped)
		}
	}
	if r.Columns[0].Range.Sample != 1000 || r.Columns[0].Range.Max != 2999 || r.Duplicates.Among != 2000 {
		t.Errorf("%+v, %+v", r.Columns[0].Range, r.Duplicates)
	}
	var b bytes.Buffer
	if err := r.Write(&b, inspect.Style{}); err != nil || !strings.Contains(b.String(), ">1,000") ||
		!strings.Contains(b.String(), "quartiles of a sample of 1,000") {
		t.Errorf("%v\n%s", err, &b)
	}
}

// No line of a terminal is longer than it is wide, but for words that are.
func TestWidth(t *testing.T) {
	r := look(t, inspect.Options{}, table(t, 50, "a column with a long name that goes on and on,b,y", func(i, coin int, _ *rand.Rand) string {
		return fmt.Sprintf("some words of text %d,%d,%d", i, coin, coin)
	}))
	for _, width := range []int{60, 100} {
		var b bytes.Buffer
		if err := r.Write(&b, inspect.Style{Width: width}); err != nil {
			t.Fatal(err)
		}
		for line := range strings.Lines(b.String()) {
			n := utf8.RuneCountInString(strings.TrimRight(line, "\n"))
			if n > width && strings.Contains(strings.TrimLeft(line, " -"), " ") && !strings.Contains(line, "data.csv") {
				t.Errorf("a line of %d: %s", n, line)
			}
		}
	}
}

func TestPicture(t *testing.T) {
	r := look(t, inspect.Options{}, table(t, 60, "size,colour,void,y", func(i, coin int, _ *rand.Rand) string {
		return fmt.Sprintf("%d,%s,,%s", i, []string{"red", "<blue>"}[i%2], []string{"no", "yes"}[coin])
	}))
	var b bytes.Buffer
	if err := r.Plot(&b); err != nil {
		t.Fatal(err)
	}
	var texts []string
	in := xml.NewDecoder(&b)
	for {
		token, err := in.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		if c, is := token.(xml.CharData); is {
			texts = append(texts, strings.TrimSpace(string(c)))
		}
	}
	for _, want := range []string{"size", "colour", "void", "y", "<blue>", "yes", "rows"} {
		if !slices.Contains(texts, want) {
			t.Errorf("it lacks %q: %q", want, texts)
		}
	}
}

func TestEndsWithItsContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	source := table(t, 10_000, "a,y", func(i, coin int, _ *rand.Rand) string { return fmt.Sprintf("%d,%d", i, coin) })
	if _, err := inspect.Inspect(ctx, []inspect.Source{source}, inspect.Options{}); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
}

// 64-bit identifiers, hardly one of which a float64 holds: they are told apart by their texts, and lie where numbers do.
func TestLongIdentifiers(t *testing.T) {
	const first = 1<<60 + 1
	for name, step := range map[string]int{"none that a float64 holds": 1000, "one that it holds": 255, "one after another": 1} {
		for _, limit := range []int{0, 16} { // all are counted, or a sample is drawn
			t.Run(fmt.Sprint(name, ", ", limit), func(t *testing.T) {
				const rows = 101
				r := look(t, inspect.Options{Values: limit}, table(t, rows, "id,same,y", func(i, coin int, _ *rand.Rand) string {
					return fmt.Sprintf("%d,%d,%s", first+i*step, first, []string{"no", "yes"}[coin])
				}))
				got := r.Columns[0].Range
				want := &inspect.Range{
					Min: first, Q1: float64(first + rows/4*step), Median: float64(first + rows/2*step), Q3: float64(first + rows/4*3*step),
					Max: float64(first + (rows-1)*step), Mean: float64(first + rows/2*step), SD: got.SD, Sample: got.Sample,
				}
				if sampled := got.Sample > 0; sampled != (limit > 0) {
					t.Errorf("the quartiles are of a sample of %d", got.Sample)
				} else if sampled { // they are somewhere
					if !(got.Min <= got.Q1 && got.Q1 <= got.Median && got.Median <= got.Q3 && got.Q3 <= got.Max) {
						t.Errorf("got %+v", got)
					}
					want.Q1, want.Median, want.Q3 = got.Q1, got.Median, got.Q3
				}
				if d := cmp.Diff(want, got, cmpopts.EquateApprox(1e-14, 0)); d != "" {
					t.Errorf("(-want +got):\n%s", d)
				}
				if !slices.Equal(advised(r, inspect.Identifier), []string{"id"}) || !slices.Equal(advised(r, inspect.Constant), []string{"same"}) {
					t.Errorf("advised: %+v", r.Advice)
				}
				var b bytes.Buffer
				if err := r.Plot(&b); err != nil || bytes.Contains(b.Bytes(), []byte("NaN")) || bytes.Contains(b.Bytes(), []byte("Inf")) {
					t.Errorf("%v\n%s", err, &b)
				}
			})
		}
	}
}
