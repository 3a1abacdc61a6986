package dataio

import (
	"fmt"
	"strings"
	"testing"

	"github.com/gochimera/chimera/internal/cell"
)

// TestWideFiles: finding out how a file is written splits each of its first lines once, however many columns it has.
func TestWideFiles(t *testing.T) {
	allocations := func(columns int) float64 {
		var names, cells []string
		for j := range columns {
			names, cells = append(names, fmt.Sprint("c", j)), append(cells, "1")
		}
		text := strings.Join(names, ",") + "\n" + strings.Repeat(strings.Join(cells, ",")+"\n", 20)
		return testing.AllocsPerRun(1, func() {
			records, err := NewRecords(strings.NewReader(text), "X.csv")
			if err != nil {
				t.Fatal(err)
			}
			looked, err := records.peek()
			if err != nil {
				t.Fatal(err)
			}
			if got := looked.header(',', cell.NewMissing(nil)); got != hasHeader {
				t.Fatalf("%d columns: %v", columns, got)
			}
		})
	}
	if few, many := allocations(100), allocations(400); many > 2*few {
		t.Errorf("%v allocations for 100 columns, %v for 400", few, many)
	}
}
