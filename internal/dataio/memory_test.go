package dataio_test

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/gochimera/chimera/internal/dataio"
	"github.com/gochimera/chimera/internal/repeat"
	"github.com/gochimera/chimera/learner"
)

// All that is allocated while a file is read, and so whatever is held at once, is at most 2.5 times its numbers.
func TestMemoryIsInProportion(t *testing.T) {
	if repeat.UnderRace() {
		t.Skip("instrumented code allocates more")
	}
	const rows, columns = 60_000, 10
	for _, tt := range []struct {
		name string
		cell func(i, j int) string
	}{
		{"numbers", func(i, j int) string { return fmt.Sprint(i*7%1000, ".", j) }},
		{"texts in half of the columns", func(i, j int) string {
			if j%2 == 0 {
				return fmt.Sprint("word", i*j%50)
			}
			return fmt.Sprint(i)
		}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var b strings.Builder
			for j := range columns {
				fmt.Fprintf(&b, "c%d,", j)
			}
			b.WriteString("y\n")
			for i := range rows {
				for j := range columns {
					b.WriteString(strings.ReplaceAll(tt.cell(i, j), " ", "") + ",")
				}
				fmt.Fprintln(&b, i%2)
			}
			path := filepath.Join(t.TempDir(), "train.csv")
			if err := os.WriteFile(path, []byte(b.String()), 0o600); err != nil {
				t.Fatal(err)
			}
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			table, err := dataio.ReadFile(t.Context(), path, learner.Classification, dataio.Options{Target: "y"})
			runtime.ReadMemStats(&after)
			if err != nil || table.Len() != rows {
				t.Fatal(table, err)
			}
			numbers := uint64(rows * columns * 8)
			if got := after.TotalAlloc - before.TotalAlloc; got > numbers*5/2 {
				t.Errorf("%d bytes for %d of numbers: %.2f", got, numbers, float64(got)/float64(numbers))
			} else {
				t.Logf("%.2f times the numbers", float64(got)/float64(numbers))
			}
		})
	}
}
