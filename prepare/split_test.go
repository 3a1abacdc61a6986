package prepare_test

import (
	"encoding/json"
	"math"
	"testing"

	"gonum.org/v1/gonum/mat"
	"pgregory.net/rapid"

	"github.com/gochimera/chimera/learner"
	"github.com/gochimera/chimera/prepare"
	"github.com/gochimera/chimera/prepare/table"
)

// drawCell draws cells of a column of one of several characters.
func drawCell(t *rapid.T, character int) any {
	if rapid.IntRange(0, 5).Draw(t, "missing") == 0 {
		return nil
	}
	switch character {
	case 0:
		return rapid.Float64Range(-1e6, 1e6).Draw(t, "number")
	case 1:
		return float64(rapid.IntRange(-3, 3).Draw(t, "whole"))
	case 2:
		return rapid.SampledFrom([]any{1e100, 1e-100, -1e100, 0.1, 1e-200, 0.0, 3.0}).Draw(t, "far")
	case 3:
		return rapid.SampledFrom([]any{"a", "b", " a", "B", "c c", "\xff", 1.0, 2.0, "1e400"}).Draw(t, "text")
	case 4:
		return rapid.StringMatching(`[a-e]{1,2}`).Draw(t, "word")
	default:
		return nil
	}
}

func drawSettings(t *rapid.T, columns []string) prepare.Settings {
	s := prepare.Settings{
		Impute:       rapid.SampledFrom([]string{"", "auto", "median", "mean", "most_frequent", "constant", "none"}).Draw(t, "impute"),
		Indicator:    rapid.Bool().Draw(t, "indicator"),
		Encode:       rapid.SampledFrom([]string{"", "one-hot", "ordinal", "frequency", "target"}).Draw(t, "encode"),
		Scale:        rapid.SampledFrom([]string{"", "standard", "minmax", "robust", "none"}).Draw(t, "scale"),
		MinFrequency: rapid.SampledFrom([]float64{0, 2, 0.2}).Draw(t, "min_frequency"),
	}
	if rapid.IntRange(0, 3).Draw(t, "few") == 0 {
		s.MaxCategories = rapid.IntRange(2, 6).Draw(t, "max_categories")
	}
	if rapid.Bool().Draw(t, "stated") {
		s.Columns = map[string]prepare.Column{columns[0]: {Kind: prepare.Categorical, Encode: rapid.SampledFrom([]string{"", "target"}).Draw(t, "encode of one")}}
	}
	return s
}

// take are the rows whose place in a list of owners is one owner's.
func take(all [][]any, y []float64, owners []int, owner int) (rows [][]any, targets []float64) {
	for i, o := range owners {
		if o == owner {
			rows, targets = append(rows, all[i]), append(targets, y[i])
		}
	}
	return rows, targets
}

// Rows that are split in any way, some workers with none of a category, of a class, or of a column's values, or with
// no rows at all, have one preparation, to the bit; and what becomes of a row does not depend on its neighbours.
func TestAnySplit(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		columns := []string{"a", "b", "c", "d"}[:rapid.IntRange(1, 4).Draw(r, "columns")]
		characters := make([]int, len(columns))
		for j := range characters {
			characters[j] = rapid.IntRange(0, 5).Draw(r, "character")
		}
		n := rapid.IntRange(1, 40).Draw(r, "rows")
		shards := rapid.SampledFrom([]int{1, 2, 3, 7, 32}).Draw(r, "shards")
		all, y, owners := make([][]any, n), make([]float64, n), make([]int, n)
		classes := rapid.SampledFrom([][]learner.Label{nil, {"no", "yes"}, {"x", "y", "z"}}).Draw(r, "classes")
		for i := range all {
			for _, character := range characters {
				all[i] = append(all[i], drawCell(r, character))
			}
			y[i] = float64(rapid.IntRange(0, max(len(classes), 1)-1).Draw(r, "class"))
			if classes == nil {
				y[i] = rapid.Float64Range(-1e3, 1e3).Draw(r, "target")
			}
		}
		settings := drawSettings(r, columns)
		for i := 1; i < n; i++ {
			if settings.Encode != prepare.Target && settings.Columns[columns[0]].Encode != prepare.Target {
				owners[i] = rapid.IntRange(0, shards-1).Draw(r, "owner")
				continue
			}
			// The folds follow from the global ids of the rows, which are those of the whole table if owners ascend.
			owners[i] = min(owners[i-1]+rapid.IntRange(0, shards/2).Draw(r, "next"), shards-1)
		}
		whole := rowsOf(columns, all...)
		q := prepare.Question{
			Columns: columns, Texts: textColumns(whole), Classes: classes, Settings: settings, Seed: rapid.Uint64().Draw(r, "seed"),
			Needs: prepare.Needs{Complete: rapid.Bool().Draw(r, "complete"), Ordinals: rapid.Bool().Draw(r, "ordinals"), Scale: rapid.Bool().Draw(r, "scale")},
		}
		want, wantErr := tryAgree(t, q, [][]float64{y}, whole)
		var parts []table.Rows
		var targets [][]float64
		for k := range shards {
			rows, of := take(all, y, owners, k)
			parts, targets = append(parts, rowsOf(columns, rows...)), append(targets, of)
		}
		got, err := tryAgree(t, q, targets, parts...)
		if (err == nil) != (wantErr == nil) || err != nil && err.Error() != wantErr.Error() {
			r.Fatalf("split: %v\nwhole: %v", err, wantErr)
		}
		if err != nil {
			return
		}
		a, _ := json.Marshal(want)
		b, _ := json.Marshal(got)
		if string(a) != string(b) {
			r.Fatalf("the whole table gives\n%s\nsplit it gives\n%s", a, b)
		}
		sameRows(t, r, q, got, whole, all)
	})
}

// sameRows transforms rows together and one by one.
func sameRows(t *testing.T, r *rapid.T, q prepare.Question, p *prepare.Preparation, whole table.Rows, all [][]any) {
	t.Helper()
	together := transform(t, p, whole)
	training, err := p.TransformTraining(t.Context(), q, whole)
	if err != nil {
		r.Fatal(err)
	}
	_, width := together.Dims()
	if n := len(p.Features()); n != width {
		r.Fatalf("%d features are named, %d come out", n, width)
	}
	for i := range all {
		one := rowsOf(whole.Columns, all[i])
		if alone := transform(t, p, one); !equal(alone, together.Slice(i, i+1, 0, width).(*mat.Dense)) {
			r.Fatalf("row %d alone is %v, among others %v", i, mat.Formatted(alone), mat.Formatted(together.Slice(i, i+1, 0, width)))
		}
		at := q
		at.FirstRow = q.FirstRow + uint64(i)
		alone, err := p.TransformTraining(t.Context(), at, one)
		if err != nil || !equal(alone, training.Slice(i, i+1, 0, width).(*mat.Dense)) {
			r.Fatalf("training row %d alone is another one, %v", i, err)
		}
	}
	if q.Needs.Complete && q.Settings.Impute == "" {
		for v := range cells(together) {
			if math.IsNaN(v) {
				r.Fatal("a missing value is left")
			}
		}
	}
}
