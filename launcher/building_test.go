package launcher

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

// Workers are counted as their mains are built, in whatever order that is; those that share a main are built together.
func TestBuildingNamesWorkers(t *testing.T) {
	var lines []string
	p := Plan{Workers: []Worker{
		{Name: "tree1", Main: "w/tree", About: "tree-classifier"}, {Name: "own", Main: "w/own"}, {Name: "tree2", Main: "w/tree", About: "tree-classifier"},
	}, Observe: func(e Event) { lines = append(lines, e.String()) }}
	begun := p.buildings()
	begun("w/own")
	begun("w/tree")
	want := []string{"building worker 1 of 3: own", "building worker 2 of 3: tree1, tree-classifier", "building worker 3 of 3: tree2, tree-classifier"}
	if d := cmp.Diff(want, lines); d != "" {
		t.Errorf("lines (-want +got):\n%s", d)
	}
}
