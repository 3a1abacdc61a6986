package prepare_test

import (
	"fmt"
	"math"
	"slices"
	"testing"

	"github.com/gochimera/chimera/prepare"
	"github.com/gochimera/chimera/prepare/table"
)

func median(values []float64) float64 {
	slices.Sort(values)
	return values[len(values)/2]
}

// robustly prepares the rows of workers, of which one tells a lie.
func robustly(t *testing.T, q prepare.Question, lie func(*prepare.Summary), shards ...table.Rows) *prepare.Preparation {
	t.Helper()
	q.Columns, q.Texts = shards[0].Columns, textColumns(shards...)
	var summaries []*prepare.Summary
	for i, rows := range shards {
		s, err := prepare.Summarise(t.Context(), q, rows, make([]float64, rows.Len()))
		if err != nil {
			t.Fatal(err)
		}
		if i == 0 && lie != nil {
			lie(s)
		}
		summaries = append(summaries, s)
	}
	p, err := prepare.AgreeRobustly(q, summaries, 1, median)
	if err != nil {
		t.Fatal(err)
	}
	if err := overWire(t, p).Validate(); err != nil {
		t.Fatal(err)
	}
	return p
}

func workers(n int) (shards []table.Rows) {
	for k := range n {
		v := float64(k)
		shards = append(shards, rowsOf([]string{"x", "word"}, []any{v, "a"}, []any{v + 10, "a"}, []any{v + 20, "b"}, []any{nil, "a"}))
	}
	return shards
}

// A worker that lies moves numbers no further than the honest ones reach, and brings in no category.
func TestOneWorkerLies(t *testing.T) {
	for _, scale := range []string{"standard", "minmax", "robust"} {
		for _, encode := range []string{"one-hot", "frequency", "target"} {
			q := prepare.Question{Settings: prepare.Settings{Impute: "mean", Scale: scale, Encode: encode}}
			if scale == "robust" {
				q.Settings.Impute = "most_frequent"
			}
			shards := workers(5)
			lies := rowsOf([]string{"x", "word"}, []any{1e9, "poison"}, []any{-1e9, "poison"}, []any{3e9, "poison"}, []any{3e9, "poison"})
			p := robustly(t, q, nil, append([]table.Rows{lies}, shards...)...)
			x, word := p.Columns[0], p.Columns[1]
			if !(*x.Fill >= 0 && *x.Fill <= 24 && x.Center >= 0 && x.Center <= 24 && x.Scale > 1 && x.Scale <= 20) {
				t.Errorf("%s: filled with %v, %v and %v", scale, *x.Fill, x.Center, x.Scale)
			}
			if fmt.Sprint(word.Categories) != "[a b]" || *word.FillCategory != "a" {
				t.Errorf("categories %q, filled with %q", word.Categories, *word.FillCategory)
			}
			for g, share := range word.Shares {
				if want := []float64{0.75, 0.25}[g]; math.Abs(share-want) > 1e-12 {
					t.Errorf("shares %v", word.Shares)
				}
			}
		}
	}
}

// One worker cannot have a column dropped, or an indicator made.
func TestOneWorkerSaysThereAreTooMany(t *testing.T) {
	shards := workers(3)
	shards[0] = rowsOf([]string{"x", "word"})
	var cells [][]any
	for i := range 300 {
		cells = append(cells, []any{nil, fmt.Sprint("w", i)})
	}
	shards[0] = rowsOf([]string{"x", "word"}, cells...)
	p := robustly(t, prepare.Question{}, nil, shards...)
	if p.Columns[0].Kind != prepare.Numeric || p.Columns[1].Kind != prepare.Categorical {
		t.Errorf("%+v", p.Columns)
	}
}

// Workers that agree give what they would give together, but for rounding.
func TestRobustlyOfTheSame(t *testing.T) {
	shards := slices.Repeat(workers(1), 3)
	q := prepare.Question{Settings: prepare.Settings{Indicator: true}, Needs: prepare.Needs{Complete: true, Scale: true}}
	robust, plain := robustly(t, q, nil, shards...), agree(t, q, nil, shards...)
	for j, c := range robust.Columns {
		want := plain.Columns[j]
		near := math.Abs(c.Center-want.Center) <= 1e-12 && math.Abs(c.Scale-want.Scale) <= 1e-12
		if !near || c.Indicator != want.Indicator || !slices.Equal(c.Categories, want.Categories) {
			t.Errorf("%+v, want %+v", c, want)
		}
	}
	if _, err := prepare.AgreeRobustly(q, nil, 1, median); err == nil {
		t.Error("nobody's rows are prepared")
	}
}
