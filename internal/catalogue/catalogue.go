package catalogue

import (
	_ "embed"
	"encoding/json"
	"slices"
	"strings"
	"sync"

	"github.com/gochimera/chimera/registry"
)

//go:embed catalogue.json
var shippedJSON []byte

var readShipped = sync.OnceValue(func() Table {
	t, err := Decode(shippedJSON)
	if err != nil {
		panic(err) // catalogue.json is part of the program, and tested
	}
	return t
})

// Shipped describes the learners of this module.
func Shipped() Table { return readShipped() }

// Table describes learners that need not be linked. It answers like a
// *registry.Registry that has those learners.
type Table struct {
	learners []registry.Info // by name
}

// New is a table of the given learners.
func New(learners ...registry.Info) Table {
	sorted := slices.Clone(learners)
	slices.SortFunc(sorted, func(a, b registry.Info) int { return strings.Compare(a.Name, b.Name) })
	return Table{sorted}
}

// Decode reads a JSON array of registry.Info.
func Decode(text []byte) (Table, error) {
	var learners []registry.Info
	if err := json.Unmarshal(text, &learners); err != nil {
		return Table{}, err
	}
	return New(learners...), nil
}

// List describes all learners, by name.
func (t Table) List() []registry.Info { return slices.Clone(t.learners) }

// Lookup describes one learner; an unknown name is a *registry.UnknownError.
func (t Table) Lookup(name string) (registry.Info, error) {
	i, ok := slices.BinarySearchFunc(t.learners, name, func(info registry.Info, name string) int { return strings.Compare(info.Name, name) })
	if ok {
		return t.learners[i], nil
	}
	known := make([]string, len(t.learners))
	for i, info := range t.learners {
		known[i] = info.Name
	}
	return registry.Info{}, &registry.UnknownError{Name: name, Known: known}
}

// Check says whether the learner would accept the parameters, a JSON object,
// as far as their description shows. The error is a *registry.UnknownError or a
// *registry.ParamsError, as the registry's own Check would give it. What only the
// learner itself knows, it reports when it is made.
func (t Table) Check(name string, params json.RawMessage) error {
	info, err := t.Lookup(name)
	if err != nil {
		return err
	}
	return info.CheckParams(params)
}
