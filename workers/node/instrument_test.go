package node_test

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/gochimera/chimera/registry"
	"github.com/gochimera/chimera/workers/node"
)

// An instrument that cannot watch a worker fails that, and leaves none of the others at work.
func TestAnInstrumentThatCannotWatch(t *testing.T) {
	var closed []string
	works := func(name string) node.Instrument {
		return node.Instrument{Name: name, Watch: func(*node.Node) (node.Watching, error) {
			return node.Watching{Close: func() error { closed = append(closed, name); return nil }}, nil
		}}
	}
	broken := node.Instrument{Name: "broken", Watch: func(*node.Node) (node.Watching, error) { return node.Watching{}, errors.New("no such protocol") }}
	info, err := registry.Lookup("dummy-regressor")
	if err != nil {
		t.Fatal(err)
	}
	_, err = node.New(node.Spec{Name: "w"}, info, registry.Default, node.Options{Instruments: []node.Instrument{works("early"), broken, works("late")}}, "")
	if err == nil || !strings.Contains(err.Error(), "broken: no such protocol") {
		t.Errorf("the error is %v", err)
	}
	if !slices.Equal(closed, []string{"late"}) { // the last one is the first to begin
		t.Errorf("closed %v, want the one that had begun", closed)
	}
}
