package prepare_test

import (
	"math"
	"testing"

	"github.com/gochimera/chimera/learner"
	"github.com/gochimera/chimera/prepare"
	"github.com/gochimera/chimera/prepare/table"
)

// asked is a question that asks for everything, and rows with their targets.
func asked() (prepare.Question, table.Rows, []float64) {
	columns := []string{"sums", "range", "values", "words", "coded"}
	q := prepare.Question{
		Columns: columns, Texts: []string{"words", "coded"}, Classes: []learner.Label{"no", "yes"}, Needs: prepare.Needs{Complete: true, Scale: true}, Seed: 3,
		Settings: prepare.Settings{Columns: map[string]prepare.Column{
			"range": {Scale: "minmax", Impute: "constant"}, "values": {Scale: "robust", Impute: "median"}, "coded": {Encode: "target"},
		}},
	}
	rows := rowsOf(columns, []any{1, 1, 1, "a", "x"}, []any{0.1, 2, 2, "b", "y"}, []any{nil, nil, nil, nil, nil}, []any{4, 4, 2, "a", "x"})
	return q, rows, []float64{0, 1, 1, 0}
}

// A summary that no rows have is refused with its column.
func TestCheck(t *testing.T) {
	for _, tt := range []struct {
		name string
		lie  func(*prepare.Summary)
		says string
	}{
		{"fewer rows", func(s *prepare.Summary) { s.Rows = 3 }, "3 rows"},
		{"fewer columns", func(s *prepare.Summary) { s.Columns = s.Columns[1:] }, "4 columns"},
		{"another column", func(s *prepare.Summary) { s.Columns[0].Name = "sum" }, `"sum"`},
		{"more missing cells than rows", func(s *prepare.Summary) { s.Columns[0].Missing = 5 }, "5 missing"},
		{"fewer missing cells than none", func(s *prepare.Summary) { s.Columns[0].Missing = -1 }, "-1 missing"},
		{"a sum that is no number", func(s *prepare.Summary) { s.Columns[0].Sum = []float64{math.NaN()} }, "NaN"},
		{"an infinite sum of squares", func(s *prepare.Summary) { s.Columns[0].Squares = []float64{math.Inf(1)} }, "+Inf"},
		{"squares that are too small", func(s *prepare.Summary) { s.Columns[0].Squares = []float64{1} }, "sum of squares"},
		{"squares that are negative", func(s *prepare.Summary) { s.Columns[0].Squares = []float64{-1} }, "sum of squares"},
		{"a sum that is too large", func(s *prepare.Summary) { s.Columns[0].Sum = []float64{1e200} }, "1e+200"},
		{"terms that overlap", func(s *prepare.Summary) { s.Columns[0].Sum = []float64{3, 2} }, "overlap"},
		{"sums where all is missing", func(s *prepare.Summary) { s.Columns[0].Missing = 4 }, "0 numbers"},
		{"sums that nobody asked for", func(s *prepare.Summary) { s.Columns[1].Sum = []float64{1} }, "asked for"},
		{"no extremes", func(s *prepare.Summary) { s.Columns[1].Extremes = nil }, "smallest"},
		{"extremes that are turned round", func(s *prepare.Summary) { s.Columns[1].Extremes.Min = 7 }, "between 7"},
		{"an infinite extreme", func(s *prepare.Summary) { s.Columns[1].Extremes.Max = math.Inf(1) }, "+Inf"},
		{"no values", func(s *prepare.Summary) { s.Columns[2].Values = nil }, "counted numbers"},
		{"values that are not in order", func(s *prepare.Summary) { s.Columns[2].Values.Numbers[0] = 9 }, "in order"},
		{"values without counts", func(s *prepare.Summary) { s.Columns[2].Values.Counts = nil }, "counts"},
		{"a negative count of values", func(s *prepare.Summary) { s.Columns[2].Values.Counts = []int{-1, 4} }, "positive"},
		{"counts of values that overflow", func(s *prepare.Summary) { s.Columns[2].Values.Counts = []int{math.MaxInt, math.MaxInt} }, "add up"},
		{"values of two bits", func(s *prepare.Summary) { s.Columns[2].Values.Bits = 2 }, "2 bits"},
		{"a value of more bits", func(s *prepare.Summary) { s.Columns[2].Values.Bits, s.Columns[2].Values.Numbers[1] = 16, 1.01 }, "16 bits"},
		{"no categories", func(s *prepare.Summary) { s.Columns[3].Categories = nil }, "categories"},
		{"a category twice", func(s *prepare.Summary) { s.Columns[3].Categories.Labels[1] = "a" }, "twice"},
		{"a category in another form", func(s *prepare.Summary) { s.Columns[3].Categories.Labels[1] = "b " }, "form"},
		{"categories that do not add up", func(s *prepare.Summary) { s.Columns[3].Categories.Counts[0] = 1 }, "add up"},
		{"too many categories in few rows", func(s *prepare.Summary) { s.Columns[3].Categories = &prepare.Categories{Over: true} }, "more than 255"},
		{"targets that nobody asked for", func(s *prepare.Summary) { s.Columns[3].Categories.Missing = s.Targets }, "asked for"},
		{"no targets", func(s *prepare.Summary) { s.Targets = nil }, "0 folds"},
		{"no targets of a category", func(s *prepare.Summary) { s.Columns[4].Categories.Targets[0] = nil }, "0 folds"},
		{"classes that do not add up", func(s *prepare.Summary) { s.Targets[0] = prepare.TargetCell{Rows: 9, Classes: []int{1, 1}} }, "add up"},
		{"a third class", func(s *prepare.Summary) { s.Targets[0] = prepare.TargetCell{Rows: 3, Classes: []int{1, 1, 1}} }, "3 classes"},
		{"sums of classes", func(s *prepare.Summary) { s.Targets[0] = prepare.TargetCell{Sum: []float64{1}} }, "sums of classes"},
		{"targets of more rows", func(s *prepare.Summary) { s.Targets[0] = prepare.TargetCell{Rows: 9, Classes: []int{9, 0}} }, "want 4"},
		{"other targets than all rows have", func(s *prepare.Summary) {
			for _, cells := range s.Columns[4].Categories.Targets {
				for k := range cells {
					if c := cells[k].Classes; len(c) == 2 {
						c[0], c[1] = c[1], c[0]
					}
				}
			}
		}, "add up to those of all rows"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			q, rows, y := asked()
			s, err := prepare.Summarise(t.Context(), q, rows, y)
			if err != nil {
				t.Fatal(err)
			}
			if err := s.Check(q, 4); err != nil {
				t.Fatalf("the truth is refused: %v", err)
			}
			tt.lie(s)
			says(t, s.Check(q, 4), tt.says)
			if _, err := prepare.Agree(q, []*prepare.Summary{s}); err == nil && tt.name != "fewer rows" {
				t.Error("it is agreed on")
			}
		})
	}
}

