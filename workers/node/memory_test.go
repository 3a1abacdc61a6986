package node_test

import (
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"testing"

	"github.com/gochimera/chimera/distribute/endpoint"
	"github.com/gochimera/chimera/internal/repeat"
	"github.com/gochimera/chimera/learner"
	"github.com/gochimera/chimera/prepare"
	"github.com/gochimera/chimera/registry"
	"github.com/gochimera/chimera/workers/node"
)

// A worker that reads its rows, summarises them and prepares them for a fit never needs more than 2.5 times their numbers: not more is allocated
// while they are read, nor is what stays of that together with all that is allocated afterwards.
func TestMemoryOfPreparedRows(t *testing.T) {
	if repeat.UnderRace() {
		t.Skip("instrumented code allocates more")
	}
	const rows, columns = 60_000, 12
	var x, y []byte
	for j := range columns {
		x = append(strconv.AppendInt(append(x, 'c'), int64(j), 10), ",\n"[j/(columns-1)])
	}
	y = append(y, "y\n"...)
	for i := range rows {
		for j := range columns {
			x = append(strconv.AppendInt(x, int64(i*(j+7)%1009), 10), ",\n"[j/(columns-1)])
		}
		y = append(strconv.AppendInt(y, int64(i%2), 10), '\n')
	}
	dir := t.TempDir()
	for name, text := range map[string][]byte{"X_train.csv": x, "y_train.csv": y} {
		if err := os.WriteFile(filepath.Join(dir, name), text, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	n, err := node.New(node.Spec{Name: "w1", Role: "scaler", Learner: "dummy-classifier"}, registry.Info{Task: learner.Classification}, registry.Default,
		node.Options{Data: dir, Procs: 1}, "A worker.")
	if err != nil {
		t.Fatal(err)
	}

	start := memory()
	if err := n.Load(t.Context()); err != nil {
		t.Fatal(err)
	}
	read := memory()
	kept := memory().HeapAlloc - start.HeapAlloc

	begin := memory()
	typed, _, classes, err := n.Typed()
	if err != nil {
		t.Fatal(err)
	}
	q := prepare.Question{FitID: "f", Columns: typed.Columns, Needs: prepare.Needs{Complete: true, Scale: true}}
	summary, err := prepare.Summarise(t.Context(), q, typed, nil)
	if err != nil {
		t.Fatal(err)
	}
	p, err := prepare.Agree(q, []*prepare.Summary{summary})
	if err != nil {
		t.Fatal(err)
	}
	how := &endpoint.Prepared{Question: q, Preparation: p}
	for range 2 { // a parameter server asks for moments first, then begins: the rows are prepared once
		if _, err := n.Rows(t.Context(), p.Features(), classes, how); err != nil {
			t.Fatal(err)
		}
	}
	prepared := memory().TotalAlloc - begin.TotalAlloc

	const numbers = rows * columns * 8
	while, after := float64(read.TotalAlloc-start.TotalAlloc)/numbers, float64(kept+prepared)/numbers
	t.Logf("%.2f times the numbers while reading, %.2f afterwards", while, after)
	if while > 2.5 || after > 2.5 {
		t.Errorf("%.2f times the numbers while reading, %.2f afterwards; want at most 2.5", while, after)
	}
	n.Forget()
}

func memory() (m runtime.MemStats) {
	runtime.GC()
	runtime.ReadMemStats(&m)
	return m
}
