package prepare_test

import (
	"errors"
	"fmt"
	"math"
	"strings"
	"testing"

	"github.com/gochimera/chimera/learner"
	"github.com/gochimera/chimera/prepare"
	"github.com/gochimera/chimera/prepare/table"
)

// refused wants no preparation, and an error with some words.
func refused(t *testing.T, q prepare.Question, rows table.Rows, words ...string) {
	t.Helper()
	p, err := tryAgree(t, q, nil, rows)
	if err == nil {
		t.Fatalf("prepared as %+v, want an error with %q", p.Columns, words)
	}
	says(t, err, words...)
}

func says(t *testing.T, err error, words ...string) {
	t.Helper()
	for _, word := range words {
		if err == nil || !strings.Contains(err.Error(), word) {
			t.Errorf("%v; want a word of %q", err, word)
		}
	}
}

// manyWords is a column with so many different texts.
func manyWords(n int) table.Rows {
	var cells [][]any
	for i := range n {
		cells = append(cells, []any{fmt.Sprintf("word %d", i), float64(i)})
	}
	return rowsOf([]string{"comment", "n"}, cells...)
}

func TestTooManyCategories(t *testing.T) {
	rows := manyWords(300)
	p := agree(t, prepare.Question{}, nil, rows)
	if p.Columns[0].Kind != prepare.Dropped {
		t.Errorf("the column is %+v", p.Columns[0])
	}
	if notes := strings.Join(p.Notes(), "\n"); !strings.Contains(notes, "comment") || !strings.Contains(notes, "max_categories") {
		t.Errorf("notes %q", notes)
	}
	refused(t, prepare.Question{Settings: prepare.Settings{Encode: "one-hot"}}, rows, "comment", "255", "max_categories", "min_frequency")
	refused(t, prepare.Question{Settings: prepare.Settings{Columns: map[string]prepare.Column{"Comment": {Encode: "ordinal"}}}}, rows, "comment", "255")
	for _, s := range []prepare.Settings{{Encode: "frequency"}, {Encode: "one-hot", MaxCategories: 300}, {Encode: "one-hot", MinFrequency: 2}} {
		if p := agree(t, prepare.Question{Settings: s}, nil, rows); p.Columns[0].Kind != prepare.Categorical {
			t.Errorf("%+v: %s", s, p.Columns[0].Note)
		}
	}
}

func TestSettingsThatDoNotFit(t *testing.T) {
	first, _ := people()
	for _, tt := range []struct {
		name     string
		settings prepare.Settings
		words    []string
	}{
		{"an unknown column is dropped", prepare.Settings{Drop: []string{"ago"}}, []string{"prepare.drop", `"ago"`, "those are age, work"}},
		{"an unknown column has settings", prepare.Settings{Columns: map[string]prepare.Column{"ago": {}}}, []string{"prepare.columns", `"ago"`}},
		{
			"a numeric column has a text", prepare.Settings{Columns: map[string]prepare.Column{"work": {Kind: prepare.Numeric}}},
			[]string{"row 0", "work", `"state"`, "data.missing", "categorical"},
		},
		{"a number is filled by a text", prepare.Settings{Impute: "constant", FillValue: "none", Drop: []string{"work"}}, []string{"fill_value", "none"}},
		{"texts without preparation", prepare.Settings{Mode: "none"}, []string{"work", "prepare: none", "prepare: auto"}},
		{"no column is left", prepare.Settings{Drop: []string{"age", "work"}}, []string{"no column is left"}},
		{
			"a numeric column is encoded", prepare.Settings{Columns: map[string]prepare.Column{"age": {Encode: "one-hot"}}},
			[]string{"age", "encode is one-hot", "kind", "categorical"},
		},
		{
			"the median of texts", prepare.Settings{Columns: map[string]prepare.Column{"work": {Impute: "median"}}},
			[]string{"work", "impute is median", "most_frequent"},
		},
		{
			"texts on a scale", prepare.Settings{Columns: map[string]prepare.Column{"work": {Scale: "standard"}}},
			[]string{"work", "scale is standard", "categorical"},
		},
		{"half a row", prepare.Settings{MinFrequency: 1.5}, []string{"min_frequency", "1.5"}},
		{"an unknown word", prepare.Settings{Scale: "log"}, []string{"scale", "log", "robust"}},
	} {
		t.Run(tt.name, func(t *testing.T) { refused(t, prepare.Question{Settings: tt.settings}, first, tt.words...) })
	}
}

func TestNumbersTooLarge(t *testing.T) {
	rows := rowsOf([]string{"a", "b"}, []any{1.0, 2.0}, []any{1e200, 3.0})
	refused(t, prepare.Question{Needs: prepare.Needs{Complete: true, Scale: true}}, rows, "row 1", "column 0 (a)", "1e+200", "drop")
	agree(t, prepare.Question{Needs: prepare.Needs{Complete: true}}, nil, rows)
	for _, settings := range []prepare.Settings{{Scale: "minmax"}, {Scale: "robust"}, {Scale: "standard"}} {
		for _, sign := range []int{-1, 1} {
			refused(t, prepare.Question{Settings: settings}, rowsOf([]string{"a"}, []any{1.0}, []any{math.Inf(sign)}), "column 0 (a)", "drop")
		}
	}
}