// A preparation that cannot be applied is refused by who receives it.
func TestValidate(t *testing.T) {
	infinite := math.Inf(1)
	for _, tt := range []struct {
		name string
		lie  func(*prepare.Preparation)
		says string
	}{
		{"a later version", func(p *prepare.Preparation) { p.Version = 99 }, "update"},
		{"no version", func(p *prepare.Preparation) { p.Version = 0 }, "version 0"},
		{"no columns", func(p *prepare.Preparation) { p.Columns = nil }, "no features"},
		{"a column twice", func(p *prepare.Preparation) { p.Columns[1].Name = "sums" }, "two columns"},
		{"no kind", func(p *prepare.Preparation) { p.Columns[0].Kind = "" }, "kind"},
		{"an infinite fill", func(p *prepare.Preparation) { p.Columns[0].Fill = &infinite }, "no number"},
		{"a negative scale", func(p *prepare.Preparation) { p.Columns[0].Scale = -1 }, "not positive"},
		{"a centre that is no number", func(p *prepare.Preparation) { p.Columns[0].Center = math.NaN() }, "no number"},
		{"a category twice", func(p *prepare.Preparation) { p.Columns[3].Infrequent = []learner.Label{"a"} }, "twice"},
		{"no encoding", func(p *prepare.Preparation) { p.Columns[3].Encode = "" }, "encoding"},
		{"another word for unknown", func(p *prepare.Preparation) { p.Columns[3].Unknown = "maybe" }, "maybe"},
		{"no shares", func(p *prepare.Preparation) { p.Columns[3].Encode = prepare.Frequency }, "shares"},
		{"no targets", func(p *prepare.Preparation) { p.Columns[4].Targets = nil }, "missing"},
		{"fewer groups", func(p *prepare.Preparation) { p.Columns[4].Targets.Groups = nil }, "groups"},
		{"fewer folds", func(p *prepare.Preparation) { p.Columns[4].Targets.Folds = p.Columns[4].Targets.Folds[1:] }, "folds"},
		{"more outputs", func(p *prepare.Preparation) { p.Columns[4].Targets.Unknown = []float64{1, 2} }, "outputs"},
		{"an infinite mean", func(p *prepare.Preparation) { p.Columns[4].Targets.Groups[0][0] = math.Inf(-1) }, "-Inf"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			q, rows, y := asked()
			p := agree(t, q, [][]float64{y}, rows)
			tt.lie(p)
			says(t, p.Validate(), tt.says)
		})
	}
}

// What only training needs can be left out.
func TestForServing(t *testing.T) {
	q, rows, y := asked()
	p := agree(t, q, [][]float64{y}, rows)
	short := overWire(t, p.ForServing())
	if !equal(transform(t, short, rows), transform(t, p, rows)) || short.Columns[4].Targets.Folds != nil || p.Columns[4].Targets.Folds == nil {
		t.Errorf("%+v", short.Columns[4].Targets)
	}
	training, err := short.TransformTraining(t.Context(), q, rows)
	if err != nil || !equal(training, transform(t, p, rows)) {
		t.Error("without folds, training rows are not encoded as others")
	}
}
