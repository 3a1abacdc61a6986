package labs

import (
	"context"
	"encoding/csv"
	"encoding/json"
	"errors"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// small are parameters with which a lab takes a moment.
var small = map[string]map[string]string{
	"bagging":            {"repetitions": "2", "replicates": "8"},
	"sgd-is-one-process": {"steps": "20", "rows": "200"},
	"liars":              {"workers": "7", "liars": "2", "steps": "10", "rows": "30"},
	"local-sgd":          {"workers": "4", "rounds": "10", "rows": "200", "local_epochs": "1,10"},
	"stragglers":         {"delay_ms": "200", "steps": "5", "timeouts_ms": "60", "rows": "100"},
	"bubble":             {"stages": "2,3", "micro_batches": "1,2,4", "batch_size": "8", "row_ms": "0.2", "steps": "2"},
	"scaling":            {"workers": "1,2,3", "rows": "200", "hidden": "4", "steps": "4", "wait_ms": "6"},
	"network":            {"delays_ms": "0,2", "hidden": "2,8", "steps": "3", "rows": "40"},
	"dying-worker":       {"workers": "3", "rows": "100", "steps": "40", "pace_ms": "5", "dies_at": "5", "away_ms": "20"},
}

// ran is the result of a lab with small parameters, each run once for all tests.
func ran(t *testing.T, name string) *Result {
	t.Helper()
	l, err := Find(name)
	if err != nil {
		t.Fatal(err)
	}
	r, err := l.Run(t.Context(), &Bench{Seed: 1}, small[name])
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// Every lab says all that its chapter needs, runs, finds something, and what it must find holds.
func TestEveryLab(t *testing.T) {
	for _, l := range All() {
		t.Run(l.Name, func(t *testing.T) {
			for what, text := range map[string]string{
				"title": l.Title, "question": l.Asks, "expectation": l.Expect, "picture": l.Picture, "chapter": l.Chapter, "about": l.About,
			} {
				if text == "" {
					t.Errorf("it has no %s", what)
				}
			}
			if len(l.Questions) < 2 || len(l.Vary) == 0 || len(l.Sources) == 0 || len(l.Params) == 0 {
				t.Errorf("%d questions, %d variations, %d sources, %d parameters", len(l.Questions), len(l.Vary), len(l.Sources), len(l.Params))
			}
			checkVariations(t, l)
			if small[l.Name] == nil {
				t.Fatal("there are no small parameters for it")
			}
			r := ran(t, l.Name)
			if len(r.Tables) == 0 || len(r.Plots) == 0 || len(r.Findings) == 0 || len(r.Checks) == 0 {
				t.Errorf("%d tables, %d plots, %d findings, %d checks", len(r.Tables), len(r.Plots), len(r.Findings), len(r.Checks))
			}
			for _, c := range r.Broken() {
				t.Errorf("%s: %s", c.Expected, c.Found)
			}
			checkFiles(t, r)
		})
	}
}

// checkVariations checks that what a lab proposes is what its parameters take.
func checkVariations(t *testing.T, l Lab) {
	t.Helper()
	stopped, stop := context.WithCancel(t.Context())
	stop()
	for _, v := range l.Vary {
		option, what, found := strings.Cut(v, ": ")
		if !found || what == "" {
			t.Errorf("it does not say what %q shows", v)
		}
		given := map[string]string{}
		for _, set := range strings.Split(option, "--set ")[1:] {
			name, value, _ := strings.Cut(strings.TrimSpace(set), "=")
			given[name] = value
		}
		if _, err := l.run(stopped, &Bench{}, given); len(given) == 0 || errors.As(err, new(*ParamError)) {
			t.Errorf("%q: %v", v, err)
		}
	}
}

// checkFiles checks that the files have what the tables have, to the bit, and that the pictures are pictures.
func checkFiles(t *testing.T, r *Result) {
	t.Helper()
	dir := t.TempDir()
	names, err := r.Write(dir)
	if err != nil || len(names) != len(r.Tables)+len(r.Plots) {
		t.Fatalf("%q, %v", names, err)
	}
	for _, table := range r.Tables {
		f, err := os.Open(filepath.Join(dir, table.Name+".csv"))
		if err != nil {
			t.Fatal(err)
		}
		lines, err := csv.NewReader(f).ReadAll()
		if err != nil || len(lines) != len(table.Rows)+1 || f.Close() != nil {
			t.Fatalf("%s: %d lines of %d rows, %v", table.Name, len(lines), len(table.Rows), err)
		}
		for i, row := range table.Rows {
			if len(row) != len(table.Columns) {
				t.Fatalf("%s: row %d has %d cells in %d columns", table.Name, i, len(row), len(table.Columns))
			}
			for j, cell := range row {
				if !same(lines[i+1][j], cell) {
					t.Errorf("%s: row %d, %s: %q in the file, %v in the table", table.Name, i, table.Columns[j].Name, lines[i+1][j], cell)
				}
			}
		}
	}
	for _, p := range r.Plots {
		text, err := os.ReadFile(filepath.Join(dir, p.Name+".svg"))
		if err != nil || !strings.Contains(string(text), "<svg") || !strings.Contains(string(text), "<path") || len(text) > mostPicture {
			t.Errorf("%s: %d bytes, %v", p.Name, len(text), err)
		}
	}
	var printed strings.Builder
	if err := r.Print(&printed); err != nil || !strings.Contains(printed.String(), r.Tables[0].Title) {
		t.Errorf("it prints %s, %v", &printed, err)
	}
}

// same reports whether the text of a file is a cell of a table.
func same(text string, cell any) bool {
	switch v := cell.(type) {
	case nil:
		return text == ""
	case string:
		return text == v
	case int:
		return text == strconv.Itoa(v)
	case float64:
		read, err := strconv.ParseFloat(text, 64)
		return err == nil && read == v
	default:
		return false // a table has no other cells
	}
}

func TestUnknownLab(t *testing.T) {
	_, err := Find("baging")
	if want := `there is no lab "baging"; did you mean "bagging"?`; err == nil || err.Error() != want || !errors.As(err, new(*UnknownError)) {
		t.Errorf("%v, want %s", err, want)
	}
}

func TestParameters(t *testing.T) {
	type params struct {
		Count  int       `json:"count" default:"3" validate:"gte=1,lte=10" doc:"a number"`
		Share  float64   `json:"share" default:"0.5" validate:"gt=0,lt=1" doc:"a share"`
		Word   string    `json:"word" default:"mean" validate:"oneof=mean median" doc:"a word"`
		Counts []int     `json:"counts" default:"[1,2]" validate:"min=1,dive,gte=0" doc:"numbers"`
		Shares []float64 `json:"shares" default:"[0.5]" doc:"shares"`
	}
	for _, c := range []struct {
		given string // as JSON
		want  params
		error string
	}{
		{`{}`, params{3, 0.5, "mean", []int{1, 2}, []float64{0.5}}, ""},
		{`{"count":"10","share":"1e-3","word":"median","counts":"0, 4","shares":"1,2.5"}`, params{10, 1e-3, "median", []int{0, 4}, []float64{1, 2.5}}, ""},
		{`{"count":"0"}`, params{}, `the parameter "count" of lab x: want >= 1 and <= 10, got 0`},
		{`{"count":"2.5"}`, params{}, `the parameter "count" of lab x: want an integer, got "2.5"`},
		{`{"count":""}`, params{}, `the parameter "count" of lab x: want an integer, got ""`},
		{`{"share":"1"}`, params{}, `the parameter "share" of lab x: want > 0 and < 1, got 1`},
		{`{"word":"mode"}`, params{}, `the parameter "word" of lab x: want one of mean, median, got mode`},
		{`{"counts":"1,-1"}`, params{}, `the parameter "counts" of lab x: want at least 1 items and each >= 0, got -1`},
		{`{"counts":"a"}`, params{}, `the parameter "counts" of lab x: want an array of integer, got "a"`},
		{`{"cuont":"1"}`, params{}, `the parameter "cuont" of lab x: there is no such parameter; did you mean "count" or "counts"?`},
	} {
		var given map[string]string
		if err := json.Unmarshal([]byte(c.given), &given); err != nil {
			t.Fatal(err)
		}
		got, err := read[params]("x", given)
		switch {
		case c.error == "" && (err != nil || got.Count != c.want.Count || got.Share != c.want.Share || got.Word != c.want.Word ||
			!slices.Equal(got.Counts, c.want.Counts) || !slices.Equal(got.Shares, c.want.Shares)):
			t.Errorf("%s: %+v, %v", c.given, got, err)
		case c.error != "" && (err == nil || err.Error() != c.error):
			t.Errorf("%s: %v, want %s", c.given, err, c.error)
		}
	}
}

// A lab that is cancelled in its middle ends with the reason, and leaves no rows behind.
func TestCancelled(t *testing.T) {
	t.Setenv("TMPDIR", t.TempDir())
	t.Setenv("TMP", os.Getenv("TMPDIR"))
	for _, l := range All() {
		ctx, cancel := context.WithCancel(t.Context())
		calls := 0
		b := &Bench{Progress: func(int, int, string) {
			if calls++; calls == 2 {
				cancel()
			}
		}}
		_, err := l.Run(ctx, b, maps.Clone(small[l.Name]))
		if !errors.Is(err, context.Canceled) {
			t.Errorf("%s: %v", l.Name, err)
		}
		left, err := filepath.Glob(filepath.Join(os.TempDir(), "chimera-lab-*"))
		if err != nil || len(left) > 0 {
			t.Errorf("%s left %v, %v", l.Name, left, err)
		}
		cancel()
	}
}

// One seed gives the same tables, and another one others.
func TestSameSeedSameTables(t *testing.T) {
	l, err := Find("bagging")
	if err != nil {
		t.Fatal(err)
	}
	text := func(seed uint64) string {
		r, err := l.Run(t.Context(), &Bench{Seed: seed}, map[string]string{"repetitions": "1", "replicates": "3"})
		if err != nil {
			t.Fatal(err)
		}
		var b strings.Builder
		for _, table := range r.Tables {
			if err := table.CSV(&b); err != nil {
				t.Fatal(err)
			}
		}
		return b.String()
	}
	if one, again, other := text(1), text(1), text(2); one != again || one == other {
		t.Errorf("seed 1:\n%s\nagain:\n%s\nseed 2:\n%s", one, again, other)
	}
}