func TestRowsToPredict(t *testing.T) {
	first, second := people()
	p := agree(t, prepare.Question{Settings: prepare.Settings{Unknown: "error"}, Needs: prepare.Needs{Complete: true, Scale: true}}, nil, first, second)
	t.Run("other columns are ignored, in any order", func(t *testing.T) {
		rows := rowsOf([]string{"id", "work", "age"}, []any{"x", "state", 20.0})
		if got, want := transform(t, p, rows), transform(t, p, rowsOf(first.Columns, []any{20, "state", nil})); !equal(got, want) {
			t.Errorf("%v, want %v", got, want)
		}
		if ignored := p.Ignored(rows.Columns); len(ignored) != 1 || ignored[0] != "id" {
			t.Errorf("ignored %q", ignored)
		}
	})
	for _, tt := range []struct {
		name  string
		rows  table.Rows
		words []string
	}{
		{"a column is missing", rowsOf([]string{"age"}, []any{1.0}), []string{"work", "missing"}},
		{"a number is a text", rowsOf([]string{"age", "work"}, []any{1.0, "farm"}, []any{"old", "farm"}), []string{"row 1", "age", `"old"`}},
		{"a category is unknown", rowsOf([]string{"age", "work"}, []any{1.0, "navy"}), []string{"row 0", "work", `"navy"`, "unknown: ignore"}},
		{"a column is there twice", rowsOf([]string{"age", "work", "age"}, []any{1.0, "farm", 2.0}), []string{"age", "two"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, err := p.Transform(t.Context(), tt.rows)
			var refused *learner.DataError
			if !errors.As(err, &refused) {
				t.Fatalf("the error is a %T: %v", err, err)
			}
			says(t, err, tt.words...)
		})
	}
}

// Whole numbers that a float64 cannot tell apart are categories of their own.
func TestLongNumbersAsCategories(t *testing.T) {
	rows := rowsOf([]string{"account"}, []any{"9007199254740993"}, []any{"9007199254740992"})
	rows.X.Set(0, 0, 9007199254740992)
	rows.X.Set(1, 0, 9007199254740992)
	rows.Texts[0].Codes[1] = -1 // a float64 holds it
	if len(textColumns(rows)) > 0 {
		t.Fatal("the column is not numeric")
	}
	q := prepare.Question{Settings: prepare.Settings{Columns: map[string]prepare.Column{"account": {Kind: prepare.Categorical}}}}
	p := agree(t, q, nil, rows)
	if n := len(p.Features()); n != 2 {
		t.Fatalf("features %q", p.Features())
	}
	if x := transform(t, p, rows); x.At(0, 0) == x.At(1, 0) {
		t.Errorf("%v", x)
	}
	if p := agree(t, prepare.Question{}, nil, rows); transform(t, p, rows).At(0, 0) != 9007199254740992 {
		t.Error("as numbers they are not the rounded ones")
	}
}

// Nobody is asked if rows stay as they are anyway, and then they are the same matrix.
func TestSkip(t *testing.T) {
	q := prepare.Question{Columns: []string{"a", "b"}}
	for _, tt := range []struct {
		name    string
		change  func(*prepare.Question)
		missing bool
		want    bool
	}{
		{"numbers alone", func(*prepare.Question) {}, false, true},
		{"the defaults written out", func(q *prepare.Question) {
			q.Settings = prepare.Settings{Mode: "auto", Impute: "auto", Encode: "auto", Scale: "auto", MaxCategories: 255, Unknown: "ignore"}
		}, false, true},
		{"a missing cell", func(*prepare.Question) {}, true, false},
		{"a text", func(q *prepare.Question) { q.Texts = []string{"b"} }, false, false},
		{"scales", func(q *prepare.Question) { q.Needs.Scale = true }, false, false},
		{"a setting", func(q *prepare.Question) { q.Settings.Drop = []string{"a"} }, false, false},
		{"none", func(q *prepare.Question) { q.Settings.Mode, q.Needs.Scale = prepare.None, true }, true, true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			q := q
			tt.change(&q)
			if got, err := q.Skip(tt.missing); err != nil || got != tt.want {
				t.Errorf("%v, %v", got, err)
			}
		})
	}
	q.Settings.Mode, q.Texts = prepare.None, []string{"b"}
	_, err := q.Skip(false)
	says(t, err, "column 1 (b)", "prepare: none")
	rows := rowsOf([]string{"a", "b"}, []any{1, nil}, []any{2, 3})
	if p := agree(t, prepare.Question{Needs: prepare.Needs{Ordinals: true}}, nil, rows); transform(t, p, rows) != rows.X {
		t.Error("rows that stay as they are were copied")
	}
}

// Names of features are distinct, whatever columns and categories are called.
func TestFeatureNamesAreDistinct(t *testing.T) {
	columns := []string{"a", "a=b", "a_missing", "a=b#2"}
	rows := rowsOf(columns, []any{"b", 1, 1, 1}, []any{"B ", 1, 1, 1}, []any{nil, 1, 1, 1}, []any{strings.Repeat("long ", 100), 1, 1, 1}, []any{"c\nd", 1, 1, 1})
	p := agree(t, prepare.Question{Settings: prepare.Settings{Indicator: true}, Needs: prepare.Needs{Complete: true}}, nil, rows)
	seen := map[string]bool{}
	for _, name := range p.Features() {
		if seen[name] || name != strings.ToLower(strings.TrimSpace(name)) || len(name) > 100 || strings.ContainsAny(name, "\n") {
			t.Errorf("%q", name)
		}
		seen[name] = true
	}
	t.Logf("%q", p.Features())
}
