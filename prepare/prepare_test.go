package prepare_test

import (
	"context"
	"encoding/json"
	"errors"
	"math"
	"slices"
	"strings"
	"sync"
	"testing"

	"gonum.org/v1/gonum/mat"

	"github.com/gochimera/chimera/prepare"
	"github.com/gochimera/chimera/prepare/table"
)

// rowsOf makes rows of cells that are float64s, strings or nil.
func rowsOf(columns []string, cells ...[]any) table.Rows {
	r := table.Rows{Columns: columns}
	if len(cells) == 0 {
		return r
	}
	r.X = mat.NewDense(len(cells), len(columns), nil)
	texts := make([]*table.Texts, len(columns))
	for i, row := range cells {
		for j, cell := range row {
			switch v := cell.(type) {
			case float64:
				r.X.Set(i, j, v)
				continue
			case int:
				r.X.Set(i, j, float64(v))
				continue
			case string:
				if texts[j] == nil {
					texts[j] = &table.Texts{Codes: slices.Repeat([]int32{-1}, len(cells))}
					r.Texts = texts
				}
				k := slices.Index(texts[j].Values, v)
				if k < 0 {
					k = len(texts[j].Values)
					texts[j].Values = append(texts[j].Values, v)
				}
				texts[j].Codes[i] = int32(k)
			}
			r.X.Set(i, j, math.NaN())
		}
	}
	return r
}

// textColumns are the columns of rows that have a text.
func textColumns(all ...table.Rows) []string {
	var names []string
	for j, name := range all[0].Columns {
		for _, r := range all {
			if r.Len() > 0 && !r.IsNumeric(j) {
				names = append(names, name)
				break
			}
		}
	}
	return names
}

// agree prepares rows that lie with one worker each, through the wire.
func agree(tb testing.TB, q prepare.Question, y [][]float64, shards ...table.Rows) *prepare.Preparation {
	tb.Helper()
	p, err := tryAgree(tb, q, y, shards...)
	if err != nil {
		tb.Fatal(err)
	}
	return p
}

func tryAgree(tb testing.TB, q prepare.Question, y [][]float64, shards ...table.Rows) (*prepare.Preparation, error) {
	tb.Helper()
	if q.Columns == nil {
		q.Columns = shards[0].Columns
	}
	if q.Texts == nil {
		q.Texts = textColumns(shards...)
	}
	var summaries []*prepare.Summary
	for i, rows := range shards {
		var targets []float64
		if y != nil {
			targets = y[i]
		}
		s, err := prepare.Summarise(tb.Context(), q, rows, targets)
		if err != nil {
			return nil, err
		}
		s = overWire(tb, s)
		if err := s.Check(q, rows.Len()); err != nil {
			tb.Fatalf("the summary of worker %d is refused: %v", i, err)
		}
		summaries = append(summaries, s)
		q.FirstRow += uint64(rows.Len())
	}
	p, err := prepare.Agree(q, summaries)
	if err != nil {
		return nil, err
	}
	p = overWire(tb, p)
	if err := p.Validate(); err != nil {
		tb.Fatalf("the preparation is refused: %v", err)
	}
	return p, nil
}

func overWire[T any](tb testing.TB, v *T) *T {
	tb.Helper()
	text, err := json.Marshal(v)
	if err != nil {
		tb.Fatal(err)
	}
	back := new(T)
	if err := json.Unmarshal(text, back); err != nil {
		tb.Fatal(err)
	}
	again, err := json.Marshal(back)
	if err != nil || string(again) != string(text) {
		tb.Fatalf("%s came back as %s, %v", text, again, err)
	}
	return back
}

func transform(tb testing.TB, p *prepare.Preparation, rows table.Rows) *mat.Dense {
	tb.Helper()
	x, err := p.Transform(tb.Context(), rows)
	if err != nil {
		tb.Fatal(err)
	}
	return x
}

// equal compares matrices, NaN with NaN.
func equal(a, b *mat.Dense) bool {
	n, d := a.Dims()
	m, e := b.Dims()
	return n == m && d == e && slices.EqualFunc(slices.Collect(cells(a)), slices.Collect(cells(b)), func(x, y float64) bool { return x == y || x != x && y != y })
}

func cells(m *mat.Dense) func(func(float64) bool) {
	return func(yield func(float64) bool) {
		n, d := m.Dims()
		for i := range n {
			for j := range d {
				if !yield(m.At(i, j)) {
					return
				}
			}
		}
	}
}

var nan = math.NaN()

// people are two workers' rows of one table.
func people() (first, second table.Rows) {
	columns := []string{"age", "work", "empty"}
	return rowsOf(columns, []any{20, "state", nil}, []any{nil, "private", nil}, []any{40, nil, nil}),
		rowsOf(columns, []any{60, "private", nil}, []any{40, "farm", nil})
}

// Many goroutines may ask one preparation at the same time, the first time too; a context that ends stops it.
func TestTransformAtTheSameTime(t *testing.T) {
	first, second := people()
	p := agree(t, prepare.Question{Needs: prepare.Needs{Complete: true, Scale: true}}, nil, first, second)
	var wg sync.WaitGroup
	results := make([]*mat.Dense, 8)
	for k := range results {
		wg.Go(func() { results[k], _ = p.Transform(t.Context(), first) })
	}
	wg.Wait()
	for _, x := range results {
		if x == nil || !equal(x, results[0]) {
			t.Errorf("%v, want %v", x, results[0])
		}
	}
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := p.Transform(ended, first); !errors.Is(err, context.Canceled) {
		t.Errorf("after the end: %v", err)
	}
	if _, err := prepare.Summarise(ended, prepare.Question{Columns: first.Columns, Texts: []string{"work"}}, first, nil); !errors.Is(err, context.Canceled) {
		t.Errorf("after the end: %v", err)
	}
}

func TestAuto(t *testing.T) {
	first, second := people()
	for _, tt := range []struct {
		name     string
		needs    prepare.Needs
		features []string
		want     []float64 // of the first worker's rows
	}{
		{"a linear model", prepare.Needs{Complete: true, Scale: true}, []string{"age", "work=farm", "work=private", "work=state"}, []float64{
			-20 / math.Sqrt(160), 0, 0, 1,
			0, 0, 1, 0,
			0, 0, 1, 0,
		}},
		{"a tree", prepare.Needs{Ordinals: true}, []string{"age", "work"}, []float64{20, 2, nan, 1, 40, nan}},
		{"a tree that wants no missing values", prepare.Needs{Ordinals: true, Complete: true}, []string{"age", "work"}, []float64{20, 2, 40, 1, 40, 1}},
		{"counts", prepare.Needs{Complete: true}, []string{"age", "work=farm", "work=private", "work=state"}, []float64{
			20, 0, 0, 1,
			40, 0, 1, 0,
			40, 0, 1, 0,
		}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			p := agree(t, prepare.Question{Needs: tt.needs}, nil, first, second)
			if got := p.Features(); !slices.Equal(got, tt.features) {
				t.Errorf("features %q, want %q", got, tt.features)
			}
			if got, want := transform(t, p, first), mat.NewDense(3, len(tt.features), tt.want); !equal(got, want) {
				t.Errorf("got\n%v\nwant\n%v", mat.Formatted(got), mat.Formatted(want))
			}
			if names := p.Names(); !slices.Equal(names, []string{"age", "work"}) {
				t.Errorf("rows need %q", names)
			}
			if notes := p.Notes(); len(notes) != 1 || !strings.Contains(notes[0], "empty") {
				t.Errorf("notes %q", notes)
			}
		})
	}
}
