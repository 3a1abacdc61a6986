package trial_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/gochimera/chimera/cmd/chimera/internal/trial"
	"github.com/gochimera/chimera/internal/dataio"
)

// Workers have the same rows if they have each as often, in whatever order; what is not the same is told apart, and rows that are in
// several tables are counted.
func TestShared(t *testing.T) {
	read := func(group string, pairs ...[2]string) []*trial.Table {
		t.Helper()
		var names, dirs []string
		for i, p := range pairs {
			names, dirs = append(names, string(rune('a'+i))), append(dirs, folder(t, p[0], p[1]))
		}
		tables, err := trial.Read(t.Context(), names, dirs, dataio.Options{}, group)
		if err != nil {
			t.Fatal(err)
		}
		return tables
	}
	tables := read("",
		[2]string{"u,v\n1,x\n2,y\n1,x\n", "t\n5\n6\n5\n"},
		[2]string{"v,u\ny,2\nx,1\nx,1\n", "t\n6\n5\n5\n"}, // the same, in other orders
		[2]string{"u,v\n1,x\n2,y\n2,y\n", "t\n5\n6\n6\n"}, // other counts
		[2]string{"u,v\n1,x\n2,y\n1,x\n", "t\n5\n6\n6\n"}, // another target
		[2]string{"u,v\n1,x\n2,y\n2,y\n", "t\n5\n6\n6\n"},
		[2]string{"u,v\n8,x\n9,y\n", "t\n5\n6\n"},
	)
	same, first := trial.Shared(tables)
	if want := []int{0, 0, 2, 3, 2, 5}; !slices.Equal(first, want) {
		t.Fatalf("first %v, want %v", first, want)
	}
	for w, table := range same {
		of := same[first[w]]
		x, y := written(t, []*trial.Table{table}, [][]int{{0, 1}})
		x0, y0 := written(t, []*trial.Table{of}, [][]int{{0, 1}})
		if x != x0 || y != y0 || table.Worker != tables[w].Worker {
			t.Errorf("worker %s has\n%s%s and %s\n%s%s", table.Worker, x, y, of.Worker, x0, y0)
		}
	}
	// Of the 11 rows of four tables, all but one of another target and those of the last are in two of the first three.
	if note := trial.Repeats(same, first); !strings.HasPrefix(note, "8 of 11 rows have an equal among the rows of another worker: ") {
		t.Errorf("the note is %q", note)
	}
	if note := trial.Repeats(same[:2], first[:2]); note != "" {
		t.Errorf("of shared rows: %q", note)
	}
	_, first = trial.Shared(read("v", [2]string{"u,v\n1,x\n2,y\n", "t\n5\n6\n"}, [2]string{"u,v\n1,x\n2,z\n", "t\n5\n6\n"}))
	if !slices.Equal(first, []int{0, 1}) {
		t.Errorf("rows of other groups are the same: %v", first)
	}
}
