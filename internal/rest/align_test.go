package rest_test

import (
	"testing"

	"gonum.org/v1/gonum/mat"

	"github.com/gochimera/chimera/internal/rest"
	"github.com/gochimera/chimera/prepare/table"
)

// Rows whose columns are in the model's order already are not copied, so that a
// worker that is sent the model's order by its master aligns nothing again.
func TestAlignLeavesTheRightOrderAlone(t *testing.T) {
	features := []string{"a", "b"}
	x := mat.NewDense(2, 2, []float64{1, 2, 3, 4})
	same, err := rest.Align(features, []string{"a", "b"}, x)
	if err != nil || same != x {
		t.Errorf("got %v, %v, want the matrix itself", same, err)
	}
	other, err := rest.Align(features, []string{"b", "a"}, x)
	if err != nil || !mat.Equal(other, mat.NewDense(2, 2, []float64{2, 1, 4, 3})) {
		t.Errorf("got %v, %v", other, err)
	}
	again, err := rest.Align(features, features, other)
	if err != nil || again != other {
		t.Errorf("aligned twice: %v, %v", again, err)
	}
}

func TestIgnoredColumnsAreNamed(t *testing.T) {
	for want, extra := range map[string][]string{
		"The model has no column id: what the rows hold there was ignored.":          {"id"},
		"The model has no columns id, income: what the rows hold there was ignored.": {"id", "income"},
	} {
		if got := rest.Ignored(extra); len(got) != 1 || got[0] != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
	if got := rest.Ignored(nil); got != nil {
		t.Errorf("%q, where all columns are the model's", got)
	}
}

// Rows without columns are no matrix: whoever asks for none is refused.
func TestNoColumnsAreAskedFor(t *testing.T) {
	rows := table.Rows{Columns: []string{"a"}, X: mat.NewDense(2, 1, []float64{1, 2})}
	if x, err := rest.Align(nil, rows.Columns, rows.X); err == nil {
		t.Errorf("Align gives %v", x)
	}
	if got, err := rest.Arrange([]string{}, rows); err == nil {
		t.Errorf("Arrange gives %v", got)
	}
}
